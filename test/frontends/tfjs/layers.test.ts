import type { layers, Tensor4D } from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { tfjsFromArtifacts } from "../../../src/frontends/tfjs/artifacts.js";
import { toGraph } from "../../../src/frontends/tfjs/graph.js";
import { interpret } from "../../../src/ir/interpret.js";
import { tensor } from "../../../src/tensor/tensor.js";
import { chain, type ParityOptions, parity, randomize, relativeError, tf } from "./parity.js";

const LIMIT = 1e-4;
const L = tf.layers;

type Case = [label: string, shape: number[], layer: layers.Layer, options?: ParityOptions];

const activationNames = [
  "elu",
  "hardSigmoid",
  "linear",
  "relu",
  "relu6",
  "selu",
  "sigmoid",
  "softmax",
  "softplus",
  "softsign",
  "tanh",
  "swish",
  "mish",
  "gelu",
  "gelu_new",
  "logSoftmax",
] as const;

const dense: Case[] = [
  ["Dense without bias", [5], L.dense({ units: 4, useBias: false })],
  ["Dense on three dimensions", [3, 5], L.dense({ units: 4, activation: "tanh" })],
  ["Dense on four dimensions, no bias", [2, 3, 5], L.dense({ units: 4, useBias: false })],
  ...activationNames.map(
    (activation): Case => [`Dense ${activation}`, [5], L.dense({ units: 6, activation: activation as "relu" })],
  ),
  ...activationNames.map(
    (activation): Case => [`Activation ${activation}`, [2, 6], L.activation({ activation: activation as "relu" })],
  ),
];

const activations: Case[] = [
  ["ReLU", [6], L.reLU()],
  ["ReLU with a maximum", [6], L.reLU({ maxValue: 0.7 })],
  ["LeakyReLU", [6], L.leakyReLU({ alpha: 0.2 })],
  ["LeakyReLU with the default slope", [6], L.leakyReLU()],
  ["PReLU", [3, 4, 2], L.prelu()],
  ["PReLU shared over the image", [3, 4, 2], L.prelu({ sharedAxes: [1, 2] })],
  ["PReLU on a vector", [5], L.prelu()],
  ["ELU", [6], L.elu()],
  ["ThresholdedReLU", [6], L.thresholdedReLU({ theta: 0.5 })],
  ["Softmax", [2, 6], L.softmax({ axis: -1 })],
  ["Softmax over two axes", [2, 3, 4], L.softmax({ axis: [2, 3] as unknown as number })],
];

const normalizations: Case[] = [
  ["BatchNormalization on an image", [3, 4, 2], L.batchNormalization()],
  ["BatchNormalization on a vector", [5], L.batchNormalization({ epsilon: 0.01 })],
  ["BatchNormalization on a sequence", [4, 3], L.batchNormalization()],
  ["BatchNormalization without scale", [3, 4, 2], L.batchNormalization({ scale: false })],
  ["BatchNormalization without center", [3, 4, 2], L.batchNormalization({ center: false })],
  ["LayerNormalization", [3, 5], L.layerNormalization()],
  ["LayerNormalization without scale and center", [5], L.layerNormalization({ scale: false, center: false })],
  ["LayerNormalization over two axes", [2, 3, 4], L.layerNormalization({ axis: [2, 3] })],
  ["LayerNormalization over an axis in the middle", [3, 5], L.layerNormalization({ axis: 1 })],
];

const trainingOnly: Case[] = [
  ["Dropout", [5], L.dropout({ rate: 0.5 })],
  ["SpatialDropout1D", [4, 3], L.spatialDropout1d({ rate: 0.5 } as never)],
  ["GaussianNoise", [5], L.gaussianNoise({ stddev: 1 })],
  ["GaussianDropout", [5], L.gaussianDropout({ rate: 0.5 })],
  ["AlphaDropout", [5], L.alphaDropout({ rate: 0.5 })],
];

