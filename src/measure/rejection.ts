import { type MachinePeaks, PEAK_TOLERANCE } from "./peaks.js";
import type { LatencyResult } from "./speedup.js";

/**
 * Marks a result whose time implies more multiply-adds a second than this machine was measured to do at best: then not
 * everything ran that should have, and nothing is claimed. (An engine's kernel that returned an empty tensor in 9
 * microseconds has happened.) A result within the peak comes back as it is.
 * @param macs multiply-adds of one run at the result's batch
 * @param peaks of the result's number of threads
 */
export function rejectAbovePeak(
  result: LatencyResult,
  macs: number,
  peaks: Pick<MachinePeaks, "floatMacs" | "integerMacs">,
): LatencyResult {
  const arms = [
    { name: "this trial", ms: result.medianMs, peak: Math.max(peaks.floatMacs, peaks.integerMacs) },
    { name: "fp32", ms: result.baselineMs, peak: peaks.floatMacs },
  ];
  const impossible = arms.find(({ ms, peak }) => macs / (ms / 1000) > peak * PEAK_TOLERANCE);
  if (!impossible) return result;
  const done = gigaMacs(macs / (impossible.ms / 1000));
  const most = gigaMacs(impossible.peak);
  const rejected = `${impossible.name} would have done ${done} GMAC/s, and the most that this machine was measured to do is ${most}: not everything ran`;
  return { ...result, rejected, verdict: `no claim: ${rejected}` };
}

/** Billions of multiply-adds a second, three digits. */
function gigaMacs(perSecond: number): string {
  const value = perSecond / 1e9;
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}
