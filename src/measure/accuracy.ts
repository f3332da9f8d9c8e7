import { fail } from "../base/diagnostic.js";
import { seededRandom } from "../base/random.js";
import type { Labels } from "../datasets/dataset.js";
import { bootstrapMeanInterval, type Estimate, mean, pairedDifferenceInterval, wilson } from "./statistics.js";

/**
 * Accuracy on the test split. With class labels `top1`; with real-valued labels `mae`; without labels
 * `agreement`: the share of samples whose top output (or, with one output, whose rounded value) equals fp32's.
 * `drop` is fp32 minus this, in the metric's unit, positive when worse; paired over the same samples.
 */
export interface AccuracyResult {
  readonly top1?: Sampled;
  readonly mae?: Sampled;
  readonly agreement?: Sampled;
  readonly drop: Estimate;
  /** Samples whose top class differs from fp32's; absent for real-valued outputs. */
  readonly flips?: number;
  /** McNemar counts: right in fp32 and wrong here (`lost`), and the reverse (`gained`); with class labels only. */
  readonly discordant?: { readonly lost: number; readonly gained: number; readonly p?: number };
  /** Further metrics of the same samples that fit the labels. */
  readonly metrics?: Readonly<Partial<Record<FurtherMetric, Sampled>>>;
  /** How far the outputs are from fp32's, whatever the labels say. */
  readonly divergence?: DivergenceResult;
  /** The flips by class: fp32 said `from`, this says `to`; most frequent first. */
  readonly confusion?: readonly { readonly from: string; readonly to: string; readonly count: number }[];
  /** Whether the drop's interval answers the question that was asked of it ("drop < 1%"), and else how many samples would. */
  readonly resolution?: { readonly question: string; readonly resolved: boolean; readonly needed?: number };
  /** The evaluation ended early, by a rule that was declared before it began. */
  readonly stopped?: { readonly after: number; readonly of: number; readonly reason: string };
}

/** An estimate over `n` test samples. */
export interface Sampled extends Estimate {
  readonly n: number;
}

/** top5 and macro_f1 with class labels; rmse and r2 with real values; perplexity where outputs are distributions. */
export type FurtherMetric = "top5" | "macro_f1" | "rmse" | "r2" | "perplexity";

export interface DivergenceResult {
  /** Share of samples whose top class is fp32's. */
  readonly sameTop?: Sampled;
  /** Mean Kullback-Leibler divergence D(fp32 || this) of the output distributions, nats a sample. */
  readonly kl?: Sampled;
  /** Mean cosine similarity of the output vectors, -1..1. */
  readonly cosine?: Sampled;
}

export type AccuracyMetric = "top1" | "mae" | "agreement";

/** What one model said about each sample of the test split, in the order the batches came; plain data. */
export interface Scores {
  readonly metric: AccuracyMetric;
  /** Index of the largest output (the lowest index of equal ones); one rounded value for a single output; empty for mae. */
  readonly predictions: Int32Array;
  /** top1: 1 when right, else 0. mae: mean absolute error of the sample. agreement: empty. */
  readonly scores: Float64Array;
}

/** Takes the outputs of a model batch by batch and keeps one prediction and one score a sample. */
export interface Scorer {
  /**
   * @param output  one row a sample, row-major: [indices.length, width]
   * @param indices the samples' indices in the data set, to find their labels
   */
  add(output: Float32Array, indices: ArrayLike<number>): void;
  finish(): Scores;
}

/**
 * Starts scoring outputs of `width` values a sample against `labels`.
 * Class labels: the class is the largest output; one output is a probability, above 0.5 for class 1 (as Keras' binary accuracy).
 * @throws DiagnosticError `output-width` when outputs and labels do not fit, `prediction-not-finite` from `add`.
 */
export function startScoring(labels: Labels | undefined, width: number): Scorer {
  if (labels === undefined) return predictionScorer("agreement", width, width === 1 ? rounded : largest);
  if (labels.kind === "value") return errorScorer(labels.values, labels.width, width);
  const classes = labels.classes.length;
  if (width === 1 && classes === 2) return predictionScorer("top1", width, aboveHalf, labels.values);
  if (width < classes || width === 1) fail("output-width", { width, labels: "class", expected: classes });
  return predictionScorer("top1", width, largest, labels.values);
}

