import type { AccuracyMetric } from "../measure/accuracy-metric.js";
import { settingOnly, type TimedSetting } from "../measure/setting.js";
import type { Sampled } from "../measure/statistics.js";
import type { MetricName, Phase } from "../plan/plan.js";
import type { CompletedRecord } from "./record.js";

/** One value that a record holds for a metric. */
export interface MetricValue {
  readonly value: number;
  readonly ci95?: readonly [number, number];
  /** The interval is too narrow: a few samples decide the value. */
  readonly narrow?: true;
  /** With latency and speedup: batch and threads that it was measured with; of a language model also phase and context. */
  readonly batch?: number;
  readonly threads?: number;
  readonly phase?: Phase;
  readonly context?: number;
}

/** An accuracy with the name of its metric. */
export interface NamedAccuracy extends Sampled {
  readonly name: AccuracyMetric;
  /** A share of samples or of fp32's outputs, told in percent; else in the unit of the labels. */
  readonly isShare: boolean;
  /** Less is better. */
  readonly isError: boolean;
}

/** The accuracy of a record whatever its metric is. */
export function accuracyOf(record: Pick<CompletedRecord, "accuracy">): NamedAccuracy | undefined {
  const { top1, agreement, relativeError, nextToken, mae } = record.accuracy ?? {};
  if (top1) return { name: "top1", isShare: true, isError: false, ...top1 };
  if (agreement) return { name: "agreement", isShare: true, isError: false, ...agreement };
  if (relativeError) return { name: "relative_error", isShare: true, isError: true, ...relativeError };
  if (nextToken) return { name: "next_token", isShare: true, isError: false, ...nextToken };
  return mae && { name: "mae", isShare: false, isError: true, ...mae };
}

/**
 * The values of a metric, in the record's units: fractions, ratios, milliseconds, bytes, decibels.
 * Cost is money for a million samples, energy joules for one. Latency and speedup have one for each batch size, and none
 * where attestation failed or the time was rejected: what was timed then is not what the trial is called. The others have one, or none where it was not measured.
 * `sqnr` is that of the worst layer; a record whose layers are all exact has none.
 */
export function metricValues(record: CompletedRecord, metric: MetricName): readonly MetricValue[] {
  const { accuracy, size, memory, layers = [] } = record;
  const claimed = record.latency?.filter(({ rejected }) => rejected === undefined) ?? [];
  const latency = record.attestation.attested ? claimed : [];
  const inPhase = (phase: Phase) => latency.filter((timed) => timed.phase === phase);
  switch (metric) {
    case "accuracy": {
      const { value, ci95 } = accuracyOf(record) ?? {};
      return value === undefined || ci95 === undefined ? [] : [{ value, ci95 }];
    }
    case "accuracy_drop":
      return accuracy ? [accuracy.drop] : [];
    case "flips":
      return optional(accuracy?.flips);
    case "top5":
    case "macro_f1":
    case "rmse":
    case "r2":
    case "perplexity":
    case "perplexity_increase":
      return estimated(accuracy?.metrics?.[metric]);
    case "same_top":
      return estimated(accuracy?.divergence?.sameTop);
    case "kl":
    case "cosine":
      return estimated(accuracy?.divergence?.[metric]);
    case "speedup":
      return latency.map((timed) => ({ ...timed.speedup, ...settingOnly(timed) }));
    case "prefill_speedup":
      return inPhase("prefill").map((timed) => ({ ...timed.speedup, ...settingOnly(timed) }));
    case "decode_speedup":
      return inPhase("decode").map((timed) => ({ ...timed.speedup, ...settingOnly(timed) }));
    case "prefill_tokens_per_second":
      return inPhase("prefill").flatMap((timed) => timedValue(timed, timed.tokensPerSecond));
    case "decode_tokens_per_second":
      return inPhase("decode").flatMap((timed) => timedValue(timed, timed.tokensPerSecond));
    case "latency":
      return latency.flatMap((timed) => timedValue(timed, timed.medianMs));
    case "latency_p90":
      return latency.flatMap((timed) => timedValue(timed, timed.p90Ms));
    case "latency_p99":
      return latency.flatMap((timed) => timedValue(timed, timed.p99Ms));
    case "size":
      return optional(size?.bytes);
    case "size_reduction":
      return optional(size && 1 - size.ratio);
    case "memory":
      return optional(memory?.peakBytes);
    case "cost":
      return (record.cost ?? []).flatMap((found) => timedValue(found, found.perMillion));
    case "saving":
      return (record.cost ?? []).map((found) => ({ ...found.saving, ...settingOnly(found) }));
    case "energy":
      return (record.energy ?? []).flatMap((found) => timedValue(found, found.joulesPerInference));
    case "sqnr": {
      const measured = layers.flatMap(({ sqnrDb }) => sqnrDb ?? []);
      return measured.length === 0 ? [] : [{ value: Math.min(...measured) }];
    }
  }
}

function timedValue(setting: TimedSetting, value: number | undefined): readonly MetricValue[] {
  return value === undefined ? [] : [{ value, ...settingOnly(setting) }];
}

function estimated(estimate: Sampled | undefined): readonly MetricValue[] {
  if (!estimate) return [];
  const { value, ci95, narrow } = estimate;
  return [{ value, ci95, ...(narrow ? { narrow } : {}) }];
}

function optional(value: number | undefined): readonly MetricValue[] {
  return value === undefined ? [] : [{ value }];
}
