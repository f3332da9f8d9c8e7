import type { AccuracyMetric } from "./accuracy-metric.js";
import type { Estimate } from "./statistics.js";

/** What is asked of a drop where nothing is expected of it: less than 1% of the samples, of fp32's outputs, or of fp32's error. */
export const USUAL_BOUND = 0.01;

/**
 * Whether accuracy is lost: the whole interval of the drop lies above 0. A relative error does so wherever a bit differs, so
 * it counts from 1% of fp32's outputs on.
 */
export function isLoss({ value, ci95: [low] }: Estimate, metric: AccuracyMetric | undefined): boolean {
  return metric === "relative_error" ? value >= USUAL_BOUND : low > 0;
}
