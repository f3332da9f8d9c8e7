import { fail } from "../base/diagnostic.js";
import type { Dataset } from "../datasets/dataset.js";
import type { Engine, Feeds } from "../engines/engine.js";
import type { Graph } from "../ir/graph.js";
import { type Scores, startScoring } from "../measure/accuracy.js";
import { elementCount, type Tensor, tensor } from "../tensor/tensor.js";

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

/** Runs the test split through a model and scores its first output. */
export async function score(
  engine: Engine,
  model: Uint8Array,
  graph: Graph,
  dataset: Dataset,
  options: { readonly optimizedModelPath?: string; readonly batchSize?: number } = {},
): Promise<{ readonly scores: Scores }> {
  const { optimizedModelPath, batchSize } = options;
  const { test } = dataset.splits;
  if (test.length === 0) fail("no-test-samples", {});
  const session = await engine.load(model, {
    threads: 1,
    optimization: "all",
    ...(optimizedModelPath === undefined ? {} : { optimizedModelPath }),
  });
  try {
    const output = graph.outputs[0]?.name ?? "";
    let scorer: ReturnType<typeof startScoring> | undefined;
    for (const batch of batches(test, batchSize)) {
      const values = floatOutput(await session.run(feeds(graph, dataset, batch)), output);
      scorer ??= startScoring(dataset.labels, values.data.length / batch.length);
      scorer.add(values.data, batch);
    }
    if (!scorer) throw new Error("run: no batch was scored");
    return { scores: scorer.finish() };
  } finally {
    await session.close();
  }
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
