import type { Labels } from "../datasets/dataset.js";
import type { DistributionKind } from "./distribution.js";

export type AccuracyMetric = "top1" | "mae" | "agreement" | "relative_error" | "next_token";

/**
 * What accuracy is: of labels, or without any how far the outputs are from fp32's. Their top output says something where they
 * are distributions alone (`kind`, of fp32's); of coordinates, sizes and scores of independent classes the values are compared.
 */
export function metricOf(labels: Labels | undefined, kind: DistributionKind | undefined): AccuracyMetric {
  switch (labels?.kind) {
    case "class":
      return "top1";
    case "value":
      return "mae";
    case "tokens":
      return "next_token";
    default:
      return kind === undefined ? "relative_error" : "agreement";
  }
}

/** Whether outputs are compared by their values: there is no answer among them that could be the same, and no bound of an error. */
export function comparesValues(metric: AccuracyMetric): boolean {
  return metric === "mae" || metric === "relative_error";
}
