import { expect, test } from "vitest";
import { lowerGraphModel } from "../../../src/frontends/tfjs-graph/lower.js";
import { interpret } from "../../../src/ir/interpret.js";
import { tensorFrom } from "../../../src/tensor/tensor.js";
import { normal } from "../../ir/operators/one-node.js";
import { relativeError, tf } from "../tfjs/parity.js";
import { graphFile } from "./graph-file.js";

/** A convolution between SpaceToBatchND and BatchToSpaceND, as TensorFlow wrote a dilated one. */
function dilatedModel(convolution: "Conv2D" | "DepthwiseConv2dNative", crops: readonly number[]) {
  const file = graphFile();
  const x = file.input("x", "float32", [null, 7, 9, 3]);
  const block = file.constant("block", tensorFrom("int32", [2], [2, 3]));
  const pads = file.constant("pads", tensorFrom("int32", [2, 2], [2, 3, 3, 3]));
  const cropped = file.constant("crops", tensorFrom("int32", [2, 2], crops));
  const kernel = file.constant("kernel", normal(1, convolution === "Conv2D" ? [3, 3, 3, 4] : [3, 3, 3, 1]));
  const bias = file.constant("bias", normal(2, [convolution === "Conv2D" ? 4 : 3]));
  const split = file.node("split", "SpaceToBatchND", [x, block, pads]);
  const attributes = { padding: "VALID", strides: [1, 1, 1, 1], dilations: [1, 1, 1, 1], data_format: "NHWC" };
  const conv = file.node("conv", convolution, [split, kernel], attributes);
  const biased = file.node("biased", "BiasAdd", [conv, bias]);
  const joined = file.node("joined", "BatchToSpaceND", [biased, block, cropped]);
  file.output(file.node("relu", "Relu", [joined]));
  return file;
}

test.each([
  ["Conv2D", [0, 1, 0, 0]],
  ["Conv2D", [1, 2, 3, 1]],
  ["DepthwiseConv2dNative", [0, 1, 0, 2]],
] as const)("%s with crops %j is one dilated convolution, and computes what TF.js does", async (convolution, crops) => {
  const file = dilatedModel(convolution, crops);
  const { graph } = lowerGraphModel(file.model());
  const operators = graph.nodes.map(({ opType }) => opType);
  expect(operators.filter((opType) => opType === "Conv")).toHaveLength(1);
  expect(operators).not.toContain("Reshape");
  const x = normal(3, [2, 7, 9, 3]);
  const model = await tf.loadGraphModel(tf.io.fromMemory(file.artifacts()));
  const expected = model.execute({ x: tf.tensor(x.data, [2, 7, 9, 3]) }, "relu") as {
    shape: number[];
    dataSync(): Float32Array;
  };
  const found = interpret(graph, { x }).get(graph.outputs[0]?.name ?? "");
  expect(found?.shape).toEqual(expected.shape);
  expect(relativeError((found?.data ?? []) as Float32Array, expected.dataSync())).toBeLessThan(1e-5);
});

test("crops that are wider than the padding leave the blocks as they are", () => {
  const { graph } = lowerGraphModel(dilatedModel("Conv2D", [3, 1, 0, 0]).model());
  expect(graph.nodes.map(({ opType }) => opType)).toContain("Slice");
});
