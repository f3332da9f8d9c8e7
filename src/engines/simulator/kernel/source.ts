/**
 * The hot loops of the simulator as WebAssembly text: products of tiles of 4 rows by 8 columns, and what makes codes or
 * floats of their sums. Plain arithmetic of the WebAssembly specification, so results are the same bits on every CPU.
 * `binary.ts` is made from this by `npx tsx src/engines/simulator/kernel/build.ts`.
 *
 * A product is `c[r, j] = start[j] + sum over k of row r [k] * b[k, j]`. Its parameters:
 *
 * - `a`: address of the rows' elements; `rows`: address of an i32 byte offset from `a` for each row; `tiles`: rows / 4, > 0.
 * - `segments`: address of i32 byte offsets from a row's start, one for each run of elements; `runs`: how many, > 0.
 *   A matrix has one run. A convolution has one for each line of its window, so that nothing is copied out of the image.
 * - `length`: how much of a run counts: elements / 4 for i16 (a run is filled up with weights of 0), elements for f32.
 * - `b`: columns in blocks of 8: i16 [blocks, k / 2, 8, 2], f32 [blocks, k, 8]; `start`: what the sums of a column begin with.
 * - `c`: address of the sums [4 * tiles, 8 * blocks]; `blocks`: > 0.
 */
export function kernelText(): string {
  return `(module
(memory (export "memory") 1)
${product("products_i16", 64, i16Steps(exactPairs))}
${product("products_i16_saturating", 64, i16Steps(saturatingPairs), true)}
${product("products_f32", 32, f32Step)}
${requantize}
${scale}
)`;
}

const rows = [0, 1, 2, 3];
const halves = [0, 1];

/** One step of the innermost loop; advances the pointers of rows and `$bp`. */
type Step = () => string;

/**
 * A product. Columns are the outer loop: 8 of them, all k, stay in the first cache while the rows go by.
 * @param bytesOfB bytes of b that one step takes, which is what one of `length` stands for
 */
function product(name: string, bytesOfB: number, step: Step, counts = false): string {
  return `
(func (export "${name}")
  (param $a i32) (param $rows i32) (param $tiles i32) (param $segments i32) (param $runs i32) (param $length i32)
  (param $b i32) (param $start i32) (param $c i32) (param $blocks i32)${counts ? " (result i64)" : ""}
  (local $stride i32) (local $block i32) (local $tile i32) (local $run i32) (local $end i32) (local $row i32)
  (local $bp i32) (local $out i32) (local $first i32) (local $offset i32)
  ${rows.map((r) => `(local $a${r} i32) (local $p${r} i32)`).join(" ")}
  (local $x v128) (local $b0 v128) (local $b1 v128) (local $pairs v128) (local $clipped v128)
  (local $saturated v128) (local $total i64)
  ${rows.map((r) => halves.map((h) => `(local $s${r}${h} v128)`).join(" ")).join(" ")}
  (local.set $stride (i32.shl (local.get $blocks) (i32.const 5)))
  (loop $columns
    (local.set $tile (i32.const 0))
    (local.set $row (local.get $rows))
    (local.set $out (i32.add (local.get $c) (i32.shl (local.get $block) (i32.const 5))))
    (local.set $first (i32.add (local.get $start) (i32.shl (local.get $block) (i32.const 5))))
    (loop $tilesOfRows
      ${rows.map((r) => `(local.set $a${r} (i32.add (local.get $a) (i32.load offset=${4 * r} (local.get $row))))`).join("\n      ")}
      ${halves.map((h) => `(local.set $s0${h} (v128.load offset=${16 * h} (local.get $first)))`).join(" ")}
      ${[1, 2, 3].map((r) => halves.map((h) => `(local.set $s${r}${h} (local.get $s0${h}))`).join(" ")).join("\n      ")}
      (local.set $bp (local.get $b))
      (local.set $run (i32.const 0))
      (loop $runsOfRow
        (local.set $offset (i32.load (i32.add (local.get $segments) (i32.shl (local.get $run) (i32.const 2)))))
        ${rows.map((r) => `(local.set $p${r} (i32.add (local.get $a${r}) (local.get $offset)))`).join(" ")}
        (local.set $end (i32.add (local.get $bp) (i32.mul (local.get $length) (i32.const ${bytesOfB}))))
        (loop $steps
${step()}
          (br_if $steps (i32.lt_u (local.get $bp) (local.get $end))))
        (local.set $run (i32.add (local.get $run) (i32.const 1)))
        (br_if $runsOfRow (i32.lt_u (local.get $run) (local.get $runs))))
      ${rows
        .map((r) =>
          [
            ...halves.map((h) => `(v128.store offset=${16 * h} (local.get $out) (local.get $s${r}${h}))`),
            "(local.set $out (i32.add (local.get $out) (local.get $stride)))",
          ].join(" "),
        )
        .join("\n      ")}${counts ? foldCount : ""}
      (local.set $row (i32.add (local.get $row) (i32.const 16)))
      (local.set $tile (i32.add (local.get $tile) (i32.const 1)))
      (br_if $tilesOfRows (i32.lt_u (local.get $tile) (local.get $tiles))))
    (local.set $b (local.get $bp))
    (local.set $block (i32.add (local.get $block) (i32.const 1)))
    (br_if $columns (i32.lt_u (local.get $block) (local.get $blocks))))${counts ? "\n  (local.get $total)" : ""})`;
}

