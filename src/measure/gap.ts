import type { QuantizedValue } from "../quantize/quantized-values.js";
import { knownScores } from "./relative-error.js";
import type { Scores } from "./scores.js";
import { mean } from "./statistics.js";

/**
 * Simulated minus executed: how far the engine's integer kernels are from the definitions of their operators. Both sides
 * run the whole quantized graph on the same samples of the test split, so a difference that one layer makes and the next
 * ones carry on is in the figures of those too; the first layer above 0 is where it begins.
 */
export interface GapResult {
  /** Accuracy simulated minus executed, in the metric's own unit: shares of samples, relative error, or mean absolute error. */
  readonly accuracy: number;
  /** The largest difference of any quantized value, in its quantization steps; see {@link trackGap}. */
  readonly maxSteps: number;
  /** Share of the samples whose top output is the executed one's; absent for real-valued outputs. */
  readonly agreement?: number;
  readonly samples: number;
  /** The largest difference in each layer that has quantized values, in the order of the graph. */
  readonly layers: readonly LayerGap[];
}

export interface LayerGap {
  readonly layer: string;
  readonly maxSteps: number;
}

/** Compares quantized values sample by sample; holds three numbers a value. */
export interface GapTracker {
  /** @param simulated and executed: the same elements of one value in the same order */
  add(value: string, simulated: ArrayLike<number>, executed: ArrayLike<number>): void;
  finish(): Pick<GapResult, "maxSteps" | "layers">;
}

/** Steps of a uint8 or int8 range: what a difference as large as the range counts. */
const STEPS = 255;

/**
 * Starts comparing the values. A step of codes is one code. A float result of integer arithmetic has no codes; its step is
 * 1/255 of its range over all samples of both sides, widened to contain 0 as quantization ranges are, so its difference is
 * rarely whole. A NaN or an infinity that one side alone has counts as the whole range, 255 steps.
 */
export function trackGap(values: readonly QuantizedValue[]): GapTracker {
  const trackers = new Map(values.map((each) => [each.value, { ...each, steps: trackSteps(each.kind) }]));
  return {
    add(value, simulated, executed) {
      const tracker = trackers.get(value);
      if (!tracker) throw new Error(`gap: "${value}" is not compared`);
      if (simulated.length !== executed.length) {
        throw new Error(`gap: "${value}" has ${simulated.length} elements simulated and ${executed.length} executed`);
      }
      tracker.steps.add(simulated, executed);
    },
    finish() {
      const byLayer = new Map<string, number>();
      let maxSteps = 0;
      for (const { layer, steps } of trackers.values()) {
        const largest = steps.largest();
        maxSteps = Math.max(maxSteps, largest);
        if (layer !== undefined) byLayer.set(layer, Math.max(byLayer.get(layer) ?? 0, largest));
      }
      return { maxSteps, layers: [...byLayer].map(([layer, steps]) => ({ layer, maxSteps: steps })) };
    },
  };
}

function trackSteps(kind: QuantizedValue["kind"]) {
  let difference = 0;
  let min = 0;
  let max = 0;
  const widen = (x: number) => {
    if (!Number.isFinite(x)) return;
    min = Math.min(min, x);
    max = Math.max(max, x);
  };
  return {
    add(simulated: ArrayLike<number>, executed: ArrayLike<number>) {
      for (let i = 0; i < simulated.length; i++) {
        const [a, b] = [simulated[i] as number, executed[i] as number];
        if (kind === "float") {
          widen(a);
          widen(b);
        }
        if (a === b || Object.is(a, b)) continue;
        const apart = Math.abs(a - b);
        difference = Math.max(difference, Number.isNaN(apart) ? Number.POSITIVE_INFINITY : apart);
      }
    },
    largest(): number {
      if (difference === 0 || kind === "codes") return difference;
      return Math.min(STEPS, (difference / (max - min)) * STEPS);
    },
  };
}

/**
 * Accuracy simulated minus executed.
 * @param simulated, executed and float: scores of the same samples in the same order; float is fp32's, which stands in for
 * labels where there are none
 */
export function accuracyGap(simulated: Scores, executed: Scores, float: Scores): number {
  const { metric } = simulated;
  const lengths = new Set(
    [simulated, executed, float].map(({ predictions, scores }) => predictions.length + scores.length),
  );
  if (lengths.size !== 1 || executed.metric !== metric || float.metric !== metric) {
    throw new Error("gap: simulated, executed and fp32 were not scored on the same samples");
  }
  if (metric !== "agreement") return mean(knownScores(simulated.scores)) - mean(knownScores(executed.scores));
  return agreement(simulated, float) - agreement(executed, float);
}

/** Share of samples with the same top output in both. */
export function agreement({ predictions }: Scores, other: Scores): number {
  let same = 0;
  for (let i = 0; i < predictions.length; i++) if (predictions[i] === other.predictions[i]) same++;
  return same / predictions.length;
}

/** The scores of some samples, by their positions. */
export function scoresAt({ metric, predictions, scores }: Scores, positions: readonly number[]): Scores {
  const pick = (from: ArrayLike<number>) => (from.length === 0 ? [] : positions.map((i) => from[i] as number));
  return { metric, predictions: Int32Array.from(pick(predictions)), scores: Float64Array.from(pick(scores)) };
}

/** Samples that are simulated where they fit into ten seconds, however slow each is. */
const LEAST_SAMPLES = 4;
/** More samples are taken only within this: a few seconds on one core. */
const USUAL_MS = 4000;
const MOST_MS = 10_000;

/**
 * Positions in the test split of the samples that are simulated: all of them where that takes a few seconds, else as many as
 * do, evenly spread, as a split may be sorted by class.
 * @param sampleMs  about what one sample costs, from the work that it is and never from a clock, so that a plan simulates the
 *                  same samples on every machine
 * @param available samples of the test split
 */
export function gapPositions(sampleMs: number, available: number): readonly number[] {
  const affordable = Math.min(LEAST_SAMPLES, Math.floor(MOST_MS / sampleMs));
  const count = Math.min(available, Math.max(affordable, Math.floor(USUAL_MS / sampleMs)));
  return Array.from({ length: count }, (_, i) => Math.floor((i * available) / count));
}
