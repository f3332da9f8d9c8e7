import { fail } from "../base/diagnostic.js";
import { cosineOf, type DistributionKind, divergenceOf, LEAST_PROBABILITY, readDistribution } from "./distribution.js";
import type { SampleDivergence } from "./divergence.js";
import { type KeptOutputs, keptStart } from "./kept-outputs.js";

/**
 * What a language model said of the next tokens of each sequence. Tokens of one sequence depend on each other, so the
 * sequence is the sample: figures are kept by sequence, and intervals come from resampling sequences.
 */
export interface TokenScores {
  /** Positions of one sequence. */
  readonly positions: number;
  /** The token with the largest output at each position, [sequences, positions]; -1 where none is scored. */
  readonly predictions: Int32Array;
  /** Positions of each sequence that have a next token. */
  readonly scored: Float64Array;
  /** How many of them the largest output names rightly. */
  readonly right: Float64Array;
  /** Sum of -ln p(next token) over them, nats; each at most 15.9. */
  readonly logLoss: Float64Array;
}

/** The next tokens of a data set: [samples, width], -1 where a position has none. */
export interface NextTokens {
  readonly values: Int32Array;
  readonly width: number;
  /** Size of the vocabulary. */
  readonly classes: number;
}

/** Takes the outputs of a language model, [rows, positions, vocabulary], row by row. */
export interface TokenScorer {
  /** @param start where the row begins in `output`; @param sample its index in the data set */
  add(output: Float32Array, start: number, sample: number): void;
  /** Share of right next tokens of the `place`-th sequence that was added. */
  shareAt(place: number): number;
  finish(): TokenScores;
}

/**
 * Starts scoring sequences. An output of `width` values is [positions, vocabulary]; the vocabulary may be larger than the
 * data's, never smaller.
 * @throws DiagnosticError `output-width` when the outputs are no such table, `prediction-not-finite` from `add`
 */
export function startTokens(next: NextTokens, width: number, kind: DistributionKind | undefined): TokenScorer {
  const { width: positions, classes } = next;
  const vocabulary = width / positions;
  if (!Number.isInteger(vocabulary) || vocabulary < classes) {
    fail("output-width", { width, labels: "tokens", expected: positions * classes });
  }
  const distribution = new Float64Array(vocabulary);
  const predictions: number[] = [];
  const scored: number[] = [];
  const right: number[] = [];
  const logLoss: number[] = [];
  return {
    add(output, start, sample) {
      let [count, hits, loss] = [0, 0, 0];
      for (let position = 0; position < positions; position++) {
        const token = next.values[sample * positions + position] as number;
        if (token < 0) {
          predictions.push(-1);
          continue;
        }
        const at = start + position * vocabulary;
        const predicted = largestFinite(output, at, vocabulary, sample);
        predictions.push(predicted);
        count++;
        if (predicted === token) hits++;
        loss += lossOf(readDistribution(output, at, kind ?? "logits", distribution)[token] as number);
      }
      scored.push(count);
      right.push(hits);
      logLoss.push(loss);
    },
    shareAt: (place) => shareOf(right[place] ?? 0, scored[place] ?? 0),
    finish: () => ({
      positions,
      predictions: Int32Array.from(predictions),
      scored: Float64Array.from(scored),
      right: Float64Array.from(right),
      logLoss: Float64Array.from(logLoss),
    }),
  };
}

/** -ln p, nats; not -0 where p is 1. */
function lossOf(p: number): number {
  return Math.abs(Math.log(Math.min(1, Math.max(LEAST_PROBABILITY, p))));
}

/** A share; 0 of nothing. */
export function shareOf(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

/** Index of the largest value, the lowest of equal ones. */
function largestFinite(output: Float32Array, start: number, width: number, sample: number): number {
  let best = 0;
  for (let i = 0; i < width; i++) {
    const value = output[start + i] as number;
    if (Number.isNaN(value)) fail("prediction-not-finite", { sample, value: "NaN" });
    if (value > (output[start + best] as number)) best = i;
  }
  return best;
}

/**
 * Compares sequences with fp32's as they come: mean divergence and mean cosine over the positions of each, so that the
 * figures are, like all others, of sequences.
 * @param reference fp32's outputs, rows of [positions, vocabulary]
 */
export function startTokenDivergence(
  reference: KeptOutputs,
  positions: number,
): { add(output: Float32Array, start: number, position: number): void; finish(): SampleDivergence } {
  const vocabulary = reference.width / positions;
  const kind = reference.kind ?? "logits";
  const [p, q] = [new Float64Array(vocabulary), new Float64Array(vocabulary)];
  const kl: number[] = [];
  const cosine: number[] = [];
  return {
    add(output, start, position) {
      const kept = keptStart(reference, position);
      if (kept === undefined) return;
      let [divergence, cosines] = [0, 0];
      for (let at = 0; at < reference.width; at += vocabulary) {
        readDistribution(reference.data, kept + at, kind, p);
        divergence += divergenceOf(p, readDistribution(output, start + at, kind, q));
        cosines += cosineOf(reference.data, kept + at, output, start + at, vocabulary);
      }
      kl.push(divergence / positions);
      cosine.push(cosines / positions);
    },
    finish: () => ({
      ...(kl.length > 0 ? { kl: Float64Array.from(kl) } : {}),
      ...(cosine.length > 0 ? { cosine: Float64Array.from(cosine) } : {}),
    }),
  };
}

/** The scores of the sequences at some places, in that order. */
export function tokensInOrder(tokens: TokenScores, places: ArrayLike<number>): TokenScores {
  const { positions } = tokens;
  const pick = (from: Float64Array) =>
    Float64Array.from({ length: places.length }, (_, i) => from[places[i] ?? 0] ?? 0);
  const predictions = new Int32Array(places.length * positions);
  for (let i = 0; i < places.length; i++) {
    const from = (places[i] as number) * positions;
    predictions.set(tokens.predictions.subarray(from, from + positions), i * positions);
  }
  return {
    positions,
    predictions,
    scored: pick(tokens.scored),
    right: pick(tokens.right),
    logLoss: pick(tokens.logLoss),
  };
}
