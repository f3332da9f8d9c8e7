import { fail } from "../base/diagnostic.js";
import type { Labels } from "../datasets/dataset.js";
import type { AccuracyMetric } from "./accuracy-metric.js";
import { type DistributionKind, LEAST_PROBABILITY, readDistribution } from "./distribution.js";
import { type SampleDivergence, startDivergence } from "./divergence.js";
import { type KeptOutputs, keptStart } from "./kept-outputs.js";
import { sharesOf } from "./language-model.js";
import { type ErrorScores, startErrors } from "./regression.js";
import { relativeErrorOf } from "./relative-error.js";
import { type NextTokens, startTokenDivergence, startTokens, type TokenScores, tokensInOrder } from "./token-scores.js";

/** What one model said about each sample of the test split, in the order the batches came; plain data. */
export interface Scores {
  readonly metric: AccuracyMetric;
  /**
   * Index of the largest output (the lowest index of equal ones); empty for mae and relative_error, and for next_token,
   * whose predictions are of positions.
   */
  readonly predictions: Int32Array;
  /**
   * top1: 1 when right, else 0. mae: mean absolute error of the sample. next_token: share of its positions. agreement: empty.
   * relative_error: see {@link relativeErrorOf}; NaN for samples whose fp32 outputs were too many to keep.
   */
  readonly scores: Float64Array;
  /** With class labels: what further metrics are made of, sample by sample. */
  readonly classes?: ClassScores;
  /** With real-valued labels. */
  readonly errors?: ErrorScores;
  /** With next tokens as labels. */
  readonly tokens?: TokenScores;
  /** Where the outputs were compared with fp32's. */
  readonly divergence?: SampleDivergence;
}

export interface ClassScores {
  readonly labels: Int32Array;
  /** Names of the classes. */
  readonly names: readonly string[];
  /** Values of one output row. */
  readonly outputs: number;
  /** 1 where fewer than five outputs are before the label's; of at least six classes. */
  readonly inTop5?: Float64Array;
  /** -ln p(label), nats, at most 15.9; where the outputs are distributions. */
  readonly logLoss?: Float64Array;
}

/** Takes the outputs of a model batch by batch and keeps a few numbers a sample. */
export interface Scorer {
  /**
   * @param output    one row a sample, row-major: [indices.length, width]
   * @param indices   the samples' indices in the data set, to find their labels
   * @param positions the samples' places in the test split, to find fp32's outputs; those after the last ones unless given
   */
  add(output: Float32Array, indices: ArrayLike<number>, positions?: ArrayLike<number>): void;
  /** What was said of the `place`-th sample that was added; of real values only the score. */
  at(place: number): { readonly prediction: number; readonly score: number };
  finish(): Scores;
}

export interface ScoringOptions {
  /** How the outputs are read as distributions; see `distributionKind`. */
  readonly kind?: DistributionKind | undefined;
  /** fp32's outputs, to measure how far these are from them; without labels and `kind` they must be there, for fp32 its own. */
  readonly reference?: KeptOutputs | undefined;
}

/**
 * Starts scoring outputs of `width` values a sample against `labels`.
 * Class labels: the class is the largest output; one output is a probability, above 0.5 for class 1 (as Keras' binary accuracy).
 * @throws DiagnosticError `output-width` when outputs and labels do not fit, `prediction-not-finite` from `add`.
 */
export function startScoring(labels: Labels | undefined, width: number, options: ScoringOptions = {}): Scorer {
  const scorer = scorerOf(labels, width, options);
  if (!options.reference) return scorer;
  const divergence =
    labels?.kind === "tokens"
      ? startTokenDivergence(options.reference, labels.width)
      : startDivergence(options.reference);
  let next = 0;
  return {
    add(output, indices, positions) {
      scorer.add(output, indices, positions);
      for (let row = 0; row < indices.length; row++) divergence.add(output, row * width, positions?.[row] ?? next++);
    },
    at: scorer.at,
    finish: () => ({ ...scorer.finish(), divergence: divergence.finish() }),
  };
}

