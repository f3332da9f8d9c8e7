import type { Range } from "../../tensor/quant.js";
import type { Calibration } from "../scheme.js";
import { entropyRange } from "./entropy.js";
import type { Histogram } from "./histogram.js";
import { minmaxRange } from "./minmax.js";
import { mseRange } from "./mse.js";
import { percentileRange } from "./percentile.js";

/** How each observer chooses a range; the names and words that programs use are `observers` in ../registry.ts. */
const observe: Readonly<Record<Calibration["observer"], (histogram: Histogram, calibration: Calibration) => Range>> = {
  minmax: minmaxRange,
  percentile: (histogram, { percentile = 99.9 }) => percentileRange(histogram, percentile),
  entropy: entropyRange,
  mse: mseRange,
};

/** The range of a tensor under a calibration; always contains 0. */
export function observedRange(histogram: Histogram, calibration: Calibration): Range {
  return observe[calibration.observer](histogram, calibration);
}
