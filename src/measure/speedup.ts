import { type Random, seededRandom } from "../base/random.js";
import { type Conditions, conditionsOf } from "./conditions.js";
import type { LatencySamples } from "./latency.js";
import { logRatios } from "./log-ratios.js";
import { percentilesOf } from "./percentiles.js";
import type { TimedSetting } from "./setting.js";
import { type Estimate, mean, median, quantileOfSorted, Z95 } from "./statistics.js";

/** Speed of one trial at one batch size and thread count, beside fp32. */
export interface LatencyResult extends TimedSetting {
  /** Of a phase of a language model: hash of the ONNX file that was timed, which is not the one that was evaluated. */
  readonly file?: string;
  /** Of a phase of a language model: tokens that it takes in a second, at the median time. */
  readonly tokensPerSecond?: number;
  readonly baselineTokensPerSecond?: number;
  /** Median time of a run of this trial, milliseconds; of samples of several runs where a run is too short to be timed alone. */
  readonly medianMs: number;
  /** Nine of ten single runs, one right after another, took at most this long, milliseconds; absent for too few or too short ones. */
  readonly p90Ms?: number;
  /** 99 of 100; absent for too few or too short ones. */
  readonly p99Ms?: number;
  /** Best fp32 of the same graph on the same engine, interleaved with the above, milliseconds. */
  readonly baselineMs: number;
  readonly baselineP90Ms?: number;
  readonly baselineP99Ms?: number;
  readonly speedup: Estimate;
  /** The same protocol run on fp32 against itself: 1 when the machine is quiet. */
  readonly control: Estimate;
  readonly processes: number;
  readonly pairs: number;
  /** Measured with few samples on request: good for a look, not for a claim. */
  readonly quick?: boolean;
  readonly optimization: { readonly baseline: string; readonly trial: string };
  /** A sentence for people: faster by so much, or "no measurable difference", with the reason where known. */
  readonly verdict: string;
  /** What the machine did meanwhile. */
  readonly conditions?: Conditions;
  /** Why the figures must not be believed: faster than the machine's measured peak allows, or one arm alone held up. */
  readonly rejected?: string;
  /** Every sample of every process, milliseconds, paired by index. */
  readonly samples?: readonly ProcessSamples[];
}

/** Raw samples of one process, to four digits; the control is fp32 against itself. */
export interface ProcessSamples {
  readonly baselineMs: readonly number[];
  readonly trialMs: readonly number[];
  readonly control: { readonly baselineMs: readonly number[]; readonly againMs: readonly number[] };
  /** Runs in one sample, which is their median. */
  readonly runsPerSample?: { readonly baseline: number; readonly trial: number };
  /** What ended the sampling: enough pairs, the time, or a clock that never held still. */
  readonly stoppedBy?: "pairs" | "time" | "clock";
}

/** What a summary needs beside the samples. */
export interface SummaryOptions {
  readonly batch: number;
  readonly threads: number;
  readonly optimization: { readonly baseline: string; readonly trial: string };
  readonly seed: number;
  readonly quick?: boolean;
  /** False when the engine did not run the kernels that were planned: what was timed is not what the trial is called. */
  readonly attested?: boolean;
  /** Why the trial may not be faster, as far as is known: "3 of 7 layers stayed in float". */
  readonly reason?: string;
}

/**
 * What the samples of several fresh processes say together.
 * @param processes samples of each process, at least one
 */
export function summarizeLatency(processes: readonly LatencySamples[], options: SummaryOptions): LatencyResult {
  const random = seededRandom(options.seed);
  const speedup = ratioEstimate(
    processes.map(({ baselineMs, trialMs }) => logRatios(baselineMs, trialMs)),
    random,
  );
  const control = ratioEstimate(
    processes.map(({ control }) => logRatios(control.baselineMs, control.againMs)),
    random,
  );
  const rejected = disturbed(processes, speedup, control);
  const watched = processes.flatMap((samples) => samples.watched ?? []);
  return {
    batch: options.batch,
    threads: options.threads,
    ...timesOf(processes),
    speedup,
    control,
    processes: processes.length,
    pairs: processes.reduce((total, { trialMs }) => total + trialMs.length, 0),
    ...(options.quick ? { quick: true } : {}),
    optimization: options.optimization,
    ...(rejected === undefined ? {} : { rejected }),
    verdict: rejected === undefined ? verdictOf(speedup, control, options) : `no claim: ${rejected}`,
    ...(watched.length > 0 ? { conditions: conditionsOf(watched, options.threads) } : {}),
    samples: processes.map(rawSamples),
  };
}

