import type { MetricName } from "../../plan/plan.js";

/** What an axis of a metric says. */
export const metricTitles: Readonly<Record<MetricName, string>> = {
  accuracy: "accuracy",
  accuracy_drop: "accuracy drop against fp32",
  speedup: "speedup over fp32",
  latency: "latency, ms",
  size: "size, bytes",
  size_reduction: "size reduction",
  memory: "peak memory, bytes",
  sqnr: "SQNR of the worst layer, dB",
  flips: "flipped predictions",
  top5: "top-5 accuracy",
  macro_f1: "macro F1",
  rmse: "root mean squared error",
  r2: "R2",
  perplexity: "perplexity",
  perplexity_increase: "perplexity increase over fp32",
  same_top: "same answer as fp32",
  kl: "KL divergence from fp32, nats",
  cosine: "cosine similarity to fp32",
  latency_p90: "latency, 90th percentile, ms",
  latency_p99: "latency, 99th percentile, ms",
  cost: "cost of a million samples",
  saving: "saving against fp32",
  energy: "energy, joules a sample",
  prefill_speedup: "speedup over fp32, prompt",
  decode_speedup: "speedup over fp32, decoding",
  prefill_tokens_per_second: "tokens a second, prompt",
  decode_tokens_per_second: "tokens a second, decoding",
};

/** Metrics of which less is better. */
export const lowerIsBetter: ReadonlySet<MetricName> = new Set([
  ...(["accuracy_drop", "latency", "latency_p90", "latency_p99", "size", "memory", "flips"] as const),
  ...(["rmse", "perplexity", "perplexity_increase", "kl", "cost", "energy"] as const),
]);
