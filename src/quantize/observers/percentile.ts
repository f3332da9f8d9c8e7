import type { Range } from "../../tensor/quant.js";
import { binWidth, type Histogram, withZero } from "./histogram.js";

/**
 * The range that keeps `percent` of the values, interpolated within a bin and widened to contain 0. Values of both
 * signs lose half of the rest at each end; values of one sign lose all of it at the far end, as the range ends at 0
 * on the other side anyway. 100 gives the exact range.
 * @param percent 50..100
 */
export function percentileRange(histogram: Histogram, percent: number): Range {
  const { min, max, count } = histogram;
  if (count === 0) return { min: 0, max: 0 };
  // Percent are decimal numbers: what is left of 99.9 must not turn 20 values into 19.999999.
  const cut = Math.round(count * (100 - percent) * 1e4) / 1e6;
  const each = min < 0 && max > 0 ? cut / 2 : cut;
  return withZero({
    min: min < 0 ? Math.max(min, lowerQuantile(histogram, each)) : min,
    max: max > 0 ? Math.min(max, upperQuantile(histogram, each)) : max,
  });
}

/** The value with `below` values under it. */
function lowerQuantile(histogram: Histogram, below: number): number {
  let seen = 0;
  for (const [i, inBin] of histogram.counts.entries()) {
    if (inBin > 0 && seen + inBin > below) return (histogram.first + i + (below - seen) / inBin) * binWidth(histogram);
    seen += inBin;
  }
  return histogram.max;
}

/** The value with `above` values over it. */
function upperQuantile(histogram: Histogram, above: number): number {
  const { counts } = histogram;
  let seen = 0;
  for (let i = counts.length - 1; i >= 0; i--) {
    const inBin = counts[i] as number;
    if (inBin > 0 && seen + inBin > above) {
      return (histogram.first + i + 1 - (above - seen) / inBin) * binWidth(histogram);
    }
    seen += inBin;
  }
  return histogram.min;
}