type Predict = (output: Float32Array, start: number, width: number) => number;

/** Index of the largest value; the lowest index of equal ones. */
const largest: Predict = (output, start, width) => {
  let best = 0;
  for (let i = 1; i < width; i++) {
    if ((output[start + i] as number) > (output[start + best] as number)) best = i;
  }
  return best;
};

const aboveHalf: Predict = (output, start) => ((output[start] as number) > 0.5 ? 1 : 0);

/** Nearest integer, held inside int32. */
const rounded: Predict = (output, start) =>
  Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.round(output[start] as number)));

function predictionScorer(metric: "top1" | "agreement", width: number, predict: Predict, labels?: Int32Array): Scorer {
  const predictions: number[] = [];
  const scores: number[] = [];
  return {
    add(output, indices) {
      checkRows(output, indices.length, width);
      for (let row = 0; row < indices.length; row++) {
        refuseNaN(output, row, width, indices[row] as number);
        const predicted = predict(output, row * width, width);
        predictions.push(predicted);
        if (labels) scores.push(predicted === labels[indices[row] as number] ? 1 : 0);
      }
    },
    finish: () => ({ metric, predictions: Int32Array.from(predictions), scores: Float64Array.from(scores) }),
  };
}

function errorScorer(labels: Float32Array, labelWidth: number, width: number): Scorer {
  if (width !== labelWidth) fail("output-width", { width, labels: "value", expected: labelWidth });
  const scores: number[] = [];
  return {
    add(output, indices) {
      checkRows(output, indices.length, width);
      for (let row = 0; row < indices.length; row++) {
        const sample = indices[row] as number;
        let sum = 0;
        for (let i = 0; i < width; i++) {
          const value = output[row * width + i] as number;
          if (!Number.isFinite(value)) fail("prediction-not-finite", { sample, value: String(value) });
          sum += Math.abs(value - (labels[sample * width + i] as number));
        }
        scores.push(sum / width);
      }
    },
    finish: () => ({ metric: "mae", predictions: new Int32Array(0), scores: Float64Array.from(scores) }),
  };
}

function checkRows(output: Float32Array, rows: number, width: number): void {
  if (output.length !== rows * width) {
    throw new Error(`accuracy: ${output.length} outputs are not ${rows} rows of ${width}`);
  }
}

/** An infinite output still has a largest class (log of a probability of 0); NaN has none. */
function refuseNaN(output: Float32Array, row: number, width: number, sample: number): void {
  for (let i = row * width; i < (row + 1) * width; i++) {
    if (Number.isNaN(output[i])) fail("prediction-not-finite", { sample, value: "NaN" });
  }
}

/**
 * The accuracy of a trial beside fp32 on the same samples.
 *
 * Intervals, all 95%: `top1` and `agreement` Wilson's score interval; the drop of `top1` Tango's score interval of paired
 * proportions (it stays honest when few samples flip); the drop of `agreement` Wilson's of the flips; `mae` and its drop
 * a studentized bootstrap over samples, seeded.
 * @param trial and baseline: scores of the same samples in the same order
 */
export function compareAccuracy(trial: Scores, baseline: Scores, options: { readonly seed: number }): AccuracyResult {
  checkPair(trial, baseline);
  if (trial.metric === "mae") return compareErrors(trial.scores, baseline.scores, options.seed);
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
  const drop = { value: (lost - gained) / n, ci95: pairedDifferenceInterval(lost, gained, n) };
  return { top1: { value: right / n, ci95: wilson(right, n), n }, drop, flips, discordant: { lost, gained } };
}

function compareErrors(trial: Float64Array, baseline: Float64Array, seed: number): AccuracyResult {
  const worse = trial.map((error, i) => error - (baseline[i] as number));
  return {
    mae: { ...bootstrapEstimate(trial, seed), n: trial.length },
    drop: bootstrapEstimate(worse, seed),
  };
}

function bootstrapEstimate(values: Float64Array, seed: number): Estimate {
  const value = mean(values);
  const [low, high] = bootstrapMeanInterval(values, seededRandom(seed));
  return { value, ci95: [Math.min(low, value), Math.max(high, value)] };
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
  if (Math.max(trial.predictions.length, trial.scores.length) === 0) fail("no-test-samples", {});
}
