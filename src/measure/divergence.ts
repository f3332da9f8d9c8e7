import { type Random, seededRandom } from "../base/random.js";
import { cosineOf, divergenceOf, LEAST_PROBABILITY, readDistribution } from "./distribution.js";
import { type KeptOutputs, keptStart } from "./kept-outputs.js";
import { type Sampled, sampledMean, wilson } from "./statistics.js";

/** How far the outputs are from fp32's, whatever the labels say. */
export interface DivergenceResult {
  /** Share of samples whose top class is fp32's. */
  readonly sameTop?: Sampled;
  /**
   * Mean Kullback-Leibler divergence D(fp32 || this) of the output distributions, nats a sample; where the outputs are
   * distributions, or logits with class labels.
   */
  readonly kl?: Sampled;
  /** Mean cosine similarity of the output vectors, -1..1; of more than one output. */
  readonly cosine?: Sampled;
}

/** Divergence of each sample whose fp32 outputs were kept. */
export interface SampleDivergence {
  readonly kl?: Float64Array;
  readonly cosine?: Float64Array;
}

/** Compares rows with fp32's as they come; keeps two numbers a sample. */
export function startDivergence(reference: KeptOutputs): {
  add(output: Float32Array, start: number, position: number): void;
  finish(): SampleDivergence;
} {
  const { width, kind, data } = reference;
  const [p, q] = [new Float64Array(Math.max(2, width)), new Float64Array(Math.max(2, width))];
  const kl: number[] = [];
  const cosine: number[] = [];
  return {
    add(output, start, position) {
      const kept = keptStart(reference, position);
      if (kept === undefined) return;
      if (width > 1) cosine.push(cosineOf(data, kept, output, start, width));
      if (!kind) return;
      kl.push(divergenceOf(readDistribution(data, kept, kind, p), readDistribution(output, start, kind, q)));
    },
    finish: () => ({
      ...(kl.length > 0 ? { kl: Float64Array.from(kl) } : {}),
      ...(cosine.length > 0 ? { cosine: Float64Array.from(cosine) } : {}),
    }),
  };
}

/**
 * Means over the samples with 95% intervals: `kl` and `cosine` a studentized bootstrap, held inside what they can be;
 * `sameTop` Wilson's.
 * @param flips samples whose prediction differs from fp32's, of `n`; undefined where there are no predictions
 */
export function summarizeDivergence(
  samples: SampleDivergence | undefined,
  flips: number | undefined,
  n: number,
  seed: number,
): DivergenceResult {
  const { kl, cosine } = samples ?? {};
  return {
    ...(flips === undefined ? {} : { sameTop: { value: (n - flips) / n, ci95: wilson(n - flips, n), n } }),
    ...(kl ? { kl: bounded(kl, [0, -Math.log(LEAST_PROBABILITY)], seededRandom(seed)) } : {}),
    ...(cosine ? { cosine: bounded(cosine, [-1, 1], seededRandom(seed)) } : {}),
  };
}

/** A mean of values that lie in `low`..`high`. */
function bounded(values: Float64Array, [low, high]: readonly [number, number], random: Random): Sampled {
  const { value, ci95, ...told } = sampledMean(values, random);
  return { value, ci95: [Math.max(low, ci95[0]), Math.min(high, ci95[1])], ...told };
}
