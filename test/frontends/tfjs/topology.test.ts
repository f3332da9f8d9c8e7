import type { LayersModel, layers, SymbolicTensor } from "@tensorflow/tfjs";
import { expect, test, vi } from "vitest";
import { DiagnosticError, renderDiagnostic } from "../../../src/base/diagnostic.js";
import { tfjsFromArtifacts } from "../../../src/frontends/tfjs/artifacts.js";
import { toGraph } from "../../../src/frontends/tfjs/graph.js";
import { summarize } from "../../../src/frontends/tfjs/summary.js";
import { parity, tf } from "./parity.js";

const LIMIT = 1e-4;
const L = tf.layers;
const symbol = (value: unknown) => value as SymbolicTensor;

/** A model of one merge layer over inputs of these shapes. */
function merged(layer: layers.Layer, ...shapes: number[][]): LayersModel {
  const inputs = shapes.map((shape) => tf.input({ shape }));
  return tf.model({ inputs, outputs: symbol(layer.apply(inputs)) });
}

const merges: [string, layers.Layer, ...number[][]][] = [
  ["Add of three", L.add(), [3, 4], [3, 4], [3, 4]],
  ["Add that broadcasts", L.add(), [3, 4], [1, 4]],
  ["Add of different ranks", L.add(), [3, 4], [4]],
  ["Multiply", L.multiply(), [3, 4], [3, 4]],
  ["Average of three", L.average(), [5], [5], [5]],
  ["Maximum", L.maximum(), [5], [5], [5]],
  ["Minimum", L.minimum(), [5], [5]],
  ["Concatenate", L.concatenate(), [3, 4], [3, 2]],
  ["Concatenate along the first axis", L.concatenate({ axis: 1 }), [3, 4], [2, 4]],
  ["Dot of vectors", L.dot({ axes: 1 }), [4], [4]],
  ["Dot of vectors, normalized", L.dot({ axes: -1, normalize: true }), [4], [4]],
  ["Dot of matrices", L.dot({ axes: [2, 1] }), [3, 4], [4, 2]],
  ["Dot of matrices over their last axes", L.dot({ axes: 2 }), [3, 4], [2, 4]],
  ["Dot of matrices over their first axes", L.dot({ axes: 1, normalize: true }), [4, 3], [4, 2]],
  ["Dot of a matrix and a vector", L.dot({ axes: [2, 1] }), [3, 4], [4]],
  ["Dot of a vector and a matrix", L.dot({ axes: [1, 2] }), [4], [3, 4]],
];
for (const [label, layer, ...shapes] of merges) {
  test(label, async () => expect((await parity(merged(layer, ...shapes))).error).toBeLessThan(LIMIT));
}

test("a sequential model: its input is called after its first layer, its output after its last", async () => {
  const model = tf.sequential({
    layers: [
      L.conv2d({ name: "stem", inputShape: [6, 6, 1], filters: 2, kernelSize: 3, activation: "relu" }),
      L.flatten(),
      L.dropout({ rate: 0.5 }),
      L.dense({ name: "head", units: 3, activation: "softmax" }),
    ],
  });
  const { error, graph } = await parity(model);
  expect(error).toBeLessThan(LIMIT);
  expect(graph.inputs).toEqual([{ name: "stem_input", type: { dtype: "float32", shape: ["batch", 6, 6, 1] } }]);
  expect(graph.outputs).toEqual([{ name: "head", type: { dtype: "float32", shape: ["batch", 3] } }]);
});

test("a sequential model with an InputLayer keeps that name", async () => {
  const model = tf.sequential({ layers: [L.inputLayer({ inputShape: [4], name: "features" }), L.dense({ units: 2 })] });
  const { error, graph } = await parity(model);
  expect(error).toBeLessThan(LIMIT);
  expect(graph.inputs.map(({ name }) => name)).toEqual(["features"]);
});

test("several inputs and outputs keep TF.js's order", async () => {
  const [a, b] = [tf.input({ shape: [4], name: "a" }), tf.input({ shape: [3], name: "b" })];
  const left = symbol(L.dense({ units: 5, name: "left" }).apply(a));
  const right = symbol(L.dense({ units: 5, name: "right" }).apply(b));
  const sum = symbol(L.add({ name: "sum" }).apply([left, right]));
  const { error, graph } = await parity(tf.model({ inputs: [b, a], outputs: [sum, left] }));
  expect(error).toBeLessThan(LIMIT);
  expect(graph.inputs.map(({ name }) => name)).toEqual(["b", "a"]);
  expect(graph.outputs.map(({ name }) => name)).toEqual(["sum", "left"]);
});

