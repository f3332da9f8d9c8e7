import { binWidth, type Histogram } from "../quantize/observers/histogram.js";
import type { AffineParams } from "../tensor/affine.js";

/** One activation as calibration saw it, with the range that was chosen for its codes. */
export interface RangeResult {
  /** The value's name in the graph, and the layer that makes it where it is known. */
  readonly value: string;
  readonly layer?: string;
  /** Smallest and largest value that calibration saw. */
  readonly seen: readonly [number, number];
  /** The range that the codes cover; of a value that is always 0, and of one too small for a scale, far wider than seen. */
  readonly chosen: readonly [number, number];
  /** Share of the values of some test samples (at most 128), 0..1, whose code saturates: they lie outside of `chosen`. */
  readonly saturated: number;
  /** Counts of values in equal bins from `seen[0]` to `seen[1]`; all in the first where every value is the same. */
  readonly histogram: readonly number[];
}

/** Most activations that a record lists: those that saturate most. It is read by people, and a line of the ledger is small. */
export const MOST_RANGES = 64;

/** Bins of a record's histogram. */
export const RANGE_BINS = 32;

/** Smallest and largest real value that uint8 codes stand for. */
export function codeRange({ scale, zeroPoint }: AffineParams): readonly [number, number] {
  return [-zeroPoint * scale, (255 - zeroPoint) * scale];
}

/**
 * The histogram of calibration in few equal bins over the exact range. Its own bins are at most 1/2048 of the range wide and
 * go whole to the bin that holds their middle.
 */
export function coarseHistogram(histogram: Histogram, bins: number = RANGE_BINS): number[] {
  const { min, max, first, counts } = histogram;
  const coarse = new Array<number>(bins).fill(0);
  const width = binWidth(histogram);
  for (const [i, count] of counts.entries()) {
    if (count === 0) continue;
    const middle = (first + i + 0.5) * width;
    const place = max > min ? Math.floor(((middle - min) / (max - min)) * bins) : 0;
    const bin = Math.max(0, Math.min(bins - 1, place));
    coarse[bin] = (coarse[bin] as number) + count;
  }
  return coarse;
}

/** Counts values whose uint8 code would lie outside of 0..255; holds two numbers. */
export interface SaturationCount {
  add(values: ArrayLike<number>): void;
  /** Share of the values so far, 0..1; 0 of none. */
  share(): number;
}

/** A value saturates from half a step beyond the range on; NaN and infinities do, too. */
export function countSaturation(params: AffineParams): SaturationCount {
  const [low, high] = codeRange(params);
  const [from, to] = [low - params.scale / 2, high + params.scale / 2];
  let [outside, all] = [0, 0];
  return {
    add(values) {
      for (let i = 0; i < values.length; i++) {
        const value = values[i] as number;
        if (!(value >= from && value <= to)) outside++;
      }
      all += values.length;
    },
    share: () => (all === 0 ? 0 : outside / all),
  };
}

/** The ranges that a record lists: at most `MOST_RANGES`, the most saturated first, else in the order of the graph. */
export function mostSaturated(ranges: readonly RangeResult[]): readonly RangeResult[] {
  return ranges.toSorted((a, b) => b.saturated - a.saturated).slice(0, MOST_RANGES);
}
