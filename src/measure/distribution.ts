/**
 * What the outputs of a classifier are. `probabilities`: rows of at least 0 that sum to 1 within 1e-3. `binary`: one
 * output in 0..1, the probability of class 1. `logits`: anything else that is not inside 0..1, with class labels; their
 * softmax is the distribution. Undefined: no distribution can be read from them (scores of independent classes,
 * embeddings, real values).
 */
export type DistributionKind = "probabilities" | "binary" | "logits";

const SUM_TOLERANCE = 1e-3;

/**
 * Probabilities are taken as at least float32's epsilon in a logarithm, as scikit-learn's `log_loss` takes them: codes of
 * 8 bits have many exact zeros, and one of them would make a mean infinite.
 */
export const LEAST_PROBABILITY = 2 ** -23;

/**
 * What the rows are, from fp32's first batch; a trial's outputs are read as fp32's were, since rounded probabilities no
 * longer sum to 1.
 * @param output row-major, [rows, width]
 */
export function distributionKind(
  output: Float32Array,
  width: number,
  classes: number | undefined,
): DistributionKind | undefined {
  const inside = output.every((value) => value >= 0 && value <= 1 + SUM_TOLERANCE);
  if (width === 1) return classes === 2 && inside ? "binary" : undefined;
  if (!inside) return classes === undefined ? undefined : "logits";
  for (let start = 0; start < output.length; start += width) {
    let sum = 0;
    for (let i = start; i < start + width; i++) sum += output[i] as number;
    if (Math.abs(sum - 1) > SUM_TOLERANCE) return undefined;
  }
  return "probabilities";
}

/** Largest finite float32: what an infinite output counts as. */
const LARGEST = 3.4028234663852886e38;

/**
 * The distribution of one row, sum 1 but for rounding. Negative probabilities count as 0; a row without any is uniform.
 * @param into  float64 [width], for `binary` [2]; written over and returned
 */
export function readDistribution(
  output: Float32Array,
  start: number,
  kind: DistributionKind,
  into: Float64Array,
): Float64Array {
  if (kind === "binary") {
    const one = Math.min(1, Math.max(0, output[start] as number));
    into[0] = 1 - one;
    into[1] = one;
    return into;
  }
  const width = into.length;
  let shift = 0;
  if (kind === "logits") {
    shift = -LARGEST;
    for (let i = 0; i < width; i++) shift = Math.max(shift, finite(output[start + i] as number));
  }
  let sum = 0;
  for (let i = 0; i < width; i++) {
    const value = finite(output[start + i] as number);
    const share = kind === "logits" ? Math.exp(value - shift) : Math.max(0, value);
    into[i] = share;
    sum += share;
  }
  for (let i = 0; i < width; i++) into[i] = sum > 0 ? (into[i] as number) / sum : 1 / width;
  return into;
}

/** An infinite output as the largest number. */
export function finite(value: number): number {
  return Math.min(LARGEST, Math.max(-LARGEST, value));
}

/**
 * Kullback-Leibler divergence D(p || q) = sum p ln(p / q), nats, at least 0; each q at least {@link LEAST_PROBABILITY},
 * so it is at most 15.9 (Kullback and Leibler 1951).
 */
export function divergenceOf(p: Float64Array, q: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < p.length; i++) {
    const share = p[i] as number;
    if (share > 0) sum += share * Math.log(share / Math.max(LEAST_PROBABILITY, q[i] as number));
  }
  return Math.max(0, sum);
}

/** Cosine of the angle between two rows, -1..1; 1 when both are all zeros, 0 when one is. */
export function cosineOf(a: Float32Array, aStart: number, b: Float32Array, bStart: number, width: number): number {
  let [product, aa, bb] = [0, 0, 0];
  for (let i = 0; i < width; i++) {
    const x = finite(a[aStart + i] as number);
    const y = finite(b[bStart + i] as number);
    product += x * y;
    aa += x * x;
    bb += y * y;
  }
  if (aa === 0 || bb === 0) return aa === bb ? 1 : 0;
  return Math.min(1, Math.max(-1, product / Math.sqrt(aa) / Math.sqrt(bb)));
}
