import { USUAL_BOUND } from "../measure/loss.js";
import { type Question, type Resolution, resolve } from "../measure/resolution.js";
import type { Expectation } from "../plan/plan.js";
import { accuracyOf } from "./metric.js";
import type { CompletedRecord, TrialRecord } from "./record.js";
import { percent } from "./units.js";

/**
 * A record with the answer to the question that the experiment asks of its accuracy drop: the tightest bound that it
 * expects of the scheme's `accuracy_drop`, else 1%. Of errors of real values the usual question is whether the error
 * grew by less than 1% of fp32's. A ledger keeps the answer to the question of its day; asking anew changes no figure.
 */
export function withResolution<T extends TrialRecord>(record: T, expectations: readonly Expectation[]): T {
  if (record.status !== "completed" || record.scheme.mode === "fp32" || !record.accuracy) return record;
  const { resolution: _, ...accuracy } = record.accuracy;
  const resolution = resolutionOf(record, expectations);
  return { ...record, accuracy: { ...accuracy, ...(resolution ? { resolution } : {}) } };
}

function resolutionOf(record: CompletedRecord, expectations: readonly Expectation[]): Resolution | undefined {
  const measured = accuracyOf(record);
  const question = measured && questionOf(record, measured, expectations);
  if (!measured || !question || !record.accuracy) return undefined;
  const { drop, discordant, flips } = record.accuracy;
  const counts = discordant ?? (measured.name === "agreement" ? { lost: flips ?? 0, gained: 0 } : undefined);
  return resolve({ ...drop, n: measured.n, ...(counts ? { counts } : {}) }, question);
}

function questionOf(
  { accuracy, scheme }: CompletedRecord,
  { isShare, value }: { readonly isShare: boolean; readonly value: number },
  expectations: readonly Expectation[],
): Question | undefined {
  const asked = expectations
    .filter((each) => each.scheme === scheme.name && each.metric === "accuracy_drop" && each.comparison !== "=")
    .sort((a, b) => a.value - b.value)[0];
  if (asked) return { text: asked.text.replace(/^.*?\./, ""), bound: asked.value };
  if (isShare) return { text: `accuracy_drop < ${percent(USUAL_BOUND, 0)}`, bound: USUAL_BOUND };
  const float = value - (accuracy?.drop.value ?? 0);
  if (!(float > 0)) return undefined;
  return { text: "the error grew by less than 1% of fp32's", bound: float * USUAL_BOUND };
}