test("a shared layer is two calls of one set of weights", async () => {
  const [a, b] = [tf.input({ shape: [4, 4, 2] }), tf.input({ shape: [4, 4, 2] })];
  const shared = L.conv2d({ name: "shared", filters: 3, kernelSize: 3, padding: "same", activation: "relu" });
  const model = tf.model({
    inputs: [a, b],
    outputs: symbol(L.add().apply([shared.apply(a), shared.apply(b)].map(symbol))),
  });
  const { error, graph } = await parity(model);
  expect(error).toBeLessThan(LIMIT);
  const convolutions = graph.nodes.filter(({ opType }) => opType === "Conv");
  expect(convolutions.map(({ inputs }) => inputs.slice(1))).toEqual([
    ["shared/kernel", "shared/bias"],
    ["shared/kernel", "shared/bias"],
  ]);
  expect(graph.initializers.size).toBe(2);
});

function encoder(): LayersModel {
  const input = tf.input({ shape: [5] });
  const hidden = symbol(L.dense({ units: 4, activation: "relu", name: "hidden" }).apply(input));
  return tf.model({
    inputs: input,
    outputs: symbol(L.dense({ units: 3, name: "code" }).apply(hidden)),
    name: "encoder",
  });
}

test("a model used twice as a layer; its layers carry its name", async () => {
  const [a, b] = [tf.input({ shape: [5] }), tf.input({ shape: [5] })];
  const inner = encoder();
  const both = symbol(L.concatenate().apply([inner.apply(a), inner.apply(b)].map(symbol)));
  const { error, graph } = await parity(tf.model({ inputs: [a, b], outputs: both }));
  expect(error).toBeLessThan(LIMIT);
  expect(new Set(graph.nodes.map(({ layer }) => layer))).toEqual(
    new Set(["encoder/hidden", "encoder/code", expect.stringMatching(/^concatenate/)]),
  );
});

test("models in a sequential model: as its first layer and in its middle, and in a TimeDistributed", async () => {
  const first = tf.sequential({ layers: [encoder(), L.dense({ units: 2 })] });
  const middle = tf.sequential({
    layers: [
      L.dense({ units: 5, inputShape: [3] }),
      tf.sequential({ layers: [L.dense({ units: 4, inputShape: [5] })] }),
      L.dense({ units: 2 }),
    ],
  });
  const input = tf.input({ shape: [3, 5] });
  const steps = tf.model({
    inputs: input,
    outputs: symbol(L.timeDistributed({ layer: encoder() as unknown as layers.Layer }).apply(input)),
  });
  expect((await parity(first)).error).toBeLessThan(LIMIT);
  expect((await parity(middle)).error).toBeLessThan(LIMIT);
  expect((await parity(steps)).error).toBeLessThan(LIMIT);
});

test("an output that is an input, an identity layer, or another output gets a value of its own", async () => {
  const input = tf.input({ shape: [4], name: "x" });
  const y = symbol(L.dense({ units: 2, name: "y" }).apply(input));
  const dropped = symbol(L.dropout({ rate: 0.1, name: "dropped" }).apply(y));
  const { error, graph } = await parity(tf.model({ inputs: input, outputs: [y, dropped, input] }));
  expect(error).toBeLessThan(LIMIT);
  expect(graph.outputs.map(({ name }) => name)).toEqual(["y", "dropped", "x:1"]);
});

for (const kind of ["lstm", "gru", "simpleRNN"] as const) {
  test(`${kind}: its states go out, and into a decoder`, async () => {
    // TF.js warns that it does not save the argument; it saves the states as further inputs.
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const [source, target] = [tf.input({ shape: [4, 3] }), tf.input({ shape: [5, 3] })];
    const [, ...states] = L[kind]({ units: 4, returnState: true }).apply(source) as SymbolicTensor[];
    const decoder = L[kind]({ units: 4, returnSequences: true });
    const decoded = symbol(decoder.apply(target, { initialState: states }));
    const model = tf.model({ inputs: [source, target], outputs: [decoded, ...states] });
    expect((await parity(model)).error).toBeLessThan(LIMIT);
  });
}

