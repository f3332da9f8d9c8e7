import { quantile } from "./statistics.js";

/** Confidence at which a percentile's number of samples must be enough. */
const CONFIDENCE = 0.99;

/**
 * Least number of samples from which a percentile may be told: so many that, at 99% confidence, even the second largest
 * of them is no smaller than the true percentile, P(Binomial(n, 1 - p) <= 1) <= 1%. 64 for p90, 662 for p99.
 * The samples are taken to be independent, as there.
 * @param p 0 < p < 1
 * @see MLPerf inference rules, "early stopping": the floors of the single-stream scenario
 */
export function samplesFor(p: number): number {
  const atMostOne = (n: number) => p ** n + n * (1 - p) * p ** (n - 1);
  let n = 1;
  while (atMostOne(n) > 1 - CONFIDENCE) n++;
  return n;
}

const FLOOR_90 = samplesFor(0.9);
const FLOOR_99 = samplesFor(0.99);

/** Percentiles of single runs, milliseconds; those that too few runs support are left out. */
export function percentilesOf(runsMs: ArrayLike<number>): { readonly p90Ms?: number; readonly p99Ms?: number } {
  return {
    ...(runsMs.length >= FLOOR_90 ? { p90Ms: quantile(runsMs, 0.9) } : {}),
    ...(runsMs.length >= FLOOR_99 ? { p99Ms: quantile(runsMs, 0.99) } : {}),
  };
}
