import { fail } from "../base/diagnostic.js";
import { seededRandom } from "../base/random.js";
import { type DivergenceResult, summarizeDivergence } from "./divergence.js";
import { compareTokens } from "./language-model.js";
import { macroF1 } from "./macro-f1.js";
import { mcNemarP } from "./mcnemar.js";
import { regressionMetrics } from "./regression.js";
import { knownScores } from "./relative-error.js";
import type { Resolution } from "./resolution.js";
import type { ClassScores, Scores } from "./scores.js";
import { type Estimate, mean, pairedDifferenceInterval, type Sampled, sampledMean, wilson } from "./statistics.js";
import type { TokenScores } from "./token-scores.js";

export type { DivergenceResult } from "./divergence.js";
export type { Sampled } from "./statistics.js";

/**
 * Accuracy on the test split. With class labels `top1`; with real-valued labels `mae`; with next tokens `nextToken`. Without labels
 * `agreement`, the share of samples whose top output equals fp32's, where the outputs are distributions; else `relativeError`, the
 * mean over samples of the root mean square difference from fp32's output over the root mean square of that output, at least 0.
 * `drop` is fp32 minus this (of errors this minus fp32), in the metric's unit, positive when worse; paired over the same samples.
 * fp32's own relative error is 0, so its drop is the error itself.
 */
export interface AccuracyResult {
  readonly top1?: Sampled;
  readonly mae?: Sampled;
  readonly agreement?: Sampled;
  readonly relativeError?: Sampled;
  /** Share of next tokens that the largest output names; `n` counts sequences. */
  readonly nextToken?: Sampled;
  /** Next tokens that were scored, with `nextToken`. */
  readonly tokens?: number;
  readonly drop: Estimate;
  /** Samples, or next tokens, whose top class differs from fp32's; absent where outputs are compared by their values. */
  readonly flips?: number;
  /**
   * McNemar counts: right in fp32 and wrong here (`lost`), and the reverse (`gained`); with class labels only.
   * `p` is two-sided, exact mid-p; see `mcNemarP`.
   */
  readonly discordant?: { readonly lost: number; readonly gained: number; readonly p?: number };
  /** Further metrics of the same samples that fit the labels. */
  readonly metrics?: FurtherMetrics;
  /** How far the outputs are from fp32's, whatever the labels say. */
  readonly divergence?: DivergenceResult;
  /** The flips by class: fp32 said `from`, this says `to`; most frequent first, at most 20. */
  readonly confusion?: readonly ConfusedPair[];
  /** Whether the drop's interval answers the question that was asked of it ("drop < 1%"), and else how many samples would. */
  readonly resolution?: Resolution;
  /** The evaluation ended early, by a rule that was declared before it began; all figures are of the first `after` samples. */
  readonly stopped?: { readonly after: number; readonly of: number; readonly reason: string };
  /** Sentences that belong beside the figures: classes that the test split lacks, what could not be computed. */
  readonly remarks?: readonly string[];
}

/**
 * top5 and macro_f1 with class labels; rmse and r2 with real values; perplexity where outputs are distributions;
 * perplexity_increase with next tokens: perplexity over fp32's, minus 1, paired.
 */
export type FurtherMetric = "top5" | "macro_f1" | "rmse" | "r2" | "perplexity" | "perplexity_increase";

export type FurtherMetrics = Readonly<Partial<Record<FurtherMetric, Sampled>>>;

export interface ConfusedPair {
  readonly from: string;
  readonly to: string;
  readonly count: number;
}

/** What a comparison needs beside the scores. */
export interface ComparisonOptions {
  /** Of every bootstrap. */
  readonly seed: number;
  /** Where a declared rule ended the evaluation. */
  readonly stopped?: AccuracyResult["stopped"];
  /** Only the accuracy, its drop and the flips: what a diagnosis of many layers asks for. */
  readonly dropOnly?: boolean;
}

/**
 * The accuracy of a trial beside fp32 on the same samples.
 *
 * Intervals, all 95%: `top1`, `agreement`, `top5` and `sameTop` Wilson's score interval; the drop of `top1` Tango's score
 * interval of paired proportions (it stays honest when few samples flip); the drop of `agreement` Wilson's of the flips; all
 * of next tokens a bootstrap over sequences, see {@link compareTokens};
 * `macro_f1` Wilson's with an effective sample size; the others a studentized bootstrap over samples, seeded; that of
 * `relativeError` and its drop ends at 0.
 * @param trial and baseline: scores of the same samples in the same order
 */
