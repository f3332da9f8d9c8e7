import type { Range } from "../../tensor/quant.js";
import { type Histogram, withZero } from "./histogram.js";

/** The exact smallest and largest value seen, widened to contain 0; {0, 0} when nothing was seen. */
export function minmaxRange(histogram: Histogram): Range {
  return histogram.count === 0 ? { min: 0, max: 0 } : withZero(histogram);
}
