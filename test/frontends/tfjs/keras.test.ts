import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { LayersModel, layers, SymbolicTensor, Tensor as TfTensor } from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { tfjsFromArtifacts } from "../../../src/frontends/tfjs/artifacts.js";
import { toGraph } from "../../../src/frontends/tfjs/graph.js";
import { readTfjs } from "../../../src/frontends/tfjs/read.js";
import { writeTfjs } from "../../../src/frontends/tfjs/write.js";
import { interpret } from "../../../src/ir/interpret.js";
import { type Tensor, tensor } from "../../../src/tensor/tensor.js";
import { inFolder, randomize, relativeError, tf } from "./parity.js";
import { small } from "./saving.js";

const L = tf.layers;
const symbol = (value: unknown) => value as SymbolicTensor;

/** The topology of a Python export: `model_config` around it, snake case, initializers, policies, keyword arguments. */
function keras2() {
  const glorot = { class_name: "GlorotUniform", config: { seed: null }, module: "keras.initializers" };
  return {
    keras_version: "2.13.1",
    backend: "tensorflow",
    model_config: {
      class_name: "Functional",
      config: {
        name: "model",
        trainable: true,
        layers: [
          {
            class_name: "InputLayer",
            config: {
              batch_input_shape: [null, 6, 6, 1],
              dtype: "float32",
              sparse: false,
              ragged: false,
              name: "image",
            },
            name: "image",
            inbound_nodes: [],
          },
          {
            class_name: "Conv2D",
            config: {
              name: "conv2d",
              trainable: true,
              dtype: { class_name: "Policy", config: { name: "float32" } },
              filters: 2,
              kernel_size: [3, 3],
              strides: [1, 1],
              padding: "same",
              data_format: "channels_last",
              dilation_rate: [1, 1],
              groups: 1,
              activation: "hard_sigmoid",
              use_bias: true,
              kernel_initializer: glorot,
              bias_initializer: { class_name: "Zeros", config: {} },
            },
            name: "conv2d",
            inbound_nodes: [[["image", 0, 0, {}]]],
          },
          {
            class_name: "BatchNormalization",
            config: { name: "bn", axis: [3], momentum: 0.99, epsilon: 0.001, center: true, scale: true },
            name: "bn",
            inbound_nodes: [[["conv2d", 0, 0, { training: false }]]],
          },
          {
            class_name: "Flatten",
            config: { name: "flatten", data_format: "channels_last" },
            name: "flatten",
            inbound_nodes: [[["bn", 0, 0, {}]]],
          },
          {
            class_name: "Sequential",
            config: {
              name: "head",
              layers: [
                {
                  class_name: "InputLayer",
                  config: { batch_input_shape: [null, 72], dtype: "float32", name: "dense_input" },
                },
                { class_name: "Dense", config: { name: "dense", units: 3, activation: "softmax", use_bias: true } },
              ],
            },
            name: "head",
            inbound_nodes: [[["flatten", 0, 0, {}]]],
          },
        ],
        input_layers: [["image", 0, 0]],
        output_layers: [["head", 1, 0]],
      },
    },
  };
}

/** The same model as Keras 3 writes it. */
function keras3() {
  const tensorOf = (layer: string, call = 0) => ({
    class_name: "__keras_tensor__",
    config: { shape: [null, 6, 6, 1], dtype: "float32", keras_history: [layer, call, 0] },
  });
  const json = structuredClone(keras2()) as { model_config: { config: { layers: Record<string, unknown>[] } } };
  const policy = { module: "keras", class_name: "DTypePolicy", config: { name: "float32" }, registered_name: null };
  const from: Record<string, string> = { conv2d: "image", bn: "conv2d", flatten: "bn", head: "flatten" };
  for (const layer of json.model_config.config.layers) {
    const config = layer.config as Record<string, unknown>;
    const source = from[layer.name as string];
    layer.module = "keras.layers";
    layer.registered_name = null;
    layer.inbound_nodes = source === undefined ? [] : [{ args: [tensorOf(source)], kwargs: {} }];
    config.dtype = policy;
    if (config.batch_input_shape !== undefined) {
      config.batch_shape = config.batch_input_shape;
      delete config.batch_input_shape;
    }
  }
  return {
    ...json,
    model_config: {
      ...json.model_config,
      config: { ...json.model_config.config, input_layers: ["image", 0, 0], output_layers: ["head", 0, 0] },
    },
  };
}

const kerasWeights: readonly [string, number[]][] = [
  ["conv2d/kernel", [3, 3, 1, 2]],
  ["conv2d/bias", [2]],
  ["bn/gamma", [2]],
  ["bn/beta", [2]],
  ["bn/moving_mean", [2]],
  ["bn/moving_variance", [2]],
  ["head/dense/kernel", [72, 3]],
  ["head/dense/bias", [3]],
];

function withWeights(modelTopology: unknown, shapes: readonly (readonly [string, readonly number[]])[]) {
  const values = shapes.map(([name, shape], i) => {
    const count = shape.reduce((a, b) => a * b, 1);
    const positive = name.endsWith("variance");
    return Float32Array.from({ length: count }, (_, j) => (positive ? 1 : 0) + Math.sin(i + j * 1.7) / 2);
  });
  return {
    modelTopology,
    weightSpecs: shapes.map(([name, shape]) => ({ name, shape, dtype: "float32" })),
    weightData: Float32Array.from(values.flatMap((data) => [...data])).buffer,
  };
}

