import { hashJson } from "../base/hash.js";
import type { Plan, SkippedTrial, Trial } from "../plan/plan.js";
import { skippedId } from "../plan/planned.js";
import { summarizeScheme } from "../plan/scheme-summary.js";
import type { FailedRecord, Manifest, SkippedRecord } from "../results/record.js";
import type { Failure } from "./failure.js";

/** The manifest but for the plan's own hash. */
export type ManifestFacts = Omit<Manifest, "plan">;

/** The head that every record of a plan has. */
export function recordHead(plan: Plan, trial: Trial, facts: ManifestFacts) {
  return {
    schemaVersion: 1,
    experiment: plan.experiment,
    trial: trial.id,
    scheme: summarizeScheme(trial.scheme),
    manifest: { ...facts, plan: planHash(plan) },
  } as const;
}

/** Hash of all trials of a plan: two plans that measure the same have the same. */
export function planHash(plan: Plan): string {
  return hashJson({ experiment: plan.experiment, trials: plan.trials.map(({ id }) => id), seed: plan.seed });
}

/** The record of a trial that failed. */
export function failedRecord(plan: Plan, trial: Trial, facts: ManifestFacts, failure: Failure): FailedRecord {
  return { ...recordHead(plan, trial, facts), status: "failed", ...failure };
}

/** The record of a cell that did not run. */
export function skippedRecord(plan: Plan, cell: SkippedTrial, facts: ManifestFacts): SkippedRecord {
  return { ...recordHead(plan, { id: skippedId(cell), ...cell }, facts), status: "skipped", reason: cell.reason };
}
