import type { Measures } from "./plan.js";
import type { MetricDefinition } from "./registry.js";

type Needs = Pick<MetricDefinition, "needs" | "phase">;

/** Whether an experiment measures what a metric needs. */
export function isMeasured({ needs, phase }: Needs, measures: Measures): boolean {
  if (phase !== undefined) return measures.latency.some((each) => each.phase === phase);
  return needs === "latency" ? measures.latency.length > 0 : Boolean(measures[needs]);
}

/** What a `measure` clause says for a metric to be measured. */
export function measureFor({ needs, phase }: Needs): string {
  return phase === undefined ? needs : `latency { phase: ${phase} }`;
}
