const LARGEST_CODE = 15;
/** Steps of the search, which tries 15 - 1 + 0.1 * step codes across the range. */
const LAST_STEP = 20;

/** What reads a code: `value = scale * code - min`. */
export interface ScaleAndMin {
  readonly scale: number;
  /** >= 0: how far below 0 code 0 lies. */
  readonly min: number;
}

interface Fit extends ScaleAndMin {
  readonly codes: Uint8Array;
}

/** Adding and taking away 1.5 * 2^52 rounds a float64 of at most 2^51 to the nearest integer, ties to even. */
const ROUNDING = 1.5 * 2 ** 52;

/** The code 0 .. 15 nearest to a float32, ties to even; 0 for NaN, which an infinite quotient times 0 is. */
export function nearestCode(x: number): number {
  return x > 0 ? (x < LARGEST_CODE ? x + ROUNDING - ROUNDING : LARGEST_CODE) : 0;
}

/**
 * Scale and minimum of 32 values, `v ≈ scale * code - min` with codes 0 .. 15: of 22 candidates the one of least weighted squared
 * error, weights being `sqrt(mean(v^2)) + |v|`. The first candidate is the plain range, from 0 or below. Each other one places
 * the codes by 14.0 .. 16.0 steps between the best offset so far and the largest value, then solves the weighted least
 * squares for scale and minimum. Every operation is rounded to float32 in the order of ggml, for the same bytes.
 * @see ggml, `make_qkx2_quants` and `quantize_row_q4_K_ref` in ggml-quants.c
 */
export function fitScaleAndMin(values: Float32Array): Fit {
  const weights = weightsOf(values);
  const lowest = Math.min(
    0,
    values.reduce((a, b) => Math.min(a, b)),
  );
  const highest = values.reduce((a, b) => Math.max(a, b));
  if (highest === lowest) return { scale: 0, min: -lowest, codes: new Uint8Array(values.length) };
  const inverse = Math.fround(LARGEST_CODE / Math.fround(highest - lowest));
  const plain = { scale: Math.fround(1 / inverse), offset: lowest, codes: codesOf(values, inverse, lowest) };
  let best = { ...plain, error: errorOf(values, weights, plain) };
  const sums = weightedSums(values, weights);
  for (let step = 0; step <= LAST_STEP; step++) {
    const steps = Math.fround(Math.fround(-1 + Math.fround(Math.fround(0.1) * step)) + LARGEST_CODE);
    const codes = codesOf(values, Math.fround(steps / Math.fround(highest - best.offset)), best.offset);
    const line = leastSquares(values, weights, codes, sums);
    if (line === undefined) continue;
    const candidate = { ...line, codes };
    const error = errorOf(values, weights, candidate);
    if (error < best.error) best = { ...candidate, error };
  }
  return { scale: best.scale, min: -best.offset, codes: best.codes };
}

/** A line `scale * code + offset`. */
interface Line {
  readonly scale: number;
  readonly offset: number;
}

function weightsOf(values: Float32Array): Float32Array {
  const squares = values.reduce((sum, x) => Math.fround(sum + Math.fround(x * x)), 0);
  const typical = Math.fround(Math.sqrt(Math.fround(squares / values.length)));
  return values.map((x) => typical + Math.abs(x));
}

function codesOf(values: Float32Array, inverse: number, lowest: number): Uint8Array {
  const codes = new Uint8Array(values.length);
  for (let i = 0; i < codes.length; i++)
    codes[i] = nearestCode(Math.fround(inverse * Math.fround((values[i] as number) - lowest)));
  return codes;
}

function errorOf(values: Float32Array, weights: Float32Array, fit: Line & { readonly codes: Uint8Array }): number {
  let error = 0;
  for (let i = 0; i < values.length; i++) {
    const difference = Math.fround(
      Math.fround(Math.fround(fit.scale * (fit.codes[i] as number)) + fit.offset) - (values[i] as number),
    );
    error = Math.fround(error + Math.fround((weights[i] as number) * Math.fround(difference * difference)));
  }
  return error;
}

interface Sums {
  readonly weight: number;
  readonly value: number;
}

function weightedSums(values: Float32Array, weights: Float32Array): Sums {
  let [weight, value] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const w = weights[i] as number;
    weight = Math.fround(weight + w);
    value = Math.fround(value + Math.fround(w * (values[i] as number)));
  }
  return { weight, value };
}

/** The line of least weighted squares through (code, value), through 0 when its offset would be above; undefined without one. */
function leastSquares(
  values: Float32Array,
  weights: Float32Array,
  codes: Uint8Array,
  { weight, value }: Sums,
): Line | undefined {
  let [code, codeSquare, codeValue] = [0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const l = codes[i] as number;
    const wl = Math.fround((weights[i] as number) * l);
    code = Math.fround(code + wl);
    codeSquare = Math.fround(codeSquare + Math.fround(wl * l));
    codeValue = Math.fround(codeValue + Math.fround(wl * (values[i] as number)));
  }
  const determinant = Math.fround(Math.fround(weight * codeSquare) - Math.fround(code * code));
  if (!(determinant > 0)) return undefined;
  const offset = Math.fround(
    Math.fround(Math.fround(codeSquare * value) - Math.fround(code * codeValue)) / determinant,
  );
  if (offset > 0) return { scale: Math.fround(codeValue / codeSquare), offset: 0 };
  return {
    scale: Math.fround(Math.fround(Math.fround(weight * codeValue) - Math.fround(value * code)) / determinant),
    offset,
  };
}