/** Loads what `writeTfjs` wrote with TF.js, and compares its predictions with the graph's. */
async function rewrittenError(artifacts: unknown, shape: number[]): Promise<number> {
  const model = tfjsFromArtifacts(artifacts);
  return inFolder(async (folder) => {
    const path = await writeTfjs(model, join(folder, "new"));
    const loaded = await tf.loadLayersModel(pathToFileURL(path).href);
    const x = tf.randomUniform([2, ...shape], -1, 1, "float32", 5);
    const graph = toGraph(model);
    const feed = tensor("float32", x.shape, x.dataSync() as Float32Array);
    const values = interpret(graph, { [graph.inputs[0]?.name ?? ""]: feed });
    const actual = values.get(graph.outputs[0]?.name ?? "") as Tensor;
    const again = await readTfjs(path);
    expect([...again.weights.values()].map(({ data }) => data)).toEqual(
      [...model.weights.values()].map(({ data }) => data),
    );
    return relativeError(actual.data as Float32Array, (loaded.predict(x) as TfTensor).dataSync());
  });
}

describe("Python exports", () => {
  test("Keras 2: policies, lists as axes, nested models counted from 1, prefixed weight names", async () => {
    expect(await rewrittenError(withWeights(keras2(), kerasWeights), [6, 6, 1])).toBeLessThan(1e-4);
  });

  test("Keras 3: batch_shape and keras_history; TF.js loads what is written from it", async () => {
    expect(await rewrittenError(withWeights(keras3(), kerasWeights), [6, 6, 1])).toBeLessThan(1e-4);
  });

  test("recurrent weights with the name of their cell", async () => {
    const layer = { class_name: "LSTM", config: { name: "lstm", units: 2, return_sequences: true } };
    const modelTopology = {
      class_name: "Sequential",
      config: [
        {
          class_name: "Bidirectional",
          config: { name: "both", batch_input_shape: [null, 4, 3], layer, merge_mode: "concat" },
        },
        { class_name: "GRU", config: { name: "gru", units: 2, reset_after: false, recurrent_activation: "sigmoid" } },
      ],
    };
    const shapes: [string, number[]][] = [
      ["both/forward_lstm/lstm_cell_1/kernel", [3, 8]],
      ["both/forward_lstm/lstm_cell_1/recurrent_kernel", [2, 8]],
      ["both/forward_lstm/lstm_cell_1/bias", [8]],
      ["both/backward_lstm/lstm_cell_2/kernel", [3, 8]],
      ["both/backward_lstm/lstm_cell_2/recurrent_kernel", [2, 8]],
      ["both/backward_lstm/lstm_cell_2/bias", [8]],
      ["sequential/gru/gru_cell/kernel:0", [4, 6]],
      ["sequential/gru/gru_cell/recurrent_kernel:0", [2, 6]],
      ["sequential/gru/gru_cell/bias:0", [6]],
    ];
    expect(await rewrittenError(withWeights(modelTopology, shapes), [4, 3])).toBeLessThan(1e-4);
  });

  test("layer names with slashes, silu, and Keras 3's name for a slope", async () => {
    const modelTopology = {
      class_name: "Sequential",
      config: [
        {
          class_name: "Dense",
          config: { name: "block/dense", units: 3, activation: "silu", batch_input_shape: [null, 4] },
        },
        { class_name: "LeakyReLU", config: { name: "leaky", negative_slope: 0.1 } },
      ],
    };
    const shapes: [string, number[]][] = [
      ["model/block/dense/kernel", [4, 3]],
      ["model/block/dense/bias", [3]],
    ];
    expect(await rewrittenError(withWeights(modelTopology, shapes), [4])).toBeLessThan(1e-4);
  });

  test("a weight of an equally named layer of another sub-model is told apart by the model around it", () => {
    const inner = (name: string) => ({
      class_name: "Sequential",
      config: {
        name,
        layers: [
          { class_name: "Dense", config: { name: "dense", units: 2, use_bias: false, batch_input_shape: [null, 2] } },
        ],
      },
    });
    const modelTopology = {
      class_name: "Sequential",
      config: { name: "outer", layers: [inner("first"), inner("second")] },
    };
    const shapes: [string, number[]][] = [
      ["first/dense/kernel", [2, 2]],
      ["second/dense/kernel", [2, 2]],
    ];
    const graph = toGraph(tfjsFromArtifacts(withWeights(modelTopology, shapes)));
    expect(graph.nodes.map(({ layer, inputs }) => [layer, inputs[1]])).toEqual([
      ["first/dense", "first/dense/kernel"],
      ["second/dense", "second/dense/kernel"],
    ]);
  });
});

describe("writeTfjs: TF.js loads it and predicts the same", () => {
  const models: [string, () => LayersModel, number[]][] = [
    ["a sequential model", small, [5, 5, 1]],
    [
      "a separable convolution with a multiplier",
      () =>
        tf.sequential({
          layers: [L.separableConv2d({ filters: 2, kernelSize: 3, depthMultiplier: 2, inputShape: [5, 5, 2] })],
        }),
      [5, 5, 2],
    ],
    [
      "a sequential model that begins with a model",
      () => tf.sequential({ layers: [small(), L.dense({ units: 2 })] }),
      [5, 5, 1],
    ],
    [
      "a model used twice as a layer, and a bidirectional layer",
      () => {
        const input = tf.input({ shape: [3, 4] });
        const inner = tf.sequential({ layers: [L.dense({ units: 4, inputShape: [3, 4], activation: "tanh" })] });
        const twice = symbol(inner.apply(inner.apply(input) as SymbolicTensor));
        const layer = L.lstm({ units: 2 }) as layers.RNN;
        return tf.model({ inputs: input, outputs: symbol(L.bidirectional({ layer, mergeMode: "sum" }).apply(twice)) });
      },
      [3, 4],
    ],
  ];
  for (const [label, make, shape] of models) {
    test(label, async () => expect(await rewrittenError(randomize(make()), shape)).toBeLessThan(1e-4));
  }
});
