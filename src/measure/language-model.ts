import { seededRandom } from "../base/random.js";
import { LEAST_PROBABILITY } from "./distribution.js";
import { type Estimate, type Sampled, sampledMean } from "./statistics.js";
import { shareOf, type TokenScores } from "./token-scores.js";

/** A language model beside fp32 on the same sequences. */
export interface TokenComparison {
  /** Share of the next tokens that the largest output names. */
  readonly nextToken: Sampled;
  /** fp32's share minus this, paired by sequence. */
  readonly drop: Estimate;
  /** Positions whose largest output is not fp32's. */
  readonly flips: number;
  /** Share of positions whose largest output is fp32's. */
  readonly sameTop: Sampled;
  readonly perplexity: Sampled;
  /** Perplexity over fp32's, minus 1: positive when worse. */
  readonly perplexityIncrease: Sampled;
  /** Next tokens that were scored, of all sequences. */
  readonly tokens: number;
}

/**
 * Compares next tokens. Perplexity is exp of the mean negative log-likelihood of all tokens, natural logarithm; its
 * increase is exp of the mean paired difference of that likelihood, minus 1. `n` counts sequences.
 *
 * Intervals, all 95%, are studentized bootstraps over sequences, seeded: tokens of one sequence share a text, so
 * resampling tokens would give intervals that are too narrow. Sequences of unlike length count by their tokens.
 * @param trial and baseline: scores of the same sequences in the same order, with at least one scored token
 */
export function compareTokens(trial: TokenScores, baseline: TokenScores, seed: number): TokenComparison {
  const tokens = sum(trial.scored);
  const sequences = trial.scored.length;
  /** Values of sequences whose plain mean is the mean over all tokens. */
  const perToken = (of: (sequence: number) => number) =>
    Float64Array.from({ length: sequences }, (_, i) => (of(i) * sequences) / Math.max(1, tokens));
  const estimate = (values: Float64Array) => sampledMean(values, seededRandom(seed));
  const same = sameTops(trial, baseline);
  const drop = estimate(perToken((i) => at(baseline.right, i) - at(trial.right, i)));
  return {
    nextToken: held(estimate(perToken((i) => at(trial.right, i)))),
    drop: { value: drop.value, ci95: drop.ci95 },
    flips: tokens - sum(same),
    sameTop: held(estimate(perToken((i) => at(same, i)))),
    perplexity: exponential(estimate(perToken((i) => at(trial.logLoss, i))), 0),
    perplexityIncrease: less1(
      exponential(estimate(perToken((i) => at(trial.logLoss, i) - at(baseline.logLoss, i))), -MOST_LOSS),
    ),
    tokens,
  };
}

/** The share of right next tokens of each sequence. */
export function sharesOf({ right, scored }: TokenScores): Float64Array {
  return right.map((count, i) => shareOf(count, at(scored, i)));
}

/** Positions of each sequence whose largest output is the same in both. */
function sameTops({ positions, predictions, scored }: TokenScores, other: TokenScores): Float64Array {
  return scored.map((_, sequence) => {
    let same = 0;
    for (let i = sequence * positions; i < (sequence + 1) * positions; i++) {
      const token = predictions[i] as number;
      if (token >= 0 && token === other.predictions[i]) same++;
    }
    return same;
  });
}

/** Largest loss of a token, nats. */
const MOST_LOSS = -Math.log(LEAST_PROBABILITY);

/** exp of a mean of losses, with exp of its interval; held inside what a mean of losses can be. */
function exponential({ value, ci95, ...told }: Sampled, least: number): Sampled {
  const [low, high] = [Math.exp(Math.max(least, ci95[0])), Math.exp(Math.min(MOST_LOSS, ci95[1]))];
  return { value: Math.exp(value), ci95: [low, high], ...told };
}

function less1({ value, ci95: [low, high], ...told }: Sampled): Sampled {
  return { value: value - 1, ci95: [low - 1, high - 1], ...told };
}

/** A share's interval inside 0..1. */
function held({ value, ci95: [low, high], ...told }: Sampled): Sampled {
  return { value, ci95: [Math.max(0, low), Math.min(1, high)], ...told };
}

function at(values: Float64Array, index: number): number {
  return values[index] as number;
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