/** Sums of a tile are far fewer than 2^32, so lanes of 32 bits hold its count. */
const foldCount = `
      (local.set $total (i64.add (local.get $total) (i64.add
        (i64.add (i64.extend_i32_u (i32x4.extract_lane 0 (local.get $saturated))) (i64.extend_i32_u (i32x4.extract_lane 1 (local.get $saturated))))
        (i64.add (i64.extend_i32_u (i32x4.extract_lane 2 (local.get $saturated))) (i64.extend_i32_u (i32x4.extract_lane 3 (local.get $saturated)))))))
      (local.set $saturated (i32x4.splat (i32.const 0)))`;

/** Four elements of each row: two pairs. */
function i16Steps(add: (row: number, half: number) => string): Step {
  return () => {
    const pair = (at: number) =>
      [
        ...halves.map((h) => `(local.set $b${h} (v128.load offset=${32 * at + 16 * h} (local.get $bp)))`),
        ...rows.flatMap((r) => [
          `(local.set $x (v128.load32_splat offset=${4 * at} (local.get $p${r})))`,
          ...halves.map((h) => add(r, h)),
        ]),
      ].map((line) => `          ${line}`);
    return [...pair(0), ...pair(1), ...advance(8, 64)].join("\n");
  };
}

function advance(rowBytes: number, columnBytes: number): string[] {
  const by = (pointer: string, bytes: number) =>
    `          (local.set $${pointer} (i32.add (local.get $${pointer}) (i32.const ${bytes})))`;
  return [...rows.map((r) => by(`p${r}`, rowBytes)), by("bp", columnBytes)];
}

function exactPairs(row: number, half: number): string {
  const sum = `$s${row}${half}`;
  return `(local.set ${sum} (i32x4.add (local.get ${sum}) (i32x4.dot_i16x8_s (local.get $x) (local.get $b${half}))))`;
}

/** The sum of two products saturates to int16, as VPMADDUBSW does, before it is added; counts those that did. */
function saturatingPairs(row: number, half: number): string {
  const sum = `$s${row}${half}`;
  return [
    `(local.set $pairs (i32x4.dot_i16x8_s (local.get $x) (local.get $b${half})))`,
    "(local.set $clipped (i32x4.max_s (i32x4.min_s (local.get $pairs) (i32x4.splat (i32.const 32767))) (i32x4.splat (i32.const -32768))))",
    "(local.set $saturated (i32x4.sub (local.get $saturated) (i32x4.ne (local.get $pairs) (local.get $clipped))))",
    `(local.set ${sum} (i32x4.add (local.get ${sum}) (local.get $clipped)))`,
  ].join(" ");
}

/** One element of each row: product and sum are each rounded to float32, in the order of k. */
const f32Step: Step = () =>
  [
    ...halves.map((h) => `          (local.set $b${h} (v128.load offset=${16 * h} (local.get $bp)))`),
    ...rows.flatMap((r) => [
      `          (local.set $x (v128.load32_splat (local.get $p${r})))`,
      ...halves.map((h) => {
        const sum = `$s${r}${h}`;
        return `          (local.set ${sum} (f32x4.add (local.get ${sum}) (f32x4.mul (local.get $x) (local.get $b${h}))))`;
      }),
    ]),
    ...advance(4, 32),
  ].join("\n");

/** Walks sums [rows, columns] four at a time; `body` reads `$v`, the sums, and `$j`, the byte offset of their columns. */
function overSums(name: string, parameters: string, locals: string, body: string): string {
  return `
(func (export "${name}")
  (param $sums i32) (param $count i32) (param $columns i32) ${parameters} (param $out i32)
  (local $v v128) (local $j i32) (local $end i32) (local $width i32) ${locals}
  (local.set $width (i32.shl (local.get $columns) (i32.const 2)))
  (local.set $end (i32.add (local.get $sums) (i32.shl (local.get $count) (i32.const 2))))
  (loop $each
    (local.set $v (v128.load (local.get $sums)))
${body}
    (local.set $j (i32.add (local.get $j) (i32.const 16)))
    (if (i32.eq (local.get $j) (local.get $width)) (then (local.set $j (i32.const 0))))
    (local.set $sums (i32.add (local.get $sums) (i32.const 16)))
    (br_if $each (i32.lt_u (local.get $sums) (local.get $end)))))`;
}

const scaledSums =
  "(f32x4.mul (f32x4.convert_i32x4_s (local.get $v)) (v128.load (i32.add (local.get $multipliers) (local.get $j))))";

/**
 * `saturate(round(float32(sum) * multiplier[column]) + zeroPoint)` of `count` sums, a multiple of 4, in rows of `columns`;
 * one byte each. `low` and `high` are the limits minus the zero point. A NaN becomes `low`.
 */
const requantize = overSums(
  "requantize",
  "(param $multipliers i32) (param $low f32) (param $high f32) (param $zeroPoint i32)",
  "(local $q v128)",
  `    (local.set $q (i32x4.add (i32x4.splat (local.get $zeroPoint)) (i32x4.trunc_sat_f32x4_s (f32x4.nearest
      (f32x4.pmin (f32x4.splat (local.get $high)) (f32x4.pmax (f32x4.splat (local.get $low)) ${scaledSums}))))))
    (v128.store32_lane 0 (local.get $out) (i8x16.shuffle 0 4 8 12 0 0 0 0 0 0 0 0 0 0 0 0 (local.get $q) (local.get $q)))
    (local.set $out (i32.add (local.get $out) (i32.const 4)))`,
);

/** `float32(sum) * multiplier[column] + bias[column]`, product and sum rounded each; a bias of -0 changes nothing. */
const scale = overSums(
  "scale",
  "(param $multipliers i32) (param $bias i32)",
  "",
  `    (v128.store (local.get $out) (f32x4.add ${scaledSums} (v128.load (i32.add (local.get $bias) (local.get $j)))))
    (local.set $out (i32.add (local.get $out) (i32.const 16)))`,
);
