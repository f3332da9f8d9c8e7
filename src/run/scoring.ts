import { seededRandom } from "../base/random.js";
import type { Dataset } from "../datasets/dataset.js";
import { type AccuracyResult, compareAccuracy } from "../measure/accuracy.js";
import { comparesValues, metricOf } from "../measure/accuracy-metric.js";
import { type DistributionKind, distributionKind } from "../measure/distribution.js";
import { STOP_ERROR, type StopRule, watchDrop } from "../measure/early-stop.js";
import { type KeptOutputs, MOST_KEPT_BYTES, type OutputKeeper, startKeeping } from "../measure/kept-outputs.js";
import { type Scorer, type Scores, scoresInOrder, startScoring } from "../measure/scores.js";
import type { Measures } from "../plan/plan.js";

/** What fp32 said of the test split: what every trial is held against. */
export interface FloatScores {
  readonly scores: Scores;
  readonly outputs: KeptOutputs;
}

export interface ScoringPlan {
  /** Samples of one run of the model. */
  readonly batchSize: number;
  /** fp32 whose trial is scored; absent for fp32 itself, whose outputs are then kept. */
  readonly float?: FloatScores | undefined;
  /** Ends a hopeless trial; not by errors of real values, which have no bound. */
  readonly stop?: StopRule | undefined;
  /** Of the order of the samples where they may not all be run. */
  readonly seed?: number | undefined;
}

export interface Scored {
  /** In the order of the test split; of the samples at `stopped.positions` where a rule ended the run. */
  readonly scores: Scores;
  /** fp32's own; undefined where a trial was scored. */
  readonly outputs?: KeptOutputs;
  readonly stopped?: Stopped;
}

interface Stopped extends NonNullable<AccuracyResult["stopped"]> {
  /** The places in the test split that were run, in that order. */
  readonly positions: Int32Array;
}

/** Samples between two looks at whether a trial is hopeless. */
const LOOK_EVERY = 32;

/**
 * Runs the test split and scores the first output. With a stop rule the samples come in an order that the seed decides:
 * the rule's certainty rests on it, and one number of workers gives the same samples as another.
 * @param run the model's first output for some samples, float32 [samples, ...], flat
 */
export async function scoreTest(
  run: (samples: Int32Array) => Promise<Float32Array>,
  { labels, splits: { test } }: Dataset,
  { batchSize, float, stop, seed = 0 }: ScoringPlan,
): Promise<Scored> {
  const baseline = float?.scores;
  const watch = stop && baseline && !comparesValues(baseline.metric) ? { stop, baseline } : undefined;
  const order = Int32Array.from(test.keys());
  if (watch) seededRandom(seed).shuffle(order);
  const drop = watch && watchDrop(watch.stop, test.length);
  const scored = startBoth(labels, test.length, float);
  let looked = 0;
  for (let start = 0; start < order.length; start += batchSize) {
    const positions = order.subarray(start, start + batchSize);
    const samples = positions.map((position) => test[position] as number);
    const scorer = scored.add(await run(samples), samples, positions);
    if (!watch || !drop) continue;
    positions.forEach((position, i) => void drop.add(differenceAt(scorer, start + i, watch.baseline, position)));
    const after = start + positions.length;
    if (after - looked < LOOK_EVERY || after === order.length) continue;
    looked = after;
    if (drop.isHopeless()) {
      const reason = stopReason(watch.stop, watch.baseline);
      return { scores: scorer.finish(), stopped: { after, of: test.length, reason, positions: order.slice(0, after) } };
    }
  }
  const { scores, outputs } = scored.finish();
  return { scores: watch ? scoresInOrder(scores, inverse(order)) : scores, ...(outputs ? { outputs } : {}) };
}

