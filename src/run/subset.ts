import { toOnnx } from "../backends/onnx/write.js";
import { seededRandom } from "../base/random.js";
import type { InferenceSession } from "../engines/engine.js";
import { compareAccuracy } from "../measure/accuracy.js";
import { type DiagnosisArm, outputSqnr } from "../measure/diagnosis.js";
import { type Scores, startScoring } from "../measure/scores.js";
import type { Estimate } from "../measure/statistics.js";
import { graphWork } from "../measure/work.js";
import { batches, feeds, floatOutput } from "./inference.js";
import type { Opened } from "./opened.js";

/** Some samples of the test split with what fp32 says of them: what the arms of a diagnosis are compared over. */
export interface Subset {
  /** Rows of the data. */
  readonly rows: Int32Array;
  readonly fp32: Outputs;
}

/** What one model said about the samples of a subset, in their order. */
export interface Outputs {
  readonly scores: Scores;
  /** Its first output, [rows, width], flat. */
  readonly values: Float32Array;
}

const MOST_SAMPLES = 512;
const LEAST_SAMPLES = 32;
/** Most elements of outputs that are held, 64 MB of them: of a model with large outputs fewer samples are taken. */
const MOST_ELEMENTS = 2 ** 24;

/**
 * Samples of the test split, drawn with the experiment's seed: at most 512, and as few as 32 where a model takes long.
 * @param work multiply-adds that all arms together may take
 * @param arms how many models will run over them
 */
export async function drawSubset(opened: Opened, work: number, arms: number): Promise<Subset> {
  const { graph, dataset, seed } = opened;
  const { test } = dataset.splits;
  const each = Math.max(1, graphWork(graph).multiplyAdds * arms);
  const affordable = Math.max(LEAST_SAMPLES, Math.floor(work / each));
  const drawn = seededRandom(seed).shuffle(test.slice());
  const width = (await floatOutputs(drawn.subarray(0, 1), opened)).values.length;
  const count = Math.min(MOST_SAMPLES, affordable, Math.max(1, Math.floor(MOST_ELEMENTS / width)));
  const rows = drawn.slice(0, count);
  return { rows, fp32: await floatOutputs(rows, opened) };
}

function floatOutputs(rows: Int32Array, opened: Opened): Promise<Outputs> {
  return outputsOn({ rows }, opened, opened.engine.load(toOnnx(opened.graph), { threads: 1, optimization: "all" }));
}

/**
 * Runs a model over the samples and scores its first output.
 * @param subset  without fp32's outputs for fp32 itself
 * @param opening its session, which is closed at the end
 */
export async function outputsOn(
  { rows, fp32 }: Pick<Subset, "rows"> & Partial<Subset>,
  opened: Pick<Opened, "graph" | "dataset" | "fp32">,
  opening: Promise<InferenceSession>,
  batchSize?: number,
): Promise<Outputs> {
  const { graph, dataset } = opened;
  const session = await opening;
  try {
    const output = graph.outputs[0]?.name ?? "";
    let values = new Float32Array(0);
    let filled = 0;
    for (const batch of batches(rows, batchSize)) {
      const { data } = floatOutput(await session.run(feeds(graph, dataset, batch)), output);
      if (values.length === 0) values = new Float32Array(rows.length * (data.length / batch.length));
      values.set(data as Float32Array, filled);
      filled += data.length;
    }
    return { scores: scoresOf(values, rows, fp32?.values ?? values, opened), values };
  } finally {
    await session.close();
  }
}

/** Without labels fp32's outputs of the same rows take their place. */
function scoresOf(
  values: Float32Array,
  rows: Int32Array,
  float: Float32Array,
  { dataset: { labels }, fp32 }: Pick<Opened, "dataset" | "fp32">,
): Scores {
  if (rows.length === 0) throw new Error("run: a diagnosis came without samples");
  const width = values.length / rows.length;
  const { kind } = fp32.outputs;
  const scorer = startScoring(labels, width, labels ? {} : { kind, reference: { width, kind, every: 1, data: float } });
  scorer.add(values, rows);
  return scorer.finish();
}

/** An arm beside fp32 on the same samples. */
export function armOf(outputs: Outputs, { fp32 }: Subset, seed: number): DiagnosisArm {
  const { drop } = compareAccuracy(outputs.scores, fp32.scores, { seed, dropOnly: true });
  return { drop, sqnrDb: outputSqnr(fp32.values, outputs.values) };
}

/** The drop of `outputs` minus that of `others`, paired over the same samples, in the metric's unit. */
export function dropBetween(outputs: Outputs, others: Outputs, { fp32 }: Subset, seed: number): Estimate {
  const [here, there] = [outputs, others].map(({ scores }) => againstFloat(scores, fp32.scores));
  if (!here || !there) throw new Error("run: nothing to compare");
  return compareAccuracy(here, there, { seed, dropOnly: true }).drop;
}

/** Agreement has fp32's predictions in the place of labels. */
function againstFloat(scores: Scores, fp32: Scores): Scores {
  if (scores.metric !== "agreement") return scores;
  const { predictions } = scores;
  return {
    metric: "top1",
    predictions,
    scores: Float64Array.from(predictions, (each, i) => (each === fp32.predictions[i] ? 1 : 0)),
  };
}