test("Bidirectional: both directions apart, and with their states", async () => {
  const input = tf.input({ shape: [4, 3] });
  for (const returnSequences of [false, true]) {
    for (const goBackwards of [false, true]) {
      const layer = L.lstm({ units: 4, returnSequences, returnState: true, goBackwards }) as layers.RNN;
      const outputs = L.bidirectional({ layer, mergeMode: "concat" }).apply(input) as SymbolicTensor[];
      expect((await parity(tf.model({ inputs: input, outputs }))).error).toBeLessThan(LIMIT);
      const plain = L.gru({ units: 4, returnSequences, goBackwards }) as layers.RNN;
      const apart = L.bidirectional({ layer: plain, mergeMode: null as never }).apply(input) as SymbolicTensor[];
      expect((await parity(tf.model({ inputs: input, outputs: apart }))).error).toBeLessThan(LIMIT);
    }
  }
});

test("open input sizes come from inputShape", async () => {
  const input = tf.input({ shape: [null, null, 2] as unknown as number[] });
  const x = symbol(L.conv2d({ filters: 3, kernelSize: 3, strides: 2, padding: "same" }).apply(input));
  const model = tf.model({ inputs: input, outputs: symbol(L.globalAveragePooling2d({}).apply(x)) });
  expect((await parity(model, { inputShape: [6, 7, 2] })).error).toBeLessThan(LIMIT);
});

test("tokens through an embedding and recurrent layers", async () => {
  const model = tf.sequential({
    layers: [
      L.embedding({ inputDim: 20, outputDim: 4, inputLength: 6 }),
      L.bidirectional({ layer: L.lstm({ units: 3, returnSequences: true }) as layers.RNN, mergeMode: "concat" }),
      L.gru({ units: 3 }),
      L.dense({ units: 2, activation: "softmax" }),
    ],
  });
  expect((await parity(model, { tokens: 20 })).error).toBeLessThan(LIMIT);
});

test("a mask that nothing reads is harmless; one that an LSTM reads is refused", async () => {
  const masked = [
    L.embedding({ inputDim: 9, outputDim: 3, inputLength: 4, maskZero: true, name: "words" }),
    L.dropout({ rate: 0.1 }),
  ];
  const pooled = tf.sequential({ layers: [...masked, L.globalAveragePooling1d()] });
  expect((await parity(pooled, { tokens: 9 })).error).toBeLessThan(LIMIT);
  const masking = tf.sequential({ layers: [L.masking({ maskValue: 0, inputShape: [3, 2] }), L.flatten()] });
  expect((await parity(masking)).error).toBeLessThan(LIMIT);
  const words = L.embedding({ inputDim: 9, outputDim: 3, inputLength: 4, maskZero: true, name: "words" });
  const read = tf.sequential({ layers: [words, L.dropout({ rate: 0.1 }), L.lstm({ units: 2, name: "reader" })] });
  expect(refusal(read)).toMatchInlineSnapshot(`
    "error[mask-read]: layer "reader" (LSTM) skips the steps that "words" masks, which cannot be executed
         = hint: train with a fixed sequence length and without mask_zero or Masking; padding then is an ordinary token"
  `);
});

test("a model's summary", () => {
  const input = tf.input({ shape: [null, null, 1] as unknown as number[], name: "image" });
  let x = symbol(L.conv2d({ filters: 2, kernelSize: 3, name: "conv" }).apply(input));
  x = symbol(L.batchNormalization({ name: "norm" }).apply(x));
  x = symbol(L.depthwiseConv2d({ kernelSize: 3, dilationRate: 2, name: "depth" }).apply(x));
  x = symbol(L.globalAveragePooling2d({ name: "pool" }).apply(x));
  x = symbol(L.reshape({ targetShape: [2, 1], name: "steps" }).apply(x));
  x = symbol(L.timeDistributed({ layer: L.dense({ units: 5 }), name: "each" }).apply(x));
  const recurrent = L.bidirectional({ layer: L.lstm({ units: 3 }) as layers.RNN, mergeMode: "concat", name: "both" });
  const model = tfjsFromArtifacts(tf.model({ inputs: input, outputs: symbol(recurrent.apply(x)) }));
  const { diagnostics, ...open } = summarize(model);
  expect(open).toMatchInlineSnapshot(`
    {
      "inputs": [
        {
          "name": "image",
          "shape": [
            null,
            null,
            1,
          ],
        },
      ],
      "layers": [
        {
          "className": "Conv2D",
          "name": "conv",
          "parameters": 20,
          "quantizable": true,
        },
        {
          "className": "BatchNormalization",
          "name": "norm",
          "parameters": 8,
          "quantizable": false,
        },
        {
          "className": "DepthwiseConv2D",
          "name": "depth",
          "parameters": 20,
          "quantizable": true,
        },
        {
          "className": "GlobalAveragePooling2D",
          "name": "pool",
          "parameters": 0,
          "quantizable": false,
        },
        {
          "className": "Reshape",
          "name": "steps",
          "parameters": 0,
          "quantizable": false,
        },
        {
          "className": "TimeDistributed",
          "name": "each",
          "parameters": 10,
          "quantizable": true,
        },
        {
          "className": "Bidirectional",
          "name": "both",
          "parameters": 216,
          "quantizable": true,
        },
      ],
      "outputs": [
        {
          "name": "both",
        },
      ],
    }
  `);
  expect(diagnostics.map((d) => renderDiagnostic(d, new Map())).join("\n")).toMatchInlineSnapshot(`
    "warning[option-ignored]: layer "depth" (DepthwiseConv2D) has dilationRate [2,2], which TF.js ignores; so does Nibble
         = hint: if the model was trained in Keras, its outputs differ there
    error[model-input-open]: input "image" has shape [?, ?, 1], with sizes left open
         = hint: name them: tfjs("...") { input_shape: [224, 224, 1] }"
  `);
  expect(summarize(model, { inputShape: [9, 9, 1] }).outputs).toEqual([{ name: "both", shape: [6] }]);
});