export function compareAccuracy(trial: Scores, baseline: Scores, options: ComparisonOptions): AccuracyResult {
  checkPair(trial, baseline);
  if (trial.tokens && baseline.tokens) return compareSequences(trial, trial.tokens, baseline.tokens, options);
  const basic = compareBasic(trial, baseline, options.seed);
  const { stopped } = options;
  if (options.dropOnly) return { ...basic, ...(stopped ? { stopped } : {}) };
  const { metrics, remarks } = furtherMetrics(trial, options.seed);
  const n = samplesOf(trial);
  const divergence = summarizeDivergence(trial.divergence, basic.flips, n, options.seed);
  const confusion = basic.flips ? confusedPairs(trial, baseline) : [];
  if (basic.mae?.narrow || basic.relativeError?.narrow) remarks.push(FEW_DECIDE);
  if ((basic.relativeError?.n ?? n) === 1) remarks.push(ONE_SAMPLE);
  return {
    ...basic,
    ...(Object.keys(metrics).length > 0 ? { metrics } : {}),
    ...(Object.keys(divergence).length > 0 ? { divergence } : {}),
    ...(confusion.length > 0 ? { confusion } : {}),
    ...(stopped ? { stopped } : {}),
    ...(remarks.length > 0 ? { remarks } : {}),
  };
}

/** Of next tokens: all intervals are of sequences. */
function compareSequences(
  { divergence }: Scores,
  tokens: TokenScores,
  baseline: TokenScores,
  { seed, stopped, dropOnly }: ComparisonOptions,
): AccuracyResult {
  const compared = compareTokens(tokens, baseline, seed);
  const { nextToken, drop, flips } = compared;
  if (compared.tokens === 0) fail("no-test-samples", {});
  const basic = { nextToken, tokens: compared.tokens, drop, flips, ...(stopped ? { stopped } : {}) };
  if (dropOnly) return basic;
  const { kl, cosine } = summarizeDivergence(divergence, undefined, tokens.scored.length, seed);
  const alone = tokens.scored.length === 1;
  return {
    ...basic,
    metrics: { perplexity: compared.perplexity, perplexity_increase: compared.perplexityIncrease },
    divergence: { sameTop: compared.sameTop, ...(kl ? { kl } : {}), ...(cosine ? { cosine } : {}) },
    ...(alone ? { remarks: [ONE_SAMPLE] } : {}),
  };
}

const ONE_SAMPLE = "one test sample says nothing of the spread: means are given without an interval";

const FEW_DECIDE =
  "a few samples decide the mean error: its 95% interval may be too narrow, and holds the truth about 9 times in 10";

function compareBasic(trial: Scores, baseline: Scores, seed: number): AccuracyResult {
  switch (trial.metric) {
    case "mae":
      return compareErrors(trial, baseline, seed);
    case "relative_error":
      return compareRelativeErrors(trial, baseline, seed);
    default:
      return compareShares(trial, baseline);
  }
}

function compareShares(trial: Scores, baseline: Scores): AccuracyResult {
  const n = trial.predictions.length;
  const flips = countDifferent(trial.predictions, baseline.predictions);
  if (trial.metric === "agreement") {
    const agreement = { value: (n - flips) / n, ci95: wilson(n - flips, n), n };
    return { agreement, drop: { value: flips / n, ci95: wilson(flips, n) }, flips };
  }
  let right = 0;
  let lost = 0;
  let gained = 0;
  for (let i = 0; i < n; i++) {
    const here = trial.scores[i] as number;
    const there = baseline.scores[i] as number;
    right += here;
    if (there > here) lost++;
    if (here > there) gained++;
  }
  return {
    top1: { value: right / n, ci95: wilson(right, n), n },
    drop: { value: (lost - gained) / n, ci95: pairedDifferenceInterval(lost, gained, n) },
    flips,
    discordant: { lost, gained, p: mcNemarP(lost, gained) },
  };
}

function compareErrors(trial: Scores, baseline: Scores, seed: number): AccuracyResult {
  const worse = trial.scores.map((error, i) => error - (baseline.scores[i] as number));
  const { value, ci95 } = sampledMean(worse, seededRandom(seed));
  return { mae: sampledMean(trial.scores, seededRandom(seed)), drop: { value, ci95 } };
}

/** The baseline is fp32, whose own errors are 0, or another arm of a diagnosis. */
function compareRelativeErrors(trial: Scores, baseline: Scores, seed: number): AccuracyResult {
  const errors = knownScores(trial.scores);
  const own = knownScores(baseline.scores);
  const found = sampledMean(errors, seededRandom(seed));
  const relativeError = { ...found, ci95: [Math.max(0, found.ci95[0]), found.ci95[1]] } as const;
  const isFloat = own.every((error) => error === 0);
  const { value, ci95 } = isFloat
    ? relativeError
    : sampledMean(
        errors.map((error, i) => error - (own[i] as number)),
        seededRandom(seed),
      );
  return { relativeError, drop: { value, ci95 } };
}

