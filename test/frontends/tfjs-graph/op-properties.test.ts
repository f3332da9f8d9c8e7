import fc from "fast-check";
import { expect, test } from "vitest";
import { DiagnosticError } from "../../../src/base/diagnostic.js";
import { tensorFrom } from "../../../src/tensor/tensor.js";
import { integers } from "../../ir/operators/one-node.js";
import { list, op } from "./op-case.js";
import { byTfjs, disagreement, fed, fileOf, given, type OpCase } from "./op-parity.js";

const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
const place = fc.integer({ min: -5, max: 5 });
/** Bits set in a quarter of cases. */
const bits = fc.tuple(fc.nat(31), fc.nat(31)).map(([a, b]) => a & b);

/** Undefined where TF.js refuses the model too, or the answers agree. */
async function compared(one: OpCase): Promise<string | undefined> {
  const file = fileOf(one);
  try {
    await byTfjs(one, file.artifacts());
  } catch {
    return undefined;
  }
  try {
    return await disagreement(one, { engine: false });
  } catch (error) {
    return error instanceof DiagnosticError ? `refused: ${JSON.stringify(error.diagnostics)}` : String(error);
  }
}

interface Masks {
  readonly begin: number;
  readonly end: number;
  readonly ellipsis: number;
  readonly added: number;
  readonly gone: number;
}

const masks: fc.Arbitrary<Masks> = fc.record({
  begin: bits,
  end: bits,
  ellipsis: fc.constantFrom(0, 0, 1, 2, 4),
  added: bits,
  gone: bits,
});

/** Plain JavaScript's kernel of TF.js loses count where an axis comes or goes beside a step, so such have steps of 1. */
const slices = fc
  .record({
    shape: shapes,
    entries: fc.array(fc.tuple(place, place, fc.constantFrom(1, 2, 3, -1, -2)), { minLength: 1, maxLength: 5 }),
    masks: fc.oneof(
      masks,
      masks.map((each) => ({ ...each, added: 0, gone: 0 })),
    ),
  })
  .map(({ shape, entries, masks: { begin, end, ellipsis, added, gone } }) => {
    const steps = entries.map(([, , step]) => (added + gone === 0 ? step : 1));
    return op(
      "StridedSlice",
      JSON.stringify({ shape, entries, steps, begin, end, ellipsis, added, gone }),
      [
        fed(integers(1, "int32", shape, -99, 99)),
        list(...entries.map(([from]) => from)),
        list(...entries.map(([, to]) => to)),
        list(...steps),
      ],
      {
        begin_mask: begin,
        end_mask: end,
        ellipsis_mask: ellipsis,
        new_axis_mask: added,
        shrink_axis_mask: gone,
      },
      { fixed: true },
    );
  });

test("strided slices with any masks are what TF.js has, where it has them", async () => {
  await fc.assert(
    fc.asyncProperty(slices, async (one) => {
      expect(await compared(one), one.title).toBeUndefined();
    }),
    { numRuns: 300 },
  );
});

test("transposes, tiles and reversals of any axes are what TF.js has", async () => {
  const moves = shapes.chain((shape) => {
    const axes = shape.map((_, i) => i);
    const x = fed(integers(2, "int32", shape, -99, 99));
    return fc.oneof(
      fc
        .shuffledSubarray(axes, { minLength: axes.length })
        .map((perm) => op("Transpose", `${shape} ${perm}`, [x, list(...perm)])),
      fc
        .array(fc.integer({ min: 1, max: 3 }), { minLength: axes.length, maxLength: axes.length })
        .map((counts) => op("Tile", `${shape} ${counts}`, [x, list(...counts)])),
      fc
        .shuffledSubarray(axes, { minLength: 1 })
        .map((some) => op("ReverseV2", `${shape} ${some}`, [x, list(...some)])),
    );
  });
  await fc.assert(
    fc.asyncProperty(moves, async (one) => {
      expect(await compared({ ...one, fixed: true }), one.title).toBeUndefined();
    }),
    { numRuns: 100 },
  );
});

test("contractions of two tensors by any equation are what TF.js has", async () => {
  const equations = fc
    .record({
      left: fc.shuffledSubarray([..."abcde"], { minLength: 1, maxLength: 4 }),
      right: fc.shuffledSubarray([..."abcde"], { minLength: 1, maxLength: 4 }),
      sizes: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 5, maxLength: 5 }),
    })
    .chain(({ left, right, sizes }) =>
      fc.shuffledSubarray([...new Set([...left, ...right])], { minLength: 1 }).map((some) => {
        // What only one of them sums over leaves the other out of the product in TF.js; that is refused.
        const output = [...new Set([...some, ...left, ...right])].filter(
          (letter) => some.includes(letter) || !(left.includes(letter) && right.includes(letter)),
        );
        const equation = `${left.join("")},${right.join("")}->${output.join("")}`;
        const shape = (letters: string[]) => letters.map((letter) => sizes["abcde".indexOf(letter)] ?? 1);
        const whole = (seed: number, letters: string[]) =>
          tensorFrom("float32", shape(letters), integers(seed, "int32", shape(letters), -9, 9).data);
        return op(
          "Einsum",
          equation,
          [fed(whole(3, left)), given(whole(4, right))],
          { equation, N: 2 },
          { fixed: true },
        );
      }),
    );
  await fc.assert(
    fc.asyncProperty(equations, async (one) => {
      expect(await compared(one), one.title).toBeUndefined();
    }),
    { numRuns: 60 },
  );
});
