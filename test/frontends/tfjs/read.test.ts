import { existsSync } from "node:fs";
import { mkdir, readFile, symlink, truncate, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { io, LayersModel, layers, SymbolicTensor, Tensor as TfTensor } from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { DiagnosticError, renderDiagnostic } from "../../../src/base/diagnostic.js";
import { tfjsFromArtifacts } from "../../../src/frontends/tfjs/artifacts.js";
import { toGraph } from "../../../src/frontends/tfjs/graph.js";
import { readTfjs } from "../../../src/frontends/tfjs/read.js";
import { summarize } from "../../../src/frontends/tfjs/summary.js";
import { writeTfjs } from "../../../src/frontends/tfjs/write.js";
import { interpret } from "../../../src/ir/interpret.js";
import { type Tensor, tensor } from "../../../src/tensor/tensor.js";
import { inFolder, randomize, relativeError, tf } from "./parity.js";

const L = tf.layers;
const symbol = (value: unknown) => value as SymbolicTensor;

function small(): LayersModel {
  const model = tf.sequential({
    layers: [
      L.conv2d({ name: "conv", inputShape: [5, 5, 1], filters: 2, kernelSize: 3, activation: "relu" }),
      L.flatten({ name: "flat" }),
      L.dense({ name: "head", units: 3, activation: "softmax" }),
    ],
  });
  return randomize(model);
}

async function artifactsOf(model: LayersModel): Promise<io.ModelArtifacts> {
  let artifacts: io.ModelArtifacts = {};
  const handler = tf.io.withSaveHandler(async (saved) => {
    artifacts = saved;
    return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
  });
  await model.save(handler);
  return artifacts;
}

/** Saves a model as TF.js lays it out, cut into weight files of `shardBytes`. */
async function save(model: LayersModel, folder: string, shardBytes = 64): Promise<string> {
  const { modelTopology, weightSpecs, weightData, format } = await artifactsOf(model);
  const bytes = Buffer.from(weightData as ArrayBuffer);
  const paths = Array.from({ length: Math.ceil(bytes.length / shardBytes) }, (_, i) => `group1-shard${i + 1}.bin`);
  for (const [i, path] of paths.entries()) {
    await writeFile(join(folder, path), bytes.subarray(i * shardBytes, (i + 1) * shardBytes));
  }
  const json = { format, modelTopology, weightsManifest: [{ paths, weights: weightSpecs }] };
  await writeFile(join(folder, "model.json"), JSON.stringify(json));
  return join(folder, "model.json");
}

/** What `read` refuses, rendered, with the folder's path out of it. */
async function refused(folder: string, read: () => unknown): Promise<string> {
  try {
    await read();
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    return error.diagnostics
      .map((d) => renderDiagnostic(d, new Map()))
      .join("\n")
      .replaceAll(folder, "FOLDER");
  }
  return "not refused";
}

test("files in several shards and memory give the same model", async () => {
  await inFolder(async (folder) => {
    const model = small();
    const path = await save(model, folder);
    const [read, memory] = [await readTfjs(path), tfjsFromArtifacts(model)];
    expect(read.hash).toBe(memory.hash);
    expect([...read.weights.keys()]).toEqual(["conv/kernel", "conv/bias", "head/kernel", "head/bias"]);
    expect(read.source).toBe(path);
    expect(toGraph(read)).toEqual(toGraph(memory));
    expect((await readTfjs(folder)).hash).toBe(read.hash);
    expect((await readTfjs(pathToFileURL(path).href)).hash).toBe(read.hash);
  });
});

test("another weight, shape or layer gives another hash", () => {
  const model = small();
  const hash = tfjsFromArtifacts(model).hash;
  randomize(model, 2);
  expect(tfjsFromArtifacts(model).hash).not.toBe(hash);
});

test("artifacts of model.save are read like the model", async () => {
  const model = small();
  expect(tfjsFromArtifacts(await artifactsOf(model)).hash).toBe(tfjsFromArtifacts(model).hash);
});

describe("stored types", () => {
  const specs = [
    { name: "a/float32", shape: [2], dtype: "float32" },
    { name: "a/int32", shape: [2], dtype: "int32" },
    { name: "a/bool", shape: [3], dtype: "bool" },
    { name: "a/uint8", shape: [3], dtype: "float32", quantization: { dtype: "uint8", scale: 0.1, min: -1 } },
    { name: "a/uint16", shape: [2], dtype: "float32", quantization: { dtype: "uint16", scale: 0.001, min: 3 } },
    { name: "a/float16", shape: [3], dtype: "float32", quantization: { dtype: "float16", original_dtype: "float32" } },
    { name: "a/rounded", shape: [2], dtype: "int32", quantization: { dtype: "uint8", scale: 0.3, min: -2 } },
  ];
  const bytes = Buffer.concat([
    Buffer.from(Float32Array.of(0.5, -2.25).buffer),
    Buffer.from(Int32Array.of(-7, 70_000).buffer),
    Buffer.from([0, 1, 255]),
    Buffer.from([0, 10, 255]),
    Buffer.from(Uint16Array.of(0, 65_535).buffer),
    // 1, -2 and the smallest subnormal.
    Buffer.from(Uint16Array.of(0x3c00, 0xc000, 0x0001).buffer),
    Buffer.from([0, 255]),
  ]);
  const decoded: Record<string, number[]> = {
    "a/float32": [0.5, -2.25],
    "a/int32": [-7, 70_000],
    "a/bool": [0, 1, 1],
    "a/uint8": [-1, 0, 24.5].map(Math.fround),
    "a/uint16": [3, 68.535].map(Math.fround),
    "a/float16": [1, -2, 2 ** -24],
    "a/rounded": [-2, 75],
  };

  test("decode to the values of the format's definition", () => {
    const weightData = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
    const model = tfjsFromArtifacts({ modelTopology: keras2(), weightSpecs: specs, weightData });
    expect(Object.fromEntries([...model.weights].map(([name, { data }]) => [name, [...data]]))).toEqual(decoded);
  });

  test("decode to the values that TF.js decodes, bytes of bool apart", () => {
    const weightData = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
    const theirs = tf.io.decodeWeights(weightData, specs as io.WeightsManifestEntry[]);
    const ours = tfjsFromArtifacts({ modelTopology: keras2(), weightSpecs: specs, weightData }).weights;
    for (const [name, weight] of Object.entries(theirs)) {
      if (name !== "a/bool") expect([...(ours.get(name)?.data ?? [])]).toEqual([...(weight as TfTensor).dataSync()]);
    }
  });
});

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

describe("broken models", () => {
  async function broken(change: (folder: string, path: string) => Promise<unknown>): Promise<string> {
    return inFolder(async (folder) => {
      const path = await save(small(), folder);
      await change(folder, path);
      return refused(folder, async () => {
        const model = await readTfjs(path);
        return toGraph(model);
      });
    });
  }
  const edited = (edit: (text: string) => string) =>
    broken(async (_, path) => writeFile(path, edit(await readFile(path, "utf8"))));

  test("nothing there, a folder without model.json, a URL", async () => {
    await inFolder(async (folder) => {
      const found = await Promise.all(
        [join(folder, "none.json"), folder, "https://example.com/model.json"].map((path) =>
          refused(folder, () => readTfjs(path)),
        ),
      );
      expect(found.join("\n")).toMatchInlineSnapshot(`
        "error[model-not-found]: there is no model at "FOLDER/none.json"
             = hint: a TF.js model is a folder with model.json and its weight files; the path names that model.json
        error[model-not-found]: there is no model at "FOLDER/model.json"
             = hint: a TF.js model is a folder with model.json and its weight files; the path names that model.json
        error[model-remote]: "https://example.com/model.json" is on the network; models are read from files
             = hint: download model.json and the weight files it names into one folder, and name that model.json"
      `);
    });
  });

  test("no JSON, cut JSON, JSON of something else, an array", async () => {
    const found = [
      await edited(() => "MZ"),
      await edited((text) => text.slice(0, 100)),
      await edited(() => '{"name": "package"}'),
      await edited(() => "[]"),
    ];
    expect(found.join("\n")).toMatchInlineSnapshot(`
      "error[model-json-syntax]: "FOLDER/model.json" is not JSON: Unexpected token 'M', "MZ" is not valid JSON
           = hint: write the model with \`model.save()\` of TF.js, or convert a Keras model with \`tensorflowjs_converter --input_format keras\`
      error[model-json-syntax]: "FOLDER/model.json" is not JSON: Expected ',' or '}' after property value in JSON at position 100
           = hint: write the model with \`model.save()\` of TF.js, or convert a Keras model with \`tensorflowjs_converter --input_format keras\`
      error[model-no-topology]: "FOLDER/model.json" has no "modelTopology", so it is not a TF.js model
           = hint: write the model with \`model.save()\` of TF.js, or convert a Keras model with \`tensorflowjs_converter --input_format keras\`
      error[model-json-shape]: the content of "FOLDER/model.json" must be an object, and is []
           = hint: write the model with \`model.save()\` of TF.js, or convert a Keras model with \`tensorflowjs_converter --input_format keras\`"
    `);
  });

  test("JSON too deep to be a model", async () => {
    expect(await edited(() => `${"[".repeat(5000)}${"]".repeat(5000)}`)).toMatchInlineSnapshot(
      `"error[model-json-depth]: "FOLDER/model.json" nests values deeper than 128 levels, which no TF.js model does"`,
    );
  });

  test("a graph-model", async () => {
    const found = [
      await edited((text) => text.replace("layers-model", "graph-model")),
      await edited(() => '{"modelTopology": {"node": []}, "weightsManifest": []}'),
    ];
    expect(found.join("\n")).toMatchInlineSnapshot(`
      "error[graph-model]: "FOLDER/model.json" is a graph-model; only layers-models are read so far
           = hint: convert the Keras model to a layers-model: \`tensorflowjs_converter --input_format keras --output_format tfjs_layers_model\`
      error[graph-model]: "FOLDER/model.json" is a graph-model; only layers-models are read so far
           = hint: convert the Keras model to a layers-model: \`tensorflowjs_converter --input_format keras --output_format tfjs_layers_model\`"
    `);
  });

  test("a weight file that is missing, cut, too long, a folder", async () => {
    const shard = "group1-shard2.bin";
    const found = [
      await edited((text) => text.replace(shard, "gone.bin")),
      await broken((folder) => truncate(join(folder, shard), 10)),
      await broken((folder) => writeFile(join(folder, shard), Buffer.alloc(100))),
      await edited((text) => text.replace(`"${shard}"`, '"."')),
    ];
    expect(found.join("\n")).toMatchInlineSnapshot(`
      "error[shard-missing]: the weight file "gone.bin" that "FOLDER/model.json" names does not exist
           = hint: copy every weight file into the folder of model.json
      error[shard-size]: "group1-shard1.bin", "group1-shard2.bin", "group1-shard3.bin" and 2 more together have 254 bytes; the manifest describes 308 bytes
           = hint: the file is cut short: copy or download it again
      error[shard-size]: "group1-shard1.bin", "group1-shard2.bin", "group1-shard3.bin" and 2 more together have 344 bytes; the manifest describes 308 bytes
           = hint: the files belong to another version of model.json: export model and weights together
      error[shard-outside]: the weight file "." lies outside the folder of "FOLDER/model.json"
           = hint: keep weight files in the folder of model.json and name them without \`..\` or a leading \`/\`"
    `);
  });

  test("weight files outside the folder: by path, by a link", async () => {
    const shard = '"group1-shard2.bin"';
    const found = [
      await edited((text) => text.replace(shard, '"../../other.bin"')),
      await edited((text) => text.replace(shard, '"/elsewhere/weights.bin"')),
      await broken(async (folder, path) => {
        await symlink(fileURLToPath(import.meta.url), join(folder, "link.bin"));
        await writeFile(path, (await readFile(path, "utf8")).replace(shard, '"link.bin"'));
      }),
    ];
    expect(found.join("\n")).toMatchInlineSnapshot(`
      "error[shard-outside]: the weight file "../../other.bin" lies outside the folder of "FOLDER/model.json"
           = hint: keep weight files in the folder of model.json and name them without \`..\` or a leading \`/\`
      error[shard-outside]: the weight file "/elsewhere/weights.bin" lies outside the folder of "FOLDER/model.json"
           = hint: keep weight files in the folder of model.json and name them without \`..\` or a leading \`/\`
      error[shard-outside]: the weight file "link.bin" lies outside the folder of "FOLDER/model.json"
           = hint: keep weight files in the folder of model.json and name them without \`..\` or a leading \`/\`"
    `);
  });

  test("links that stay with the real model.json are followed, as download caches lay models out", async () => {
    await inFolder(async (folder) => {
      await mkdir(join(folder, "blobs"));
      await mkdir(join(folder, "snapshot"));
      await save(small(), join(folder, "blobs"), 1_000_000);
      for (const name of ["model.json", "group1-shard1.bin"]) {
        await symlink(join("..", "blobs", name), join(folder, "snapshot", name));
      }
      expect((await readTfjs(join(folder, "snapshot"))).hash).toBe((await readTfjs(join(folder, "blobs"))).hash);
    });
  });

  test("NaN and infinity in weights", async () => {
    const found = await broken(async (folder, path) => {
      const json = JSON.parse(await readFile(path, "utf8")) as { weightsManifest: { paths: string[] }[] };
      const [group] = json.weightsManifest;
      const bytes = Buffer.concat(await Promise.all((group?.paths ?? []).map((name) => readFile(join(folder, name)))));
      const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
      values.set([Number.NaN, 1, Number.NEGATIVE_INFINITY, Number.NaN], 3);
      if (group) group.paths = ["all.bin"];
      await writeFile(join(folder, "all.bin"), new Uint8Array(values.buffer));
      await writeFile(path, JSON.stringify(json));
    });
    expect(found).toMatchInlineSnapshot(`
      "error[model-weight-not-finite]: weight "conv/kernel" holds 2 NaN and 1 infinite of 18 values
           = hint: training has diverged, or the file is damaged: no measurement on this model means anything"
    `);
  });

  test("weights of another shape, type or name, twice, or numbered", async () => {
    const found = [
      await edited((text) => text.replace('"units":3', '"units":4')),
      await edited((text) =>
        text.replace(
          '"name":"conv/bias","shape":[2],"dtype":"float32"',
          '"name":"conv/bias","shape":[2],"dtype":"complex64"',
        ),
      ),
      await edited((text) => text.replace('"name":"conv/bias"', '"name":"conv/bais"')),
      await edited((text) => text.replace('"name":"conv/bias"', '"name":"conv/kernel"')),
      await edited((text) => text.replace('"name":"conv/bias"', '"name":"layers/conv/vars/1"')),
      await edited((text) => text.replace(/"weightsManifest":.*$/, '"weightsManifest":[]}')),
    ];
    expect(found.join("\n")).toMatchInlineSnapshot(`
      "error[model-weight-shape]: weight "kernel" of layer "head" has shape [18, 3]; the layer needs [18, 4]
           = hint: the weight files belong to another version of model.json: export model and weights together
      error[model-weight-type]: weight "conv/bias" has type complex64; weights may be float32, int32 or bool, stored as such or as uint8, uint16 or float16
      error[model-weight-missing]: layer "conv" needs the weight "conv/bias", which is not among the 4 weights of the model
           = hint: the nearest name is "conv/bais"
      error[model-weight-duplicate]: two weights are called "conv/kernel"
           = hint: give layers of different sub-models different names and export the model again
      error[keras3-archive-weights]: weight "layers/conv/vars/1" is numbered as in a Keras 3 archive, which does not say which layer it belongs to
           = hint: save the model as HDF5 first (\`model.save("model.h5")\`), or set TF_USE_LEGACY_KERAS=1, and convert it again
      error[model-weight-missing]: layer "conv" needs the weight "conv/kernel", which is not among the 0 weights of the model
           = hint: export model and weights together"
    `);
  });

  test("options that make no sense", async () => {
    const found = [
      await edited((text) => text.replace('"units":3', '"units":-3')),
      await edited((text) => text.replace('"kernel_size":[3,3]', '"kernel_size":[3,3,3]')),
      await edited((text) => text.replace('"activation":"relu"', '"activation":"reluu"')),
      await edited((text) => text.replace('"padding":"valid"', '"padding":"causal"')),
      await edited((text) => text.replace('"class_name":"Flatten"', '"class_name":"Flaten"')),
      await edited((text) => text.replace('"batch_input_shape":[null,5,5,1]', '"batch_input_shape":[null,5,"5",1]')),
      await edited((text) => text.replace('"class_name":"Sequential"', '"class_name":"Pipeline"')),
    ];
    expect(found.join("\n")).toMatchInlineSnapshot(`
      "error[layer-option]: units of layer "head" (Dense) must be an integer from 1 to 67108864, and is -3
      error[layer-option]: kernelSize of layer "conv" (Conv2D) must be 2 integers from 1 to 67108864, and is [3,3,3]
      error[unsupported-option]: layer "conv" (Conv2D) has activation "reluu": the activations are elu, selu, relu, relu6, linear, sigmoid, hardSigmoid, softplus, softsign, tanh, softmax, logSoftmax, gelu, gelu_new, mish, swish
      error[unsupported-option]: layer "conv" (Conv2D) has padding "causal": TF.js has no causal padding either
      error[unsupported-layer]: layer "flat" (Flaten) cannot be read
           = hint: did you mean "Flatten"? A layer of your own is given with registerLayer("Flaten", ...)
      error[model-json-shape]: the input shape of "conv_input" must be a list of sizes and nulls, and is [null,5,"5",1]
           = hint: write the model with \`model.save()\` of TF.js, or convert a Keras model with \`tensorflowjs_converter --input_format keras\`
      error[model-json-shape]: "class_name" of the model must be "Sequential", "Functional" or "Model", and is "Pipeline"
           = hint: write the model with \`model.save()\` of TF.js, or convert a Keras model with \`tensorflowjs_converter --input_format keras\`"
    `);
  });

  test("connections that do not close", async () => {
    const input = {
      class_name: "InputLayer",
      name: "x",
      config: { name: "x", batch_input_shape: [null, 2] },
      inbound_nodes: [],
    };
    const add = (name: string, ...from: string[]) => ({
      class_name: "Add",
      name,
      config: { name },
      inbound_nodes: [from.map((layer) => [layer, 0, 0, {}])],
    });
    const model = (...adds: unknown[]) => ({
      modelTopology: {
        class_name: "Model",
        config: { name: "m", layers: [input, ...adds], input_layers: [["x", 0, 0]], output_layers: [["a", 0, 0]] },
      },
    });
    const lowered = (artifacts: unknown) => refused("FOLDER", () => toGraph(tfjsFromArtifacts(artifacts)));
    const found = [
      await lowered(model(add("a", "x", "b"), add("b", "a", "x"))),
      await lowered(model(add("a", "x", "xx"))),
      await lowered(model(add("a", "x"))),
      await lowered(model(add("a", "x", "x"), add("a", "x", "x"))),
    ];
    expect(found.join("\n")).toMatchInlineSnapshot(`
      "error[layers-disconnected]: the inputs of "b" cannot be computed: they wait for one another, or for an input that is not there
      error[layer-unknown]: layer "a" takes its input from "xx", which the model does not have
           = hint: did you mean "x"?
      error[layer-input-count]: layer "a" (Add) takes at least two inputs, and is connected to 1
      error[layer-duplicate]: two layers of one model are called "a""
    `);
  });

  test("values that are no model", async () => {
    const found = await Promise.all(
      [null, 3, {}, { executor: {} }].map((value) => refused("FOLDER", () => tfjsFromArtifacts(value))),
    );
    expect(found.join("\n")).toMatchInlineSnapshot(`
      "error[model-not-in-memory]: null is no TF.js model; a tf.LayersModel is needed, or a path to a model.json
      error[model-not-in-memory]: a value of type number is no TF.js model; a tf.LayersModel is needed, or a path to a model.json
      error[model-not-in-memory]: a value of type object is no TF.js model; a tf.LayersModel is needed, or a path to a model.json
      error[graph-model]: "the model in memory" is a graph-model; only layers-models are read so far
           = hint: convert the Keras model to a layers-model: \`tensorflowjs_converter --input_format keras --output_format tfjs_layers_model\`"
    `);
  });

  test("a summary never throws", async () => {
    await inFolder(async (folder) => {
      const path = await save(small(), folder);
      await writeFile(
        path,
        (await readFile(path, "utf8")).replace('"units":3', '"units":4').replace("Flatten", "Lambda"),
      );
      const { diagnostics, outputs } = summarize(await readTfjs(path));
      expect(outputs).toEqual([{ name: "head" }]);
      expect(diagnostics.map(({ code }) => code)).toEqual(["unsupported-layer"]);
    });
  });
});

const abalone = resolve(dirname(fileURLToPath(import.meta.url)), "../../../../shared/models/abalone");

test.skipIf(!existsSync(abalone))("a third party's model: abalone agrees with TF.js on its own data", async () => {
  const rows = (await readFile(join(abalone, "abalone.csv"), "utf8")).split("\n").slice(1, 201);
  const sexes: Record<string, number> = { M: 0, F: 1, I: 2 };
  const features = rows.map((row) =>
    row
      .split(",")
      .slice(0, 8)
      .map((cell, i) => (i === 0 ? (sexes[cell] ?? 0) : Number(cell))),
  );
  const feed = tensor("float32", [rows.length, 8], Float32Array.from(features.flat()));
  const graph = toGraph(await readTfjs(abalone));
  const loaded = await tf.loadLayersModel(pathToFileURL(join(abalone, "model.json")).href);
  const actual = interpret(graph, { [graph.inputs[0]?.name ?? ""]: feed }).get("dense_Dense3") as Tensor;
  const expected = loaded.predict(tf.tensor(feed.data, [...feed.shape])) as TfTensor;
  expect(relativeError(actual.data as Float32Array, expected.dataSync())).toBeLessThan(1e-4);
});
