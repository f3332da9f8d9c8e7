import { trialLabels } from "../../plan/label.js";
import { accuracyOf, metricValues } from "../../results/metric.js";
import type { CompletedRecord, TrialRecord } from "../../results/record.js";
import { isBaseline, visible } from "../rows.js";

/** The trials that a figure draws, and a sentence on those that it leaves out; empty where it draws all. */
export interface Chosen {
  readonly trials: readonly CompletedRecord[];
  readonly note: string;
}

/**
 * Completed quantized trials that have what a figure shows. Of more than `most`: the best and the worst in accuracy, speed and
 * size, then others evenly from the order of the plan; in that order.
 * @param asked id of the one trial that shall be drawn
 */
export function chosenTrials(
  records: readonly TrialRecord[],
  has: (record: CompletedRecord) => boolean,
  most: number,
  asked?: string,
): Chosen {
  const all = records.filter(
    (record): record is CompletedRecord =>
      record.status === "completed" &&
      !isBaseline(record) &&
      has(record) &&
      (asked === undefined || record.trial === asked),
  );
  if (all.length <= most) return { trials: all, note: "" };
  const kept = new Set(extremes(all).slice(0, most));
  const others = all.filter((record) => !kept.has(record));
  const room = most - kept.size;
  for (let i = 0; i < room; i++) kept.add(others[Math.floor(((i + 0.5) * others.length) / room)] as CompletedRecord);
  return {
    trials: all.filter((record) => kept.has(record)),
    note: `${most} of ${all.length} trials: the best and the worst in accuracy, speed and size${room > 0 ? ", others evenly from the plan" : ""}.`,
  };
}

/** Best accuracy, fastest, worst accuracy, slowest, smallest and largest; each once. */
export function extremes(records: readonly CompletedRecord[]): readonly CompletedRecord[] {
  const sign = records.some((record) => accuracyOf(record)?.isError) ? -1 : 1;
  const accuracy = (record: CompletedRecord) => sign * (accuracyOf(record)?.value ?? Number.NaN);
  const speed = (record: CompletedRecord) => metricValues(record, "speedup")[0]?.value ?? Number.NaN;
  const size = (record: CompletedRecord) => -(record.size?.bytes ?? Number.NaN);
  const ends = [accuracy, speed, size].map((value) => {
    const sorted = records.filter((record) => !Number.isNaN(value(record))).sort((a, b) => value(b) - value(a));
    return { best: sorted[0], worst: sorted.at(-1) };
  });
  const found = [...ends.map(({ best }) => best), ...ends.map(({ worst }) => worst)];
  return [...new Set(found.filter((record) => record !== undefined))];
}

/** Labels as people read them; a trial without one has its id. */
export function labelsOf(records: readonly TrialRecord[]): (trial: string) => string {
  const labels = trialLabels(records);
  return (trial) => visible(labels.get(trial) ?? trial);
}