function refusal(model: LayersModel, inputShape?: readonly number[]): string {
  try {
    toGraph(tfjsFromArtifacts(model), inputShape === undefined ? {} : { inputShape });
  } catch (error) {
    if (error instanceof DiagnosticError)
      return error.diagnostics.map((d) => renderDiagnostic(d, new Map())).join("\n");
    throw error;
  }
  return "not refused";
}

test("what cannot be lowered is named, all of it, with what to do", () => {
  const input = tf.input({ shape: [4, 4, 4, 1] });
  const x = symbol(L.conv3d({ filters: 1, kernelSize: 2, name: "volume" }).apply(input));
  const model = tf.model({ inputs: input, outputs: symbol(L.maxPooling3d({ name: "pool" }).apply(x)) });
  expect(refusal(model)).toMatchInlineSnapshot(`
    "error[unsupported-layer]: layer "volume" (Conv3D) cannot be read: windows over three dimensions have no kernels here
         = hint: rebuild the model without it, or teach Nibble the class from TypeScript: registerLayers(module)
    error[unsupported-layer]: layer "pool" (MaxPooling3D) cannot be read: windows over three dimensions have no kernels here
         = hint: rebuild the model without it, or teach Nibble the class from TypeScript: registerLayers(module)"
  `);
});

test("open, wrong and needless input shapes", () => {
  const open = tf.sequential({
    layers: [L.conv2d({ filters: 1, kernelSize: 3, inputShape: [null, 8, 1] as unknown as number[], name: "conv" })],
  });
  expect(refusal(open)).toMatchInlineSnapshot(`
    "error[model-input-open]: input "conv_input" has shape [?, 8, 1], with sizes left open
         = hint: name them: tfjs("...") { input_shape: [224, 8, 1] }"
  `);
  expect(refusal(open, [4, 9, 1])).toMatchInlineSnapshot(
    `"error[model-input-mismatch]: input_shape [4, 9, 1] does not fit input "conv_input", which has shape [?, 8, 1]"`,
  );
  expect(refusal(open, [2, 8, 1])).toMatchInlineSnapshot(
    `"error[layer-sizes]: layer "conv" (Conv2D) does not fit its input [2, 8, 1]: a window of 3 is larger than the size 2 it slides over"`,
  );
  expect(refusal(merged(L.add(), [2], [2]), [2])).toMatchInlineSnapshot(`
    "error[model-input-several]: input_shape is for models with one input; this one has "input53", "input54"
         = hint: export the model with fixed input sizes"
  `);
});

test("options that no kernel has", () => {
  const stateful = tf.sequential({
    layers: [L.lstm({ units: 2, stateful: true, batchInputShape: [1, 3, 2], name: "memory" })],
  });
  expect(refusal(stateful)).toMatchInlineSnapshot(
    `"error[unsupported-option]: layer "memory" (LSTM) has stateful true: its outputs depend on earlier calls, so that no sample stands alone"`,
  );
  const selu = tf.sequential({ layers: [L.gru({ units: 2, activation: "selu", inputShape: [3, 2], name: "gates" })] });
  expect(refusal(selu)).toMatchInlineSnapshot(
    `"error[unsupported-option]: layer "gates" (GRU) has activation "selu": recurrent kernels have relu, tanh, sigmoid, hardSigmoid, linear, elu, softsign, softplus"`,
  );
});
