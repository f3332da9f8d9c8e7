import { expect, test } from "vitest";
import { chain, parity, tf } from "./parity.js";

const LIMIT = 1e-4;
const images: [number, number, number][] = [
  [8, 8, 3],
  [7, 9, 2],
];

for (const shape of images) {
  for (const padding of ["same", "valid"] as const) {
    for (const strides of [1, 2, 3]) {
      const label = `${shape.join("x")} ${padding} stride ${strides}`;
      test(`Conv2D ${label}`, async () => {
        const layer = tf.layers.conv2d({ filters: 4, kernelSize: [3, 2], strides, padding, activation: "relu" });
        expect((await parity(chain(shape, layer))).error).toBeLessThan(LIMIT);
      });
      test(`DepthwiseConv2D ${label}`, async () => {
        const layer = tf.layers.depthwiseConv2d({
          kernelSize: 3,
          strides,
          padding,
          depthMultiplier: 2,
          activation: "relu6",
        });
        expect((await parity(chain(shape, layer))).error).toBeLessThan(LIMIT);
      });
      test(`SeparableConv2D ${label}`, async () => {
        const layer = tf.layers.separableConv2d({ filters: 3, kernelSize: 3, strides, padding, depthMultiplier: 2 });
        expect((await parity(chain(shape, layer))).error).toBeLessThan(LIMIT);
      });
      test(`Conv2DTranspose ${label}`, async () => {
        const layer = tf.layers.conv2dTranspose({ filters: 4, kernelSize: [2, 3], strides, padding });
        expect((await parity(chain(shape, layer))).error).toBeLessThan(LIMIT);
      });
      test(`Conv1D ${label}`, async () => {
        const layer = tf.layers.conv1d({ filters: 4, kernelSize: 3, strides, padding, activation: "tanh" });
        expect((await parity(chain(shape.slice(0, 2), layer))).error).toBeLessThan(LIMIT);
      });
    }
  }
}

for (const padding of ["same", "valid"] as const) {
  test(`dilated Conv2D, Conv1D and SeparableConv2D, ${padding}`, async () => {
    const dilationRate = 2;
    const conv2d = tf.layers.conv2d({ filters: 4, kernelSize: 3, dilationRate, padding, useBias: false });
    const separable = tf.layers.separableConv2d({ filters: 4, kernelSize: 3, dilationRate, padding });
    const conv1d = tf.layers.conv1d({ filters: 4, kernelSize: 3, dilationRate, padding });
    expect((await parity(chain([9, 8, 2], conv2d))).error).toBeLessThan(LIMIT);
    expect((await parity(chain([9, 8, 2], separable))).error).toBeLessThan(LIMIT);
    expect((await parity(chain([9, 3], conv1d))).error).toBeLessThan(LIMIT);
  });
}

test("TF.js computes DepthwiseConv2D without its dilation, and so does the graph", async () => {
  const layer = tf.layers.depthwiseConv2d({ kernelSize: 3, dilationRate: 2, padding: "same" });
  expect((await parity(chain([9, 8, 2], layer))).error).toBeLessThan(LIMIT);
});

test("channels first: no Transposes around a convolution, and the same numbers", async () => {
  const dataFormat = "channelsFirst";
  const layers = [
    tf.layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, padding: "same", dataFormat, activation: "softmax" }),
    tf.layers.depthwiseConv2d({ kernelSize: 3, padding: "same", dataFormat }),
    tf.layers.conv2dTranspose({ filters: 3, kernelSize: 3, strides: 2, padding: "same", dataFormat }),
    tf.layers.separableConv2d({ filters: 2, kernelSize: 3, dataFormat, useBias: false }),
  ];
  const { error, graph } = await parity(chain([3, 9, 8], ...layers));
  expect(error).toBeLessThan(LIMIT);
  expect(graph.nodes.filter(({ opType }) => opType === "Transpose")).toEqual([]);
});

test("a Conv2D becomes one Conv between two Transposes, its weights called as in TF.js", async () => {
  const layer = tf.layers.conv2d({ name: "stem", filters: 4, kernelSize: 3, padding: "same", activation: "relu" });
  const { graph } = await parity(chain([4, 4, 3], layer));
  expect(graph.nodes.map(({ name, opType, inputs, layer: of }) => [name, opType, inputs.slice(1), of])).toEqual([
    ["stem/Transpose", "Transpose", [], "stem"],
    ["stem/Conv", "Conv", ["stem/kernel", "stem/bias"], "stem"],
    ["stem/Transpose_1", "Transpose", [], "stem"],
    ["stem/Relu", "Relu", [], "stem"],
  ]);
  expect(graph.initializers.get("stem/kernel")?.shape).toEqual([4, 3, 3, 3]);
  expect(graph.outputs.map(({ name, type }) => [name, type.shape])).toEqual([["stem", ["batch", 4, 4, 4]]]);
});