const shaping: Case[] = [
  ["Flatten", [3, 4, 2], L.flatten()],
  ["Flatten with channels first", [2, 3, 4], L.flatten({ dataFormat: "channelsFirst" })],
  ["Reshape", [12], L.reshape({ targetShape: [3, 4] })],
  ["Reshape with an open size", [3, 4], L.reshape({ targetShape: [2, -1, 3] })],
  ["Permute", [3, 4, 2], L.permute({ dims: [3, 1, 2] })],
  ["RepeatVector", [5], L.repeatVector({ n: 3 })],
  ["ZeroPadding2D by default", [3, 4, 2], L.zeroPadding2d()],
  [
    "ZeroPadding2D of four borders",
    [3, 4, 2],
    L.zeroPadding2d({
      padding: [
        [1, 2],
        [0, 3],
      ],
    }),
  ],
  ["ZeroPadding2D with channels first", [2, 3, 4], L.zeroPadding2d({ padding: [1, 2], dataFormat: "channelsFirst" })],
  [
    "Cropping2D",
    [5, 6, 2],
    L.cropping2D({
      cropping: [
        [1, 0],
        [2, 1],
      ],
    }),
  ],
  ["Cropping2D by one number", [5, 6, 2], L.cropping2D({ cropping: 1 as never })],
  [
    "Cropping2D with channels first",
    [2, 5, 6],
    L.cropping2D({ cropping: [1, 2] as never, dataFormat: "channelsFirst" }),
  ],
];

const resizing: Case[] = [
  ["UpSampling2D", [3, 4, 2], L.upSampling2d({ size: [2, 3] })],
  ["UpSampling2D bilinear", [3, 4, 2], L.upSampling2d({ size: [2, 3], interpolation: "bilinear" })],
  ["UpSampling2D with channels first", [2, 3, 4], L.upSampling2d({ dataFormat: "channelsFirst" })],
  ["CenterCrop", [7, 8, 2], L.centerCrop({ height: 4, width: 5 })],
  ["CenterCrop to a larger size", [3, 4, 2], L.centerCrop({ height: 6, width: 6 })],
  ["CenterCrop of one row", [5, 5, 1], L.centerCrop({ height: 1, width: 4 })],
  ["Rescaling", [4], L.rescaling({ scale: 1 / 127.5, offset: -1 })],
  ["Rescaling without offset", [4], L.rescaling({ scale: 0.25 })],
];

const encoding: Case[] = [
  ["Embedding", [4], L.embedding({ inputDim: 9, outputDim: 3 }), { tokens: 9 }],
  ["Embedding with a fixed length", [4], L.embedding({ inputDim: 9, outputDim: 3, inputLength: 4 }), { tokens: 9 }],
  ["CategoryEncoding multiHot", [4], L.categoryEncoding({ numTokens: 6, outputMode: "multiHot" }), { tokens: 6 }],
  ["CategoryEncoding count", [4], L.categoryEncoding({ numTokens: 6, outputMode: "count" }), { tokens: 6 }],
];

const pooling: Case[] = [
  ["GlobalMaxPooling1D", [5, 3], L.globalMaxPooling1d()],
  ["GlobalAveragePooling1D", [5, 3], L.globalAveragePooling1d()],
  ["GlobalMaxPooling2D", [5, 4, 3], L.globalMaxPooling2d({})],
  ["GlobalAveragePooling2D", [5, 4, 3], L.globalAveragePooling2d({})],
  ["GlobalAveragePooling2D with channels first", [3, 5, 4], L.globalAveragePooling2d({ dataFormat: "channelsFirst" })],
  [
    "AveragePooling2D with channels first",
    [3, 5, 4],
    L.averagePooling2d({ padding: "same", dataFormat: "channelsFirst" }),
  ],
];
for (const padding of ["same", "valid"] as const) {
  for (const strides of [1, 2, 3]) {
    const label = `${padding} stride ${strides}`;
    pooling.push(
      [`MaxPooling2D ${label}`, [7, 8, 2], L.maxPooling2d({ poolSize: [3, 2], strides, padding })],
      [`AveragePooling2D ${label}`, [7, 8, 2], L.averagePooling2d({ poolSize: 3, strides, padding })],
      [`MaxPooling1D ${label}`, [8, 2], L.maxPooling1d({ poolSize: 3, strides, padding })],
      [`AveragePooling1D ${label}`, [7, 2], L.averagePooling1d({ poolSize: 3, strides, padding })],
    );
  }
}

const recurrent: Case[] = [];
for (const returnSequences of [false, true]) {
  for (const goBackwards of [false, true]) {
    const options = { units: 4, returnSequences, goBackwards };
    const label = `${returnSequences ? "all steps" : "last step"}${goBackwards ? " backwards" : ""}`;
    recurrent.push(
      [`LSTM ${label}`, [5, 3], L.lstm(options)],
      [`GRU ${label}`, [5, 3], L.gru(options)],
      [`SimpleRNN ${label}`, [5, 3], L.simpleRNN(options)],
    );
    for (const mergeMode of ["concat", "sum", "ave", "mul"] as const) {
      const layer = L.lstm(options) as layers.RNN;
      recurrent.push([`Bidirectional LSTM ${mergeMode} ${label}`, [5, 3], L.bidirectional({ layer, mergeMode })]);
    }
    recurrent.push([
      `Bidirectional GRU ${label}`,
      [5, 3],
      L.bidirectional({ layer: L.gru(options) as layers.RNN, mergeMode: "concat" }),
    ]);
  }
}
for (const activation of ["relu", "sigmoid", "linear", "elu", "softsign", "softplus", "hardSigmoid"] as const) {
  recurrent.push(
    [`LSTM ${activation}`, [4, 3], L.lstm({ units: 3, activation, recurrentActivation: "sigmoid", useBias: false })],
    [`GRU ${activation}`, [4, 3], L.gru({ units: 3, activation, recurrentActivation: "sigmoid" })],
    [`SimpleRNN ${activation}`, [4, 3], L.simpleRNN({ units: 3, activation })],
  );
}