/** Medians and percentiles of both arms: of single runs where all processes could time them, else of samples. */
function timesOf(processes: readonly LatencySamples[]) {
  const single = processes.every(({ runMs }) => runMs !== undefined);
  const pooled = (arm: "baseline" | "trial") =>
    processes.flatMap(({ runMs, ...samples }) =>
      single && runMs ? [...runMs[arm]] : arm === "trial" ? samples.trialMs : samples.baselineMs,
    );
  const [trial, baseline] = [pooled("trial"), pooled("baseline")];
  const { p90Ms, p99Ms } = single ? percentilesOf(trial) : {};
  const { p90Ms: baselineP90Ms, p99Ms: baselineP99Ms } = single ? percentilesOf(baseline) : {};
  return {
    medianMs: median(trial),
    ...(p90Ms === undefined ? {} : { p90Ms }),
    ...(p99Ms === undefined ? {} : { p99Ms }),
    baselineMs: median(baseline),
    ...(baselineP90Ms === undefined ? {} : { baselineP90Ms }),
    ...(baselineP99Ms === undefined ? {} : { baselineP99Ms }),
  };
}

/** What the record keeps of a process: everything that the ratios were computed from. */
function rawSamples({ baselineMs, trialMs, control, runsPerSample, stoppedBy }: LatencySamples): ProcessSamples {
  return {
    baselineMs: baselineMs.map(fourDigits),
    trialMs: trialMs.map(fourDigits),
    control: { baselineMs: control.baselineMs.map(fourDigits), againMs: control.againMs.map(fourDigits) },
    runsPerSample,
    stoppedBy,
  };
}

function fourDigits(value: number): number {
  return Number(value.toPrecision(4));
}

/**
 * The ratio that log ratios of several processes agree on: median over processes of each one's median.
 *
 * The 95% interval is a hierarchical bootstrap, processes with replacement and then pairs (Davison and Hinkley 1997,
 * section 3.8), joined with Student's t interval over the processes' medians: with a handful of processes the bootstrap
 * alone is too narrow when processes differ (Hesterberg 2015, "What teachers should know about the bootstrap").
 * With one process only its own pairs speak, and how processes differ remains unknown.
 * @param processes log ratios of each process, each with at least one
 */
export function ratioEstimate(processes: readonly Float64Array[], random: Random, resamples = 2000): Estimate {
  const medians = processes.map(median);
  const centre = median(medians);
  const drawn = new Float64Array(resamples);
  for (let r = 0; r < resamples; r++) {
    drawn[r] = median(processes.map(() => resampledMedian(pick(processes, random), random)));
  }
  drawn.sort();
  const half = studentHalfWidth(medians);
  const low = Math.min(quantileOfSorted(drawn, 0.025), centre - half);
  const high = Math.max(quantileOfSorted(drawn, 0.975), centre + half);
  return { value: Math.exp(centre), ci95: [Math.exp(low), Math.exp(high)] };
}

function pick<T>(values: readonly T[], random: Random): T {
  return values[Math.floor(random.next() * values.length)] as T;
}

function resampledMedian(values: Float64Array, random: Random): number {
  const drawn = new Float64Array(values.length);
  for (let i = 0; i < drawn.length; i++) drawn[i] = values[Math.floor(random.next() * values.length)] as number;
  return median(drawn);
}

/** Student's t at 97.5% for 1, 2, ... degrees of freedom. */
const studentT = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];

/** Half of the 95% t interval of the mean; 0 for fewer than two values. */
function studentHalfWidth(values: readonly number[]): number {
  const n = values.length;
  if (n < 2) return 0;
  const centre = mean(values);
  const variance = values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (n - 1);
  // Past the table, within 0.2% of the exact quantile.
  const t = studentT[n - 2] ?? Z95 + 2.5 / (n - 1);
  return t * Math.sqrt(variance / n);
}

