import { finite } from "./distribution.js";

/**
 * How far the outputs of one sample are from fp32's, as a share of them: sqrt(mean (y - x)^2) / sqrt(mean x^2) with x
 * fp32's row and y this one's; at least 0, 1 for outputs that are all zero. It is 10^(-SQNR/20) of the row.
 * Where fp32's row is all zero it is 0 if this one is too, else 1: any other output is wholly wrong, and a quotient has
 * no value there. Infinities that both have tell nothing and are left out; another counts as the largest float32.
 * @param float and output: rows of `width` values, from `floatStart` and `start` on, without NaN
 */
export function relativeErrorOf(
  float: Float32Array,
  floatStart: number,
  output: Float32Array,
  start: number,
  width: number,
): number {
  let [signal, noise] = [0, 0];
  for (let i = 0; i < width; i++) {
    const [x, y] = [float[floatStart + i] as number, output[start + i] as number];
    if (x === y && !Number.isFinite(x)) continue;
    signal += finite(x) ** 2;
    noise += (finite(y) - finite(x)) ** 2;
  }
  if (signal === 0) return noise === 0 ? 0 : 1;
  return Math.sqrt(noise / signal);
}

/** The scores that there are: of relative errors those of the samples whose fp32 outputs were kept. */
export function knownScores(scores: Float64Array): Float64Array {
  return scores.filter((score) => !Number.isNaN(score));
}
