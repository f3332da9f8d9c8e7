import type { Random } from "../base/random.js";
import { resampleSums } from "./resample.js";
import { isDecidedByFew } from "./tails.js";

/** A measured value with its 95% interval. */
export interface Estimate {
  readonly value: number;
  readonly ci95: readonly [number, number];
}

/** An estimate over `n` test samples. */
export interface Sampled extends Estimate {
  readonly n: number;
  /** A few samples decide the value: the interval is too narrow, and holds the truth about 9 times in 10. */
  readonly narrow?: true;
}

/** Two-sided 95% point of the standard normal distribution. */
export const Z95 = 1.959963984540054;

/**
 * The p-quantile by linear interpolation between order statistics (Hyndman and Fan 1996, type 7, as NumPy's default).
 * @param p 0..1
 * @throws {RangeError} when there are no values: a fault of ours, never of the user.
 */
export function quantile(values: ArrayLike<number>, p: number): number {
  return quantileOfSorted(Float64Array.from(values).sort(), p);
}

/** {@link quantile} of values that are in ascending order already. */
export function quantileOfSorted(sorted: Float64Array, p: number): number {
  if (sorted.length === 0) throw new RangeError("a quantile of no values");
  const position = Math.min(1, Math.max(0, p)) * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  return low + (high - low) * (position - below);
}

/** The middle value; the mean of the two middle ones when their count is even. */
export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5);
}

/** Of a normal distribution: its standard deviation over its median absolute deviation (Rousseeuw and Croux 1993, section 1). */
const DEVIATION_PER_MAD = 1.4826;

/**
 * Standard error of the median of independent values that are near normal, in their unit: sqrt(pi/2) s / sqrt(n) (Kenney and
 * Keeping 1962), with s from the median absolute deviation, which a few samples that another process disturbed do not move.
 * @param values at least one
 */
export function medianError(values: ArrayLike<number>): number {
  const centre = median(values);
  const deviation = median(Float64Array.from(values, (value) => Math.abs(value - centre)));
  return Math.sqrt(Math.PI / 2 / values.length) * DEVIATION_PER_MAD * deviation;
}

/** Arithmetic mean; NaN for no values. */
export function mean(values: ArrayLike<number>): number {
  return sum(values) / values.length;
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i] as number;
  return total;
}

function sumOfSquares(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += (values[i] as number) ** 2;
  return total;
}

/**
 * Score interval of a proportion (Wilson 1927). Stays inside 0..1 and is honest at 0 and n successes.
 * @param n number of trials, at least 1
 */
export function wilson(successes: number, n: number, z = Z95): readonly [number, number] {
  const share = successes / n;
  const z2 = (z * z) / n;
  const centre = (share + z2 / 2) / (1 + z2);
  const half = (z / (1 + z2)) * Math.sqrt((share * (1 - share) + z2 / 4) / n);
  // At the ends the formula gives 0 and 1 but for rounding.
  return [successes === 0 ? 0 : Math.max(0, centre - half), successes === n ? 1 : Math.min(1, centre + half)];
}

/**
 * Score interval of the difference of two paired proportions (Tango 1998, Statistics in Medicine 17:891-908).
 * Of n pairs, `lost` succeed only in the first and `gained` only in the second; the difference is (lost - gained) / n.
 * It needs no resampling and keeps its coverage when almost no pair is discordant, where a bootstrap gives [0, 0].
 */
export function pairedDifferenceInterval(lost: number, gained: number, n: number, z = Z95): readonly [number, number] {
  const difference = (lost - gained) / n;
  const score = (theta: number) => pairedScore(theta, lost, gained, n);
  return [bisect((theta) => score(theta) - z, -1, difference), bisect((theta) => score(theta) + z, difference, 1)];
}

/** Tango's score statistic: (lost - gained - n theta) over its standard deviation at the constrained estimate; falls with theta. */
function pairedScore(theta: number, lost: number, gained: number, n: number): number {
  const excess = lost - gained - n * theta;
  const variance = n * pairedVariance(theta, lost, gained, n);
  if (variance > 0) return excess / Math.sqrt(variance);
  return excess === 0 ? 0 : Math.sign(excess) * Number.POSITIVE_INFINITY;
}

/**
 * Variance of one paired difference of proportions if their difference were `theta`, at the maximum-likelihood estimate
 * of the rest (Tango 1998).
 */
export function pairedVariance(theta: number, lost: number, gained: number, n: number): number {
  // Constrained maximum-likelihood estimate of P(only the second succeeds), given the difference theta.
  const b = -lost - gained + (2 * n - lost + gained) * theta;
  const c = -gained * theta * (1 - theta);
  const onlySecond = (Math.sqrt(Math.max(0, b * b - 8 * n * c)) - b) / (4 * n);
  return 2 * onlySecond + theta * (1 - theta);
}

