import type { Dataset } from "../datasets/dataset.js";
import type { TfModule } from "../engines/tfjs.js";
import { type GraphOptions, lowerGraphModel } from "../frontends/tfjs-graph/lower.js";
import type { GraphModelInput } from "../frontends/tfjs-graph/model.js";
import { readGraphModel } from "../frontends/tfjs-graph/read.js";
import { type Tensor, tensor } from "../tensor/tensor.js";
import { batches, joinBatches } from "./inference.js";

type Tf = TfModule;
type TfTensor = ReturnType<Tf["tensor"]>;
type GraphModel = Awaited<ReturnType<Tf["loadGraphModel"]>>;

/**
 * Runs a graph-model in TF.js itself on real samples, and gives the tensors that are the outputs of the lowered graph:
 * those of the model and, where the graph was cut, those that its tail reads.
 * @returns one tensor for each output, float32 [samples.length, ...]
 */
export async function runGraphModel(
  tf: Tf,
  path: string,
  options: GraphOptions,
  dataset: Dataset,
  samples: Int32Array,
): Promise<Tensor<"float32">[]> {
  const read = await readGraphModel(path);
  const names = lowerGraphModel(read, options).outputs.map(({ ref }) => `${ref.node}:${ref.port}`);
  const model = await tf.loadGraphModel(`file://${read.source ?? path}`);
  const parts: Tensor<"float32">[][] = names.map(() => []);
  try {
    for (const indices of batches(samples, batchSize(read.inputs))) {
      const feeds = feedsOf(tf, read.inputs, dataset.read(indices));
      const outputs = await execute(model, feeds, names);
      for (const [i, output] of outputs.entries()) parts[i]?.push(await rowsOf(output, indices.length));
      tf.dispose([...Object.values(feeds), ...outputs]);
    }
  } finally {
    model.dispose();
  }
  return parts.map(joinBatches);
}

/** One sample at a time where the file fixes the batch; TF.js takes no other. */
function batchSize(inputs: readonly GraphModelInput[]): number | undefined {
  return inputs.some(({ shape }) => typeof shape?.[0] === "number") ? 1 : undefined;
}

/** Samples as the model's inputs, in the types that it declares; a batch that is fixed is filled with repetitions. */
function feedsOf(tf: Tf, inputs: readonly GraphModelInput[], samples: readonly Tensor[]): Record<string, TfTensor> {
  const feeds: Record<string, TfTensor> = {};
  for (const [i, { node, dtype, shape }] of inputs.entries()) {
    const sample = samples[i];
    if (sample === undefined) throw new Error(`run: the model has ${inputs.length} inputs, the data ${samples.length}`);
    const fed = tf.tensor(sample.data as Float32Array, [...sample.shape], "float32");
    const fixed = shape?.[0];
    const whole =
      typeof fixed === "number" && fixed > 1 ? tf.tile(fed, [fixed, ...sample.shape.slice(1).map(() => 1)]) : fed;
    feeds[node] = dtype === "float32" ? whole : tf.cast(whole, dtype);
  }
  return feeds;
}

/** Models with loops or sizes that depend on values run asynchronously alone. */
async function execute(model: GraphModel, feeds: Record<string, TfTensor>, names: string[]): Promise<TfTensor[]> {
  try {
    return [model.execute(feeds, names)].flat();
  } catch (error) {
    if (!(error instanceof Error && /executeAsync/.test(error.message))) throw error;
    return [await model.executeAsync(feeds, names)].flat();
  }
}

/** The first rows of an output, those of real samples. */
async function rowsOf(output: TfTensor, rows: number): Promise<Tensor<"float32">> {
  const values = Float32Array.from(await output.data());
  const [batch = rows, ...rest] = output.shape;
  return tensor("float32", [rows, ...rest], values.subarray(0, (values.length / batch) * rows));
}
