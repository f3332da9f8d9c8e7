import { trialLabels } from "../../plan/label.js";
import type { Plan } from "../../plan/plan.js";
import type { TrialRecord } from "../../results/record.js";
import type { RunEvent } from "../../run/events.js";

/** How far one experiment has come. Plain data; times in milliseconds of a steady clock. */
export interface Progress {
  readonly plan: Plan;
  readonly total: number;
  /** Trials that an earlier run has measured. */
  readonly earlier: number;
  /** Records of this run, in the order in which they came. */
  readonly records: readonly TrialRecord[];
  readonly startedAt: number;
  /** What happens now: the trial, or the model while it is read, and the stage. */
  readonly now?: { readonly label: string; readonly stage: string };
  /** When the trial that runs now began; absent while model and data are read. */
  readonly trialSince?: number;
  /** Time that the finished trials of this run took together, without reading model and data. */
  readonly trialMs: number;
  readonly endedAt?: number;
}

/** The progress after an event; undefined before "started". A new experiment starts anew. */
export function advance(progress: Progress | undefined, event: RunEvent, at: number): Progress | undefined {
  if (event.kind === "started") {
    const { plan, trials, finished } = event;
    return { plan, total: trials, earlier: finished, records: [], startedAt: at, trialMs: 0 };
  }
  if (progress === undefined) return undefined;
  if (event.kind === "stage") {
    const now = { label: event.label, stage: event.stage };
    const isTrial = event.label !== progress.plan.model.name;
    return isTrial ? { ...progress, now, trialSince: progress.trialSince ?? at } : { ...progress, now };
  }
  if (event.kind === "finished") {
    const took = progress.trialSince === undefined ? 0 : at - progress.trialSince;
    return {
      ...progress,
      records: [...progress.records, event.record],
      trialMs: progress.trialMs + took,
      trialSince: at,
    };
  }
  if (event.kind === "diagnosed") return { ...progress, earlier: progress.earlier + 1 };
  return event.kind === "ended" ? { ...progress, endedAt: at } : progress;
}

/** Trials that are done, those of earlier runs too. */
export function doneTrials({ earlier, records }: Progress): number {
  return earlier + records.length;
}

/**
 * Expected time to the end, from the mean of the trials that this run has measured; undefined before there is one, and
 * where nothing is left. What the running trial has taken already is not expected again.
 */
export function remainingMs(progress: Progress, at: number): number | undefined {
  const { records, trialMs, trialSince, total } = progress;
  const left = total - doneTrials(progress);
  if (records.length === 0 || trialMs === 0 || left <= 0 || progress.endedAt !== undefined) return undefined;
  const mean = trialMs / records.length;
  const spent = trialSince === undefined ? 0 : Math.min(mean, at - trialSince);
  return mean * left - spent;
}

/** The line that says how far the run is: `2 of 6 trials, 12 s, about 24 s left`. */
export function progressLine(progress: Progress, at: number): string {
  const { total, startedAt, endedAt } = progress;
  const left = remainingMs(progress, at);
  return [
    `${doneTrials(progress)} of ${total} trial${total === 1 ? "" : "s"}`,
    duration((endedAt ?? at) - startedAt),
    ...(left === undefined ? [] : [`about ${duration(Math.max(1000, left))} left`]),
  ].join(", ");
}

/** `4 s`, `2 min 5 s`, `1 h 12 min`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
}

/** Names of the records as a table shows them, and what a failed one failed at. */
export function recordNames(records: readonly TrialRecord[]): readonly string[] {
  const labels = trialLabels(records);
  return records.map((record) => {
    const label = labels.get(record.trial) ?? record.trial;
    return record.status === "failed" ? `${label}: failed (${record.stage})` : label;
  });
}
