import type { Range } from "../../tensor/quant.js";

/** Bins of a histogram; once a tensor has two distinct values, at least half of them span its range. */
export const BINS = 4096;

/**
 * What calibration remembers of one tensor, in memory that does not grow with the samples. Bin `i` of `counts` holds
 * the values in [(first + i) * width, (first + i + 1) * width). `width` is a power of two and bins lie on its multiples,
 * so bins merge exactly when the range grows: the result is the same for every order and batching of the values.
 */
export interface Histogram {
  /** Exact smallest and largest value; Infinity and -Infinity while nothing was seen. */
  min: number;
  max: number;
  /** Values seen. */
  count: number;
  /** Width of a bin, 2 ** exponent, in the tensor's unit; 0 is always inside the range that the bins span. */
  exponent: number;
  /** Index of the first bin, in widths from 0. */
  first: number;
  readonly counts: Float64Array;
}

/** Below the smallest float32 subnormal (2 ** -149) spread over all the bins. */
const SMALLEST_EXPONENT = -162;

/** A histogram of no values. */
export function emptyHistogram(): Histogram {
  return {
    min: Number.POSITIVE_INFINITY,
    max: Number.NEGATIVE_INFINITY,
    count: 0,
    exponent: SMALLEST_EXPONENT,
    first: 0,
    counts: new Float64Array(BINS),
  };
}

/** Width of a bin in the tensor's unit. */
export function binWidth(histogram: Histogram): number {
  return 2 ** histogram.exponent;
}

/**
 * Adds `values[start..end)`.
 * @returns the index of the first NaN or infinity, with the histogram unchanged; -1 when all are finite
 */
export function addValues(histogram: Histogram, values: Float32Array, start: number, end: number): number {
  let { min, max } = histogram;
  for (let i = start; i < end; i++) {
    const value = values[i] as number;
    // One branch that is hardly ever taken finds new ends and, as every comparison with NaN is false, NaN.
    if (!(value >= min && value <= max)) {
      if (value < min) min = value;
      if (value > max) max = value;
      if (!Number.isFinite(value)) return i;
    }
  }
  if (end <= start) return -1;
  include(histogram, min, max);
  histogram.count += end - start;
  const { counts, first } = histogram;
  const scale = 2 ** -histogram.exponent;
  for (let i = start; i < end; i++) {
    const bin = Math.floor((values[i] as number) * scale) - first;
    counts[bin] = (counts[bin] as number) + 1;
  }
  return -1;
}

/** The histogram of both sets of values; neither argument changes. */
export function mergeHistograms(left: Histogram, right: Histogram): Histogram {
  const merged: Histogram = { ...left, counts: left.counts.slice() };
  if (right.count === 0) return merged;
  include(merged, right.min, right.max);
  merged.count += right.count;
  const shift = 2 ** (right.exponent - merged.exponent);
  for (const [i, count] of right.counts.entries()) {
    if (count === 0) continue;
    const bin = Math.floor((right.first + i) * shift) - merged.first;
    merged.counts[bin] = (merged.counts[bin] as number) + count;
  }
  return merged;
}

/** Makes room for values in [low, high]: the finest power of two that spans 0, the old and the new range. */
function include(histogram: Histogram, low: number, high: number): void {
  const min = Math.min(histogram.min, low);
  const max = Math.max(histogram.max, high);
  if (min === histogram.min && max === histogram.max) return;
  const [bottom, top] = [Math.min(0, min), Math.max(0, max)];
  let { exponent } = histogram;
  // One step below the exact logarithm, so that rounding of log2 cannot skip an exponent that fits.
  exponent = Math.max(exponent, Math.floor(Math.log2((top - bottom) / BINS)) - 1);
  while (binOf(top, exponent) - binOf(bottom, exponent) >= BINS) exponent++;
  rebin(histogram, exponent, binOf(bottom, exponent));
  histogram.min = min;
  histogram.max = max;
}

function binOf(value: number, exponent: number): number {
  return Math.floor(value * 2 ** -exponent);
}

function rebin(histogram: Histogram, exponent: number, first: number): void {
  const { counts } = histogram;
  const old = counts.slice();
  const shift = 2 ** (histogram.exponent - exponent);
  counts.fill(0);
  for (const [i, count] of old.entries()) {
    if (count === 0) continue;
    const bin = Math.floor((histogram.first + i) * shift) - first;
    counts[bin] = (counts[bin] as number) + count;
  }
  histogram.exponent = exponent;
  histogram.first = first;
}

/** The range with 0 in it: an affine code must give 0 back exactly (zero padding, ReLU). */
export function withZero({ min, max }: Range): Range {
  return { min: Math.min(0, min), max: Math.max(0, max) };
}