function scorerOf(labels: Labels | undefined, width: number, { kind, reference }: ScoringOptions): Scorer {
  if (labels === undefined) {
    return kind === undefined ? relativeScorer(width, reference) : predictionScorer("agreement", width, largest);
  }
  if (labels.kind === "value") return errorScorer(labels.values, labels.width, width);
  if (labels.kind === "tokens") return tokenScorer(labels, width, kind);
  const classes = labels.classes.length;
  const binary = width === 1 && classes === 2;
  if (!binary && (width < classes || width === 1)) fail("output-width", { width, labels: "class", expected: classes });
  const predict = binary ? aboveHalf : largest;
  return predictionScorer("top1", width, predict, classScorer(labels.values, labels.classes, width, kind));
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

function predictionScorer(
  metric: "top1" | "agreement",
  width: number,
  predict: Predict,
  classes?: ReturnType<typeof classScorer>,
): Scorer {
  const predictions: number[] = [];
  const scores: number[] = [];
  return {
    add(output, indices) {
      checkRows(output, indices.length, width);
      for (let row = 0; row < indices.length; row++) {
        const sample = indices[row] as number;
        refuseNaN(output, row, width, sample);
        const predicted = predict(output, row * width, width);
        predictions.push(predicted);
        if (classes) scores.push(predicted === classes.add(output, row * width, sample) ? 1 : 0);
      }
    },
    at: (place) => ({ prediction: predictions[place] as number, score: scores[place] ?? 0 }),
    finish: () => ({
      metric,
      predictions: Int32Array.from(predictions),
      scores: Float64Array.from(scores),
      ...(classes ? { classes: classes.finish() } : {}),
    }),
  };
}

/** Fewer classes than this are all among the top five, or all but one. */
const LEAST_CLASSES_OF_TOP5 = 6;

/** What class labels say of one row at a time. */
function classScorer(
  values: Int32Array,
  names: readonly string[],
  width: number,
  kind: DistributionKind | undefined,
): { add(output: Float32Array, start: number, sample: number): number; finish(): ClassScores } {
  const labels: number[] = [];
  const inTop5: number[] = [];
  const logLoss: number[] = [];
  const distribution = new Float64Array(Math.max(2, width));
  const hasTop5 = names.length >= LEAST_CLASSES_OF_TOP5;
  return {
    add(output, start, sample) {
      const label = values[sample] as number;
      labels.push(label);
      if (hasTop5) inTop5.push(before(output, start, width, label) < 5 ? 1 : 0);
      if (kind) {
        const p = readDistribution(output, start, kind, distribution)[label] as number;
        // Not -0 where p is 1.
        logLoss.push(Math.abs(Math.log(Math.min(1, Math.max(LEAST_PROBABILITY, p)))));
      }
      return label;
    },
    finish: () => ({
      labels: Int32Array.from(labels),
      names,
      outputs: width,
      ...(hasTop5 ? { inTop5: Float64Array.from(inTop5) } : {}),
      ...(kind ? { logLoss: Float64Array.from(logLoss) } : {}),
    }),
  };
}

/** How many outputs come before one: larger, or equal at a lower index, so that rank 0 is the predicted class. */
function before(output: Float32Array, start: number, width: number, label: number): number {
  const own = output[start + label] as number;
  let count = 0;
  for (let i = 0; i < width; i++) {
    const other = output[start + i] as number;
    if (other > own || (other === own && i < label)) count++;
  }
  return count;
}

function errorScorer(labels: Float32Array, labelWidth: number, width: number): Scorer {
  if (width !== labelWidth) fail("output-width", { width, labels: "value", expected: labelWidth });
  const scores: number[] = [];
  const errors = startErrors(labels, width);
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
        errors.add(output, row * width, sample);
      }
    },
    at: (place) => ({ prediction: 0, score: scores[place] as number }),
    finish: () => ({
      metric: "mae",
      predictions: new Int32Array(0),
      scores: Float64Array.from(scores),
      errors: errors.finish(),
    }),
  };
}

function relativeScorer(width: number, reference: KeptOutputs | undefined): Scorer {
  if (reference?.width !== width) throw new Error("accuracy: there are no outputs of fp32 to compare with");
  const scores: number[] = [];
  return {
    add(output, indices, positions) {
      checkRows(output, indices.length, width);
      for (let row = 0; row < indices.length; row++) {
        refuseNaN(output, row, width, indices[row] as number);
        const kept = keptStart(reference, positions?.[row] ?? scores.length);
        scores.push(
          kept === undefined ? Number.NaN : relativeErrorOf(reference.data, kept, output, row * width, width),
        );
      }
    },
    at: (place) => ({ prediction: 0, score: scores[place] as number }),
    finish: () => ({
      metric: "relative_error",
      predictions: new Int32Array(0),
      scores: Float64Array.from(scores),
    }),
  };
}

function tokenScorer(next: NextTokens, width: number, kind: DistributionKind | undefined): Scorer {
  const scorer = startTokens(next, width, kind);
  return {
    add(output, indices) {
      checkRows(output, indices.length, width);
      for (let row = 0; row < indices.length; row++) scorer.add(output, row * width, indices[row] as number);
    },
    at: (place) => ({ prediction: 0, score: scorer.shareAt(place) }),
    finish() {
      const tokens = scorer.finish();
      return { metric: "next_token", predictions: new Int32Array(0), scores: sharesOf(tokens), tokens };
    },
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
 * Scores of classes or agreement at some places, in that order. Divergence is kept whole: its samples are fewer, and
 * their order says nothing.
 */
export function scoresInOrder(scores: Scores, places: ArrayLike<number>): Scores {
  const floats = (from: Float64Array) => (from.length === 0 ? from : Float64Array.from(picked(from, places)));
  const { classes, tokens } = scores;
  return {
    ...scores,
    ...(tokens ? { tokens: tokensInOrder(tokens, places) } : {}),
    predictions: tokens ? scores.predictions : Int32Array.from(picked(scores.predictions, places)),
    scores: floats(scores.scores),
    ...(classes
      ? {
          classes: {
            ...classes,
            labels: Int32Array.from(picked(classes.labels, places)),
            ...(classes.inTop5 ? { inTop5: floats(classes.inTop5) } : {}),
            ...(classes.logLoss ? { logLoss: floats(classes.logLoss) } : {}),
          },
        }
      : {}),
  };
}

function picked(from: ArrayLike<number>, places: ArrayLike<number>): number[] {
  return Array.from({ length: places.length }, (_, i) => from[places[i] as number] as number);
}
