import { fail } from "../base/diagnostic.js";
import type { Dataset } from "../datasets/dataset.js";
import type { Engine, Feeds } from "../engines/engine.js";
import type { Graph } from "../ir/graph.js";
import type { StopRule } from "../measure/early-stop.js";
import { elementCount, type Tensor, tensor } from "../tensor/tensor.js";
import { type FloatScores, type Scored, scoreTest } from "./scoring.js";

/** Samples that go through the engine at once where nothing is timed. */
const BATCH_SIZE = 32;

/** Samples as feeds of the graph's inputs, in the order of both. */
export function feeds(graph: Graph, dataset: Dataset, indices: ArrayLike<number>): Feeds {
  const tensors = dataset.read(indices);
  return Object.fromEntries(graph.inputs.map(({ name }, i) => [name, tensors[i] as Tensor]));
}

/** The test split in batches. */
export function* batches(indices: Int32Array, size = BATCH_SIZE): Generator<Int32Array> {
  for (let start = 0; start < indices.length; start += size) yield indices.subarray(start, start + size);
}

interface ScoreOptions {
  readonly optimizedModelPath?: string;
  readonly batchSize?: number;
  /** fp32's scores and outputs, to hold a trial against; without them the outputs are kept. */
  readonly float?: FloatScores;
  /** Ends a hopeless trial. */
  readonly stop?: StopRule | undefined;
  readonly seed?: number;
}

/** Runs the test split through a model and scores its first output. */
export async function score(
  engine: Engine,
  model: Uint8Array,
  graph: Graph,
  dataset: Dataset,
  options: ScoreOptions = {},
): Promise<Scored> {
  const { optimizedModelPath, batchSize = BATCH_SIZE, float, stop, seed } = options;
  if (dataset.splits.test.length === 0) fail("no-test-samples", {});
  const session = await engine.load(model, {
    threads: 1,
    optimization: "all",
    ...(optimizedModelPath === undefined ? {} : { optimizedModelPath }),
  });
  const output = graph.outputs[0]?.name ?? "";
  const run = async (samples: Int32Array) =>
    floatOutput(await session.run(feeds(graph, dataset, samples)), output).data;
  try {
    return await scoreTest(run, dataset, { batchSize, float, stop, seed });
  } finally {
    await session.close();
  }
}

/** Runs the test split through fp32, which every trial is then held against. */
export async function scoreFloat(
  engine: Engine,
  model: Uint8Array,
  graph: Graph,
  dataset: Dataset,
): Promise<FloatScores> {
  const { scores, outputs } = await score(engine, model, graph, dataset);
  if (!outputs) throw new Error("run: the outputs of fp32 were not kept");
  return { scores, outputs };
}

/** Every output of the graph for some samples, batches joined: float32 [indices.length, ...]. */
export async function outputsOf(
  engine: Engine,
  model: Uint8Array,
  graph: Graph,
  dataset: Dataset,
  indices: Int32Array,
): Promise<readonly Tensor<"float32">[]> {
  const session = await engine.load(model, { threads: 1, optimization: "all" });
  try {
    const parts: Tensor<"float32">[][] = graph.outputs.map(() => []);
    for (const batch of batches(indices)) {
      const outputs = await session.run(feeds(graph, dataset, batch));
      graph.outputs.forEach(({ name }, i) => void parts[i]?.push(floatOutput(outputs, name)));
    }
    return parts.map(joinBatches);
  } finally {
    await session.close();
  }
}

/** Tensors of one output, joined along the batch: [n1 + n2 + ..., ...]. */
export function joinBatches(parts: readonly Tensor<"float32">[]): Tensor<"float32"> {
  const [first] = parts;
  if (!first) throw new Error("run: nothing to join");
  const rows = parts.reduce((sum, part) => sum + (part.shape[0] ?? 1), 0);
  const shape = [rows, ...first.shape.slice(1)];
  const data = new Float32Array(elementCount(shape));
  let offset = 0;
  for (const part of parts) {
    data.set(part.data, offset);
    offset += part.data.length;
  }
  return tensor("float32", shape, data);
}

/** An output by name. Throws where the engine gave none or not float32: a fault of ours. */
export function floatOutput(outputs: Readonly<Record<string, Tensor>>, name: string): Tensor<"float32"> {
  const output = outputs[name];
  if (output?.dtype !== "float32")
    throw new Error(`run: output "${name}" is ${output?.dtype ?? "missing"}, not float32`);
  return output as Tensor<"float32">;
}
