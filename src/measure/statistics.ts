import type { Random } from "../base/random.js";

/** A measured value with its 95% interval. */
export interface Estimate {
  readonly value: number;
  readonly ci95: readonly [number, number];
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

/** Arithmetic mean; NaN for no values. */
export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum / values.length;
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
  // Constrained maximum-likelihood estimate of P(only the second succeeds), given the difference theta.
  const b = -lost - gained + (2 * n - lost + gained) * theta;
  const c = -gained * theta * (1 - theta);
  const onlySecond = (Math.sqrt(Math.max(0, b * b - 8 * n * c)) - b) / (4 * n);
  const variance = n * (2 * onlySecond + theta * (1 - theta));
  if (variance > 0) return excess / Math.sqrt(variance);
  return excess === 0 ? 0 : Math.sign(excess) * Number.POSITIVE_INFINITY;
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

/** Inverse of the standard normal distribution function (Acklam 2003; relative error below 1.2e-9). */
export function normalQuantile(p: number): number {
  if (p <= 0) return Number.NEGATIVE_INFINITY;
  if (p >= 1) return Number.POSITIVE_INFINITY;
  if (p > 0.5) return -normalQuantile(1 - p);
  if (p < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(p));
    return polynomial(tailNumerator, q) / (polynomial(tailDenominator, q) * q + 1);
  }
  const q = p - 0.5;
  const r = q * q;
  return (polynomial(centreNumerator, r) * q) / (polynomial(centreDenominator, r) * r + 1);
}

const centreNumerator = [
  -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2, -3.066479806614716e1,
  2.506628277459239,
];
const centreDenominator = [
  -5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1,
];
const tailNumerator = [
  -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const tailDenominator = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416];

function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
}

/** Standard normal distribution function (Abramowitz and Stegun 7.1.26 on erf; absolute error below 1.5e-7). */
export function normalProbability(x: number): number {
  const t = 1 / (1 + (0.3275911 * Math.abs(x)) / Math.SQRT2);
  const erfc =
    t *
    (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) *
    Math.exp((-x * x) / 2);
  return x >= 0 ? 1 - erfc / 2 : erfc / 2;
}

/** Past this many samples a bootstrap resamples group sums: the same variance and skewness of the mean, bounded work. */
const MOST_GROUPS = 4096;

/**
 * 95% interval of the mean of `values` by the bootstrap, bias-corrected and accelerated (BCa; Efron 1987).
 * @param random seeded, so that equal values give equal intervals
 * @returns the mean twice when all values are equal
 */
export function bootstrapMeanInterval(
  values: ArrayLike<number>,
  random: Random,
  resamples = 2000,
): readonly [number, number] {
  const groups = groupMeans(values);
  const centre = mean(groups);
  const means = new Float64Array(resamples);
  for (let r = 0; r < resamples; r++) {
    let sum = 0;
    for (let i = 0; i < groups.length; i++) sum += groups[Math.floor(random.next() * groups.length)] as number;
    means[r] = sum / groups.length;
  }
  means.sort();
  const bias = normalQuantile(shareBelow(means, centre));
  const acceleration = skewness(groups, centre) / (6 * Math.sqrt(groups.length));
  const end = (z: number) => {
    const shifted = bias + z;
    const p = normalProbability(bias + shifted / Math.max(1e-9, 1 - acceleration * shifted));
    return quantileOfSorted(means, p);
  };
  return [Math.min(centre, end(-Z95)), Math.max(centre, end(Z95))];
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

/** Share of sorted values below `centre`, half of the equal ones counted; kept off 0 and 1 by one value. */
function shareBelow(sorted: Float64Array, centre: number): number {
  let below = 0;
  for (const value of sorted) below += value < centre ? 1 : value === centre ? 0.5 : 0;
  return Math.min(sorted.length - 1, Math.max(1, below)) / sorted.length;
}

function skewness(values: Float64Array, centre: number): number {
  let second = 0;
  let third = 0;
  for (const value of values) {
    second += (value - centre) ** 2;
    third += (value - centre) ** 3;
  }
  if (second === 0) return 0;
  return third / values.length / (second / values.length) ** 1.5;
}