/** Ratios closer to 1 than this are never called a difference. */
const SMALLEST_DIFFERENCE = 0.02;

/**
 * A claim must exceed whatever the control's interval holds of a difference, half of its own interval's width, and 2%.
 * @returns "2.90x faster", "slower than fp32: 0.39x", or "no measurable difference: ..."
 */
export function verdict(speedup: Estimate, control: Estimate, reason?: string): string {
  const [low, high] = speedup.ci95;
  const because = reason === undefined ? "" : `; ${reason}`;
  const claim = Math.abs(Math.log(speedup.value));
  const noise = Math.max(...control.ci95.map((end) => Math.abs(Math.log(end))));
  const half = Math.log(high / low) / 2;
  if (claim > Math.max(noise, half, Math.log(1 + SMALLEST_DIFFERENCE)) && (low > 1 || high < 1)) {
    if (speedup.value > 1) return `${times(speedup.value)} faster`;
    return `slower than fp32: ${times(speedup.value)}${because}`;
  }
  const cause =
    noise > Math.log(1 + SMALLEST_DIFFERENCE) && noise >= half
      ? `fp32 against itself gave ${times(control.ci95[0])} to ${times(control.ci95[1])}`
      : `${times(speedup.value)}, 95% interval ${times(low)} to ${times(high)}`;
  return `no measurable difference: ${cause}${because}`;
}

function verdictOf(speedup: Estimate, control: Estimate, { attested, reason }: SummaryOptions): string {
  return attested === false ? unattested(speedup) : verdict(speedup, control, reason);
}

/** The quickest share of the samples, and how many of both arms it takes to speak of one. */
const QUICKEST = 0.1;
const FEWEST_FOR_QUICKEST = 10;

/** Quickest samples this far from the pairs say that something else decided the pairs. */
const LARGEST_DISCORD = 1.3;

/**
 * Other processes only ever add time, and where their turns fall into the rhythm of the pairs, they add it to one arm alone:
 * fp32 of an emotion net was held up in nearly every pair and int8 in none, which gave 5.9x (2.4 to 12) for a true 2x, while
 * fp32 against itself stayed near 1. The quickest tenth of each arm was held up least; where it contradicts the pairs by
 * more than the interval, the control and 1.3 allow, nothing is claimed.
 */
function disturbed(processes: readonly LatencySamples[], speedup: Estimate, control: Estimate): string | undefined {
  const arms = [processes.flatMap(({ baselineMs }) => baselineMs), processes.flatMap(({ trialMs }) => trialMs)];
  if (arms.some(({ length }) => length < FEWEST_FOR_QUICKEST)) return undefined;
  const [baseline = 1, trial = 1] = arms.map((ms) => quantileOfSorted(Float64Array.from(ms).sort(), QUICKEST));
  const quickest = baseline / trial;
  const [low, high] = speedup.ci95;
  const noise = control.ci95.map((end) => Math.abs(Math.log(end)));
  const most = Math.max(Math.log(high / low) / 2, ...noise, Math.log(LARGEST_DISCORD));
  if (!(Math.abs(Math.log(quickest / speedup.value)) > most)) return undefined;
  return (
    `${times(speedup.value)} by pairs, but ${times(quickest)} by the quickest tenth of each: ` +
    "other processes held one up and not the other"
  );
}

/** The result with a reason in its verdict, where it claims no gain and has no reason yet. */
export function withReason(result: LatencyResult, reason: string): LatencyResult {
  const { speedup, control } = result;
  return result.verdict === verdict(speedup, control)
    ? { ...result, verdict: verdict(speedup, control, reason) }
    : result;
}

function unattested(speedup: Estimate): string {
  return `no claim: ${times(speedup.value)} was measured, but not with the integer kernels that were planned`;
}

function times(ratio: number): string {
  return `${ratio >= 10 ? ratio.toFixed(1) : ratio.toFixed(2)}x`;
}