function furtherMetrics({ classes, errors, predictions }: Scores, seed: number) {
  if (errors) {
    const remarks = "absent" in errors.r2 ? [errors.r2.absent] : [];
    return { metrics: regressionMetrics(errors, seed), remarks };
  }
  if (!classes) return { metrics: {}, remarks: [] };
  const { labels, names, inTop5, logLoss } = classes;
  const numbered = numberedClasses(classes);
  const { estimate, absent } = macroF1(labels, predictions, names.length);
  const metrics: FurtherMetrics = {
    ...(inTop5 ? { top5: shareOf(inTop5) } : {}),
    macro_f1: estimate,
    ...(logLoss ? { perplexity: perplexity(logLoss, seed) } : {}),
  };
  const left = absent.length > 0 ? [absentClasses(absent.map((c) => names[c] ?? String(c)))] : [];
  return { metrics, remarks: [...(numbered ? [numbered] : []), ...left] };
}

function shareOf(hits: Float64Array): Sampled {
  const n = hits.length;
  const count = Math.round(mean(hits) * n);
  return { value: count / n, ci95: wilson(count, n), n };
}

/** exp of the mean negative log-likelihood of the label; the interval is exp of the mean's. */
function perplexity(logLoss: Float64Array, seed: number): Sampled {
  const { value, ci95, ...told } = sampledMean(logLoss, seededRandom(seed));
  const [low, high] = [Math.exp(Math.max(0, ci95[0])), Math.exp(Math.min(MOST_LOSS, ci95[1]))];
  return { value: Math.exp(value), ci95: [low, high], ...told };
}

/** Past the largest loss of a sample; only Student's interval of a few samples reaches it. */
const MOST_LOSS = 16;

/**
 * Fewer classes than outputs, and names that are not their numbers: which output a class belongs to was decided by the
 * order of the names alone, and is wrong where a class of the model is missing.
 */
function numberedClasses({ names, outputs }: ClassScores): string | undefined {
  const first = names.findIndex((name, i) => name !== String(i));
  if (outputs <= names.length || first < 0 || outputs === 1) return undefined;
  const classes = names.length === 1 ? "1 class" : `${names.length} classes`;
  return `the labels have ${classes} and the model ${outputs} outputs; label ${names[first]} is taken for output ${first}, unless the data says all \`classes\` in the model's order`;
}

function absentClasses(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(", ");
  const more = names.length > 5 ? ` and ${names.length - 5} more` : "";
  const what = names.length === 1 ? "no sample of class" : "no samples of classes";
  return `the test split has ${what} ${shown}${more}; macro F1 leaves ${names.length === 1 ? "it" : "them"} out`;
}

/** Pairs of classes that are listed. */
const MOST_PAIRS = 20;

/** Pairs of equal counts in the order of the classes. */
function confusedPairs(trial: Scores, baseline: Scores): readonly ConfusedPair[] {
  const counts = new Map<string, { from: number; to: number; count: number }>();
  for (let i = 0; i < trial.predictions.length; i++) {
    const [from, to] = [baseline.predictions[i] as number, trial.predictions[i] as number];
    if (from === to) continue;
    const pair = counts.get(`${from} ${to}`) ?? { from, to, count: 0 };
    counts.set(`${from} ${to}`, { from, to, count: pair.count + 1 });
  }
  const name = (predicted: number) => trial.classes?.names[predicted] ?? String(predicted);
  return [...counts.values()]
    .sort((a, b) => b.count - a.count || a.from - b.from || a.to - b.to)
    .slice(0, MOST_PAIRS)
    .map(({ from, to, count }) => ({ from: name(from), to: name(to), count }));
}

function countDifferent(a: Int32Array, b: Int32Array): number {
  let different = 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) different++;
  return different;
}

function checkPair(trial: Scores, baseline: Scores): void {
  const sizes = [trial.predictions.length - baseline.predictions.length, trial.scores.length - baseline.scores.length];
  if (trial.metric !== baseline.metric || sizes.some((difference) => difference !== 0)) {
    throw new Error("accuracy: the trial and the baseline were not scored on the same samples");
  }
  if (samplesOf(trial) === 0) fail("no-test-samples", {});
}

function samplesOf({ predictions, scores }: Scores): number {
  return Math.max(predictions.length, scores.length);
}
