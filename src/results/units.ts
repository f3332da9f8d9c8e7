import type { MetricName } from "../plan/plan.js";

/** A fraction as a percentage, `97.5%`. */
export function percent(fraction: number, digits = 1): string {
  return `${fixed(fraction * 100, digits)}%`;
}

/** A ratio as the language writes it, `2.90x`; `11.4x` from ten. */
export function times(ratio: number): string {
  return `${ratio >= 9.995 ? ratio.toFixed(1) : ratio.toFixed(2)}x`;
}

/** Three significant digits: `0.211`, `12.3`, `1240`. */
function threeDigits(value: number): string {
  if (value >= 99.95) return value.toFixed(0);
  return value >= 9.995 ? value.toFixed(1) : value >= 0.9995 ? value.toFixed(2) : value.toFixed(3);
}

/** Three significant digits: `0.211`, `12.3`, `1240`. */
export function milliseconds(ms: number): string {
  return threeDigits(ms);
}

/** A relative error as a percentage without its sign, three significant digits: `0.213`, `1.25`, `104`; `<0.001`, `0`. At least 0. */
export function errorPercent(share: number): string {
  const value = share * 100;
  if (value === 0) return "0";
  return value < 0.0005 ? "<0.001" : threeDigits(value);
}

const byteUnits = ["B", "kB", "MB", "GB", "TB"] as const;

/** Decimal units, three significant digits: `812 B`, `41.2 kB`, `1.28 MB`. */
export function bytes(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < byteUnits.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${byteUnits[unit]}`;
}

/** Four significant digits, for values without a unit. */
export function plain(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  return size >= 1e6 || size < 1e-4 ? value.toExponential(2) : String(Number(value.toPrecision(4)));
}

/** Decimals that show one sample's worth of a percentage: one up to 1000 samples, then two. */
export function percentDigits(samples: number): number {
  return samples <= 1000 ? 1 : 2;
}

/** `toFixed` without a minus before zero. */
export function fixed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text;
}

/** A value of a metric as people read it. @param isShare whether accuracy is a share (else in the labels' unit) */
export function metricText(metric: MetricName, value: number, isShare = true): string {
  switch (metric) {
    case "accuracy":
    case "accuracy_drop":
      return isShare ? percent(value, 2) : plain(value);
    case "top5":
    case "macro_f1":
    case "same_top":
      return percent(value, 2);
    case "rmse":
    case "r2":
    case "perplexity":
    case "kl":
    case "cosine":
      return plain(value);
    case "cost":
      return plain(value);
    case "energy":
      return `${plain(value)} J`;
    case "prefill_tokens_per_second":
    case "decode_tokens_per_second":
      return `${plain(Number(value.toPrecision(3)))} tokens/s`;
    case "perplexity_increase":
      return percent(value, 2);
    case "saving":
    case "size_reduction":
      return percent(value);
    case "speedup":
    case "prefill_speedup":
    case "decode_speedup":
      return times(value);
    case "latency":
    case "latency_p90":
    case "latency_p99":
      return `${milliseconds(value)} ms`;
    case "size":
    case "memory":
      return bytes(value);
    case "sqnr":
      return `${fixed(value, 1)} dB`;
    case "flips":
      return String(value);
  }
}
