import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type * as tfjs from "@tensorflow/tfjs";
import { seededRandom } from "../../../src/base/random.js";
import { nativeBindingPath, startTensorFlow, type TfModule } from "../../../src/engines/tfjs.js";
import { tfjsFromArtifacts } from "../../../src/frontends/tfjs/artifacts.js";
import { toGraph } from "../../../src/frontends/tfjs/graph.js";
import { summarize } from "../../../src/frontends/tfjs/summary.js";
import type { Graph } from "../../../src/ir/graph.js";
import { interpret } from "../../../src/ir/interpret.js";
import { verify } from "../../../src/ir/verify.js";
import { elementCount, type Tensor, tensor } from "../../../src/tensor/tensor.js";

/** Plain JavaScript: the same numbers on every machine, whatever set-up found. */
const loaded = await startTensorFlow("cpu", nativeBindingPath());
export const tf: TfModule = loaded.tf;

/** Every weight of the model random, so that biases, means and variances take part; variances stay positive. */
export function randomize(model: tfjs.LayersModel, seed = 1): tfjs.LayersModel {
  const random = seededRandom(seed);
  for (const variable of model.weights) {
    const positive = /variance$/.test(variable.originalName);
    const { shape } = variable;
    const values = Float32Array.from({ length: elementCount(shape as number[]) }, () => {
      const value = (random.next() - 0.5) * 1.2;
      return positive ? Math.abs(value) + 0.5 : value;
    });
    variable.write(tf.tensor(values, shape as number[]));
  }
  return model;
}

function feedOf(shape: readonly number[], seed: number, tokens?: number): Tensor<"float32"> {
  const random = seededRandom(seed);
  const data = Float32Array.from({ length: elementCount(shape) }, () =>
    tokens === undefined ? (random.next() - 0.5) * 3 : random.integer(0, tokens - 1),
  );
  return tensor("float32", shape, data);
}

/** Largest difference, relative to the largest magnitude of the output. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  let scale = 1e-6;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs((actual[i] as number) - (expected[i] as number));
    if (!(difference <= most)) most = difference;
    scale = Math.max(scale, Math.abs(expected[i] as number));
  }
  return most / scale;
}

export interface ParityOptions {
  /** Inputs are token numbers below this instead of reals. */
  readonly tokens?: number;
  readonly batches?: readonly number[];
  readonly inputShape?: readonly number[];
}

/**
 * Lowers the model, from memory and through files, runs graph and TF.js on the same random inputs, and gives the
 * largest relative error of all outputs with the graph.
 */
export async function parity(
  model: tfjs.LayersModel,
  options: ParityOptions = {},
): Promise<{ error: number; graph: Graph }> {
  randomize(model);
  const read = tfjsFromArtifacts(model);
  const graph = verify(toGraph(read, options), "frontend");
  const shapes = summarize(read, options).outputs.map(({ shape }) => shape);
  const inferred = graph.outputs.map(({ type }) => type.shape.slice(1));
  if (JSON.stringify(shapes) !== JSON.stringify(inferred)) {
    throw new Error(`summary says ${JSON.stringify(shapes)}, the graph ${JSON.stringify(inferred)}`);
  }
  let error = 0;
  for (const batch of options.batches ?? [1, 3]) {
    const feeds: Record<string, Tensor> = {};
    graph.inputs.forEach(({ name, type }, i) => {
      const sizes = type.shape.slice(1).map(Number);
      feeds[name] = feedOf([batch, ...sizes], 7 * batch + i, options.tokens);
    });
    error = Math.max(error, compare(model, graph, feeds));
  }
  return { error, graph };
}

function compare(model: tfjs.LayersModel, graph: Graph, feeds: Record<string, Tensor>): number {
  return tf.tidy(() => {
    const inputs = graph.inputs.map(({ name }) => {
      const feed = feeds[name] as Tensor<"float32">;
      return tf.tensor(feed.data, [...feed.shape]);
    });
    const predicted = model.predict(inputs.length === 1 ? (inputs[0] as tfjs.Tensor) : inputs);
    const expected = Array.isArray(predicted) ? predicted : [predicted];
    const values = interpret(graph, feeds);
    const errors = graph.outputs.map(({ name }, i) => {
      const actual = values.get(name) as Tensor<"float32">;
      const wanted = expected[i] as tfjs.Tensor;
      if (actual.shape.join() !== wanted.shape.join()) {
        throw new Error(`output "${name}" has shape [${actual.shape}], in TF.js [${wanted.shape}]`);
      }
      return relativeError(actual.data, wanted.dataSync());
    });
    return Math.max(...errors);
  });
}

/** A folder of its own for the test, removed afterwards. */
export async function inFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "nibble-frontend-"));
  try {
    return await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A functional model of one input and one layer, or chain of layers, on it. */
export function chain(shape: number[], ...layers: tfjs.layers.Layer[]): tfjs.LayersModel {
  const input = tf.input({ shape });
  let x: tfjs.SymbolicTensor = input;
  for (const layer of layers) x = layer.apply(x) as tfjs.SymbolicTensor;
  return tf.model({ inputs: input, outputs: x });
}