/** Root of a falling function on [low, high]; the nearer end when the root lies outside. */
function bisect(falling: (x: number) => number, low: number, high: number): number {
  let [left, right] = [low, high];
  for (let i = 0; i < 100; i++) {
    const middle = (left + right) / 2;
    if (falling(middle) > 0) left = middle;
    else right = middle;
  }
  return (left + right) / 2;
}

/** Past this many samples a bootstrap resamples group means: the same variance and skewness of the mean, bounded work. */
const MOST_GROUPS = 4096;

/** Below this many values a bootstrap has too few distinct resamples to be trusted alone. */
const FEW_VALUES = 16;

/**
 * 95% interval of the mean of `values` by the studentized bootstrap (bootstrap-t; Efron and Tibshirani 1993, chapter
 * 12): of the usual bootstraps the one that keeps its coverage for the mean of skewed values. It has no bound of its
 * own, and where nearly all values are equal its ends fly off; so it is held inside the values that were seen. Of fewer
 * than 16 values the interval is joined with Student's.
 * @param values at least one
 * @param random seeded, so that equal values give equal intervals
 * @returns the mean twice when all values are equal, and of a single value
 */
export function bootstrapMeanInterval(
  values: ArrayLike<number>,
  random: Random,
  resamples = 2000,
): readonly [number, number] {
  const groups = groupMeans(values);
  const n = groups.length;
  const centre = mean(groups);
  const [smallest, largest] = extremes(groups);
  if (smallest === largest) return [centre, centre];
  const deviations = groups.map((value) => value - centre);
  const error = standardError(sum(deviations), sumOfSquares(deviations), n);
  if (!(error > 0)) return [centre, centre];
  const drawn = new Float64Array(resamples);
  let count = 0;
  resampleSums(deviations, resamples, random, (total, squares) => {
    const resampledError = standardError(total, squares, n);
    // A resample of equal values has no scale and says nothing.
    if (resampledError > 0) drawn[count++] = total / n / resampledError;
  });
  const sorted = drawn.subarray(0, count).sort();
  const end = (p: number) => centre - (count === 0 ? 0 : quantileOfSorted(sorted, p)) * error;
  const low = Math.max(smallest, Math.min(centre, end(0.975)));
  const high = Math.min(largest, Math.max(centre, end(0.025)));
  const half = n < FEW_VALUES ? student95(n - 1) * error : 0;
  return [Math.min(low, centre - half), Math.max(high, centre + half)];
}

/** The mean of some samples' values with its bootstrap interval. @param values at least one */
export function sampledMean(values: ArrayLike<number>, random: Random): Sampled {
  const value = mean(values);
  const [low, high] = bootstrapMeanInterval(values, random);
  return { value, ci95: [Math.min(low, value), Math.max(high, value)], n: values.length, ...narrowness(values) };
}

/** The mark of an estimate that is made of the mean of `values`. */
export function narrowness(values: ArrayLike<number>): Pick<Sampled, "narrow"> {
  return isDecidedByFew(values) ? { narrow: true } : {};
}

function extremes(values: Float64Array): readonly [number, number] {
  let [smallest, largest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    smallest = Math.min(smallest, value);
    largest = Math.max(largest, value);
  }
  return [smallest, largest];
}

const studentTable = [
  ...[12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.306],
  ...[2.2622, 2.2281, 2.201, 2.1788, 2.1604, 2.1448, 2.1314],
];

/** Two-sided 95% point of Student's t distribution; past 15 degrees of freedom within 0.3% of it. */
export function student95(degrees: number): number {
  return studentTable[degrees - 1] ?? Z95 + 2.5 / degrees;
}

/** Standard error of a mean of n values from their sum and sum of squares. */
function standardError(total: number, squares: number, n: number): number {
  return Math.sqrt(Math.max(0, squares - (total * total) / n) / (n - 1) / n);
}

/** At most MOST_GROUPS means of equally many values, taken with a stride so that sorted data does not matter. */
function groupMeans(values: ArrayLike<number>): Float64Array {
  if (values.length <= MOST_GROUPS) return Float64Array.from(values);
  const sums = new Float64Array(MOST_GROUPS);
  const counts = new Float64Array(MOST_GROUPS);
  for (let i = 0; i < values.length; i++) {
    sums[i % MOST_GROUPS] = (sums[i % MOST_GROUPS] as number) + (values[i] as number);
    counts[i % MOST_GROUPS] = (counts[i % MOST_GROUPS] as number) + 1;
  }
  return sums.map((sum, i) => sum / (counts[i] as number));
}
