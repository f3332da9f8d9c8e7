import type { Feeds } from "../engines/engine.js";
import type { MachinePeaks } from "../measure/peaks.js";
import { rejectAbovePeak } from "../measure/rejection.js";
import { armRoofline, longestNodes, type NodeTime, type RooflineResult, withLayers } from "../measure/roofline.js";
import { settingOnly } from "../measure/setting.js";
import { speedReason } from "../measure/speed-reason.js";
import { type LatencyResult, withReason } from "../measure/speedup.js";
import { inFreshProcess } from "./latency-trial.js";
import type { PeakStore } from "./peaks.js";
import type { StartWorker } from "./process.js";
import type { BatchWork, LatencyArm } from "./protocol.js";

/** Profiles models, each in a process of its own; fp32's profile is shared by the trials of a run. */
export interface Profiler {
  profile(
    arm: LatencyArm,
    feeds: Feeds,
    measure: { readonly batch: number; readonly threads: number },
  ): Promise<readonly NodeTime[]>;
}

/** Milliseconds of profiled runs. */
const PROFILE_MS = { full: 300, quick: 100 } as const;

/** Milliseconds below which nothing is measured: a graph without products on an engine whose overhead was lost in noise. */
const NANOSECOND = 1e-6;

/** Starts with nothing known. */
export function startProfiler({ quick }: { readonly quick: boolean }, startWorker: StartWorker): Profiler {
  const known = new Map<string, Promise<readonly NodeTime[]>>();
  return {
    profile(arm, feeds, { batch, threads }) {
      const key = JSON.stringify([arm, batch, threads]);
      const budgetMs = PROFILE_MS[quick ? "quick" : "full"];
      const times =
        known.get(key) ??
        inFreshProcess(startWorker, (worker) => worker.call("profile", { ...arm, feeds, threads, budgetMs }));
      known.set(key, times);
      return times;
    },
  };
}

/** A timed trial with the reason of its speed. */
export interface Explained {
  readonly latency: LatencyResult;
  readonly roofline: RooflineResult;
  /** All nodes of the trial that ran. */
  readonly times: readonly NodeTime[];
}

/**
 * Holds a timed trial against the machine: profiles both arms, compares them with the peaks, and gives the verdict its reason.
 * A result above the peaks has them measured again first, for they may come from a busier hour; what stays above is rejected.
 * Needs the machine alone.
 */
export async function explainLatency(
  latency: LatencyResult,
  {
    arms,
    feeds,
    work,
    isBaseline,
    peaks: store,
    profiler,
  }: {
    readonly arms: { readonly baseline: LatencyArm; readonly trial: LatencyArm };
    readonly feeds: Feeds;
    readonly work: BatchWork;
    /** The trial is fp32 itself, whose verdict needs no reason. */
    readonly isBaseline: boolean;
    readonly peaks: PeakStore;
    readonly profiler: Profiler;
  },
): Promise<Explained> {
  const times = {
    baseline: withLayers(await profiler.profile(arms.baseline, feeds, latency), work.baseline),
    trial: withLayers(await profiler.profile(arms.trial, feeds, latency), work.trial),
  };
  let peaks = await store.of(latency.threads);
  if (isAbove(latency, work, peaks)) peaks = await store.again(latency.threads);
  const baseline = { work: work.baseline, medianMs: latency.baselineMs, times: times.baseline };
  const trial = { work: work.trial, medianMs: latency.medianMs, times: times.trial };
  const lines = { baseline: armRoofline(baseline, peaks), trial: armRoofline(trial, peaks) };
  const reason = speedReason({
    baseline: { ...baseline, roofline: lines.baseline },
    trial: { ...trial, roofline: lines.trial },
    peaks,
    isBaseline,
    isFaster: latency.speedup.ci95[0] > 1,
  });
  return {
    latency: rejectAbovePeak(isBaseline ? latency : withReason(latency, reason), lines.trial.macs, peaks),
    roofline: {
      ...settingOnly(latency),
      peaks,
      ...lines,
      mostSpeedup: latency.baselineMs / Math.max(lines.trial.leastMs + lines.trial.overheadMs, NANOSECOND),
      nodes: { baseline: longestNodes(times.baseline), trial: longestNodes(times.trial) },
      reason,
    },
    times: times.trial,
  };
}

function isAbove(latency: LatencyResult, work: BatchWork, peaks: MachinePeaks): boolean {
  const arm = { times: [] };
  return (
    armRoofline({ ...arm, work: work.trial, medianMs: latency.medianMs }, peaks).share > 1 ||
    armRoofline({ ...arm, work: work.baseline, medianMs: latency.baselineMs }, peaks).share > 1
  );
}
