import { settingOnly, type TimedSetting, tokensOfRun } from "./setting.js";
import type { LatencyResult } from "./speedup.js";
import type { Estimate } from "./statistics.js";

/**
 * Money for a million samples at the measured latency. The whole machine is paid for and runs one inference at a time on
 * `threads` threads. Where several copies run side by side each sample costs less, in fp32 and in the trial alike, so the saving
 * holds as long as the copies do not slow each other more in one arm than in the other.
 */
export interface CostResult extends TimedSetting {
  /** Price of the machine for an hour, in the user's currency. */
  readonly pricePerHour: number;
  /** For a million samples; a batch of 32 is 32 of them. Of a phase of a language model for a million tokens. */
  readonly perMillion: number;
  readonly baselinePerMillion: number;
  /** 1 - 1 / speedup: of the paired ratio, which is steadier than that of the two medians. */
  readonly saving: Estimate;
}

const MS_PER_HOUR = 3_600_000;

/** @param pricePerHour above 0, in any currency */
export function costOf(latency: LatencyResult, pricePerHour: number): CostResult {
  const { batch, medianMs, baselineMs, speedup } = latency;
  const items = tokensOfRun(latency) ?? batch;
  const perMillion = (ms: number) => ((pricePerHour / MS_PER_HOUR) * ms * 1e6) / items;
  const saved = (ratio: number) => 1 - 1 / ratio;
  const [low, high] = speedup.ci95;
  return {
    ...settingOnly(latency),
    pricePerHour,
    perMillion: perMillion(medianMs),
    baselinePerMillion: perMillion(baselineMs),
    saving: { value: saved(speedup.value), ci95: [saved(low), saved(high)] },
  };
}