/** A scorer, and for fp32 itself a keeper of outputs, both started when the first outputs show how wide they are. */
function startBoth(labels: Dataset["labels"], samples: number, float: FloatScores | undefined) {
  let scorer: Scorer | undefined;
  let keeper: OutputKeeper | undefined;
  return {
    add(output: Float32Array, indices: Int32Array, positions: Int32Array): Scorer {
      if (!scorer) {
        const width = output.length / indices.length;
        const kind = float ? float.outputs.kind : kindOf(labels, output, width);
        const isRelative = metricOf(labels, kind) === "relative_error";
        // Where outputs are what accuracy is made of, those of one sample are kept however many they are.
        const mostBytes = isRelative ? Math.max(MOST_KEPT_BYTES, 4 * width) : MOST_KEPT_BYTES;
        if (!float) keeper = startKeeping(samples, width, kind, mostBytes);
        // fp32 is held against itself: its error is 0 for the samples that are kept.
        const own = isRelative ? keeper?.kept : undefined;
        scorer = startScoring(labels, width, { kind, reference: float?.outputs ?? own });
      }
      keeper?.add(output, indices.length);
      scorer.add(output, indices, positions);
      return scorer;
    },
    finish() {
      if (!scorer) throw new Error("run: no batch was scored");
      return { scores: scorer.finish(), outputs: keeper?.kept };
    },
  };
}

/** How fp32's outputs of the first samples are read as distributions: of next tokens, one for each position. */
function kindOf(labels: Dataset["labels"], output: Float32Array, width: number): DistributionKind | undefined {
  switch (labels?.kind) {
    case "value":
      return undefined;
    case "tokens":
      return distributionKind(output, width / labels.width, labels.classes);
    default:
      return distributionKind(output, width, labels?.classes.length);
  }
}

/** fp32 minus the trial on one sample: of right answers, or without labels 1 where the answers differ. */
function differenceAt(
  scorer: Scorer,
  sample: number,
  { metric, predictions, scores }: Scores,
  position: number,
): number {
  const here = scorer.at(sample);
  if (metric === "agreement") return here.prediction === predictions[position] ? 0 : 1;
  return (scores[position] as number) - here.score;
}

function stopReason({ limit }: StopRule, { metric }: Scores): string {
  const what = metric === "agreement" ? "share of answers that differ from fp32's" : "accuracy drop";
  return `the ${what} is above ${percentText(limit)} with ${percentText(1 - STOP_ERROR)} confidence`;
}

function percentText(share: number): string {
  return `${Number((share * 100).toPrecision(6))}%`;
}

/** Where each place of the order went. */
function inverse(order: Int32Array): Int32Array {
  const places = new Int32Array(order.length);
  for (const [i, position] of order.entries()) places[position] = i;
  return places;
}

/** The rule of a plan's measures, where they declare one. */
export function stopRule({ stopAtDrop }: Measures): StopRule | undefined {
  return stopAtDrop === undefined ? undefined : { limit: stopAtDrop };
}

/** A trial's accuracy beside fp32's on the samples that the trial was run on. */
export function accuracyOf(
  { scores, stopped }: Scored,
  float: FloatScores,
  { seed, stop }: { readonly seed: number; readonly stop?: StopRule | undefined },
): AccuracyResult {
  if (stopped) {
    const { positions, ...told } = stopped;
    return compareAccuracy(scores, scoresInOrder(float.scores, positions), { seed, stopped: told });
  }
  const accuracy = compareAccuracy(scores, float.scores, { seed });
  if (!stop || !comparesValues(scores.metric)) return accuracy;
  const remark =
    "stop_at_drop speaks of shares of samples; errors of real values have no bound, so every sample was run";
  return { ...accuracy, remarks: [...(accuracy.remarks ?? []), remark] };
}

/** fp32's accuracy: it differs from itself by nothing, and that is no estimate. */
export function floatAccuracyOf({ scores }: Pick<FloatScores, "scores">, seed: number): AccuracyResult {
  const { divergence: _, discordant, ...accuracy } = compareAccuracy(scores, scores, { seed });
  return {
    ...accuracy,
    ...(discordant ? { discordant: { lost: 0, gained: 0 } } : {}),
    drop: { value: 0, ci95: [0, 0] },
  };
}