const wrapped: Case[] = [
  ["TimeDistributed Dense", [4, 3], L.timeDistributed({ layer: L.dense({ units: 2, activation: "relu" }) })],
  ["TimeDistributed Conv2D", [2, 5, 5, 2], L.timeDistributed({ layer: L.conv2d({ filters: 3, kernelSize: 3 }) })],
  ["TimeDistributed LSTM", [3, 4, 2], L.timeDistributed({ layer: L.lstm({ units: 3 }) })],
  ["TimeDistributed BatchNormalization", [3, 4], L.timeDistributed({ layer: L.batchNormalization() })],
];

const families = {
  dense,
  activations,
  normalizations,
  trainingOnly,
  shaping,
  resizing,
  encoding,
  pooling,
  recurrent,
  wrapped,
};

for (const [family, cases] of Object.entries(families)) {
  for (const [label, shape, layer, options] of cases) {
    test(`${family}: ${label}`, async () => {
      expect((await parity(chain(shape, layer), options)).error).toBeLessThan(LIMIT);
    });
  }
}

test("CategoryEncoding oneHot", async () => {
  // TF.js writes the layer's output size into the shape of an input right before it.
  const layers = [L.reshape({ targetShape: [1] }), L.categoryEncoding({ numTokens: 6, outputMode: "oneHot" })];
  expect((await parity(chain([1], ...layers), { tokens: 6 })).error).toBe(0);
});

test("BatchNormalization with channels first is the one with channels last between two permutations", async () => {
  // TF.js's own cpu and wasm backends read the wrong channel here; its native one agrees with the graph.
  const first = randomize(chain([2, 3, 4], L.batchNormalization({ axis: 1, name: "bn" })));
  const last = chain([2, 3, 4], L.permute({ dims: [2, 3, 1] }), L.batchNormalization(), L.permute({ dims: [3, 1, 2] }));
  last.setWeights(first.getWeights());
  const graph = toGraph(tfjsFromArtifacts(first));
  const x = tf.randomUniform([2, 2, 3, 4], -1, 1, "float32", 3);
  const feed = { [graph.inputs[0]?.name ?? ""]: tensor("float32", x.shape, x.dataSync() as Float32Array) };
  const expected = last.predict(x) as typeof x;
  expect(relativeError(interpret(graph, feed).get("bn")?.data as Float32Array, expected.dataSync())).toBeLessThan(
    LIMIT,
  );
});

for (const interpolation of ["bilinear", "nearest"] as const) {
  for (const cropToAspectRatio of [false, true]) {
    test(`Resizing ${interpolation}, ${cropToAspectRatio ? "corners free" : "corners aligned"}`, () => {
      // TF.js 4.22 hands its own layer a list where it wants a tensor, so the layer's formula is the reference.
      const resize = interpolation === "bilinear" ? tf.image.resizeBilinear : tf.image.resizeNearestNeighbor;
      for (const [height, width] of [
        [5, 7],
        [3, 1],
        [2, 9],
        [8, 3],
      ] as const) {
        const model = chain(
          [5, 4, 2],
          L.resizing({ height, width, interpolation, cropToAspectRatio, name: "resized" }),
        );
        const graph = toGraph(tfjsFromArtifacts(model));
        const x = tf.randomUniform([2, 5, 4, 2], -1, 1, "float32", 3) as Tensor4D;
        const feed = { [graph.inputs[0]?.name ?? ""]: tensor("float32", x.shape, x.dataSync() as Float32Array) };
        const actual = interpret(graph, feed).get("resized");
        expect(actual?.shape).toEqual([2, height, width, 2]);
        const expected = resize(x, [height, width], !cropToAspectRatio).dataSync();
        expect(relativeError(actual?.data as Float32Array, expected)).toBeLessThan(LIMIT);
      }
    });
  }
}
