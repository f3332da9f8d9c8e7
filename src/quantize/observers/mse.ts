import { affineParamsOf } from "../../tensor/affine.js";
import type { Range } from "../../tensor/quant.js";
import { binWidth, type Histogram } from "./histogram.js";
import { minmaxRange } from "./minmax.js";

/** Candidates between the whole range and its 1/STEPS-th part. */
const STEPS = 64;
const LEVELS = { min: 0, max: 255 } as const;

/**
 * The range whose uint8 codes give the values back with the least mean squared error: clipping a few large values
 * against a finer scale for the rest. The upper end is searched first, then the lower one, then both once more, each in
 * 1/64 parts of the exact range; ties keep the wider range.
 */
export function mseRange(histogram: Histogram): Range {
  const whole = minmaxRange(histogram);
  if (whole.min === whole.max) return whole;
  const bins = filledBins(histogram);
  let best = whole;
  let least = squaredError(bins, whole);
  const tryRange = (range: Range) => {
    const error = squaredError(bins, range);
    if (error < least) [best, least] = [range, error];
  };
  for (let round = 0; round < 2; round++) {
    const [{ min }, { max }] = [best, whole];
    if (max > 0) for (let step = STEPS; step > 0; step--) tryRange({ min, max: (max * step) / STEPS });
    const upper = best.max;
    if (whole.min < 0)
      for (let step = STEPS; step > 0; step--) tryRange({ min: (whole.min * step) / STEPS, max: upper });
  }
  return best;
}

interface Bins {
  /** Middle of each filled bin, inside the exact range. */
  readonly centres: Float64Array;
  readonly counts: Float64Array;
}

function filledBins(histogram: Histogram): Bins {
  const { counts, first, min, max } = histogram;
  const filled = [...counts.keys()].filter((i) => (counts[i] as number) > 0);
  const width = binWidth(histogram);
  return {
    centres: Float64Array.from(filled, (i) => Math.min(max, Math.max(min, (first + i + 0.5) * width))),
    counts: Float64Array.from(filled, (i) => counts[i] as number),
  };
}

/** Sum over the values of (value - dequantize(quantize(value)))². */
function squaredError({ centres, counts }: Bins, range: Range): number {
  const { scale, zeroPoint } = affineParamsOf(range, "uint8", { symmetric: false });
  let sum = 0;
  for (let i = 0; i < centres.length; i++) {
    const value = centres[i] as number;
    // Math.round: which way a tie goes does not change its error.
    const code = Math.min(LEVELS.max, Math.max(LEVELS.min, Math.round(value / scale) + zeroPoint));
    const error = value - (code - zeroPoint) * scale;
    sum += (counts[i] as number) * error * error;
  }
  return sum;
}
