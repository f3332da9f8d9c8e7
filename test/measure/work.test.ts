import { expect, test } from "vitest";
import { type GraphBuilder, graphBuilder } from "../../src/ir/builder.js";
import { graphWork, nodeWork } from "../../src/measure/work.js";
import { tensorFrom, zeros } from "../../src/tensor/tensor.js";

/** The work of a graph of one node, whose input is x and whose other inputs are constants. */
function workOf(
  shape: readonly (number | string)[],
  node: (g: GraphBuilder, x: string, constant: (shape: readonly number[]) => string) => string,
) {
  const g = graphBuilder("net");
  const x = g.input("x", "float32", shape);
  const constant = (sizes: readonly number[]) => g.constant(g.freeName("w"), zeros("float32", sizes));
  return graphWork(g.build([node(g, x, constant)]));
}

test("a convolution multiplies a filter for each output; a batch counts as one sample", () => {
  const conv = (kernel: readonly number[], attributes: Record<string, number | number[]>) =>
    workOf(["batch", 2, 6, 6], (g, x, w) => g.node("Conv", [x, w(kernel)], { kernel_shape: [3, 3], ...attributes }));
  expect(conv([5, 2, 3, 3], {})).toEqual({ multiplyAdds: 4 * 4 * 5 * 18, elements: 80 });
  expect(conv([5, 2, 3, 3], { strides: [2, 2] })).toEqual({ multiplyAdds: 2 * 2 * 5 * 18, elements: 20 });
  expect(conv([4, 1, 3, 3], { group: 2 })).toEqual({ multiplyAdds: 4 * 4 * 4 * 9, elements: 64 });
});

test("a transposed convolution multiplies a filter for each input", () => {
  expect(
    workOf(["batch", 2, 3, 3], (g, x, w) => g.node("ConvTranspose", [x, w([2, 4, 2, 2])], { kernel_shape: [2, 2] })),
  ).toEqual({ multiplyAdds: 9 * 2 * 16, elements: 4 * 4 * 4 });
});

test("a product multiplies along its inner size, turned or not", () => {
  expect(workOf(["batch", 7], (g, x, w) => g.node("Gemm", [x, w([7, 3])]))).toEqual({ multiplyAdds: 21, elements: 3 });
  expect(workOf([7, 5], (g, x, w) => g.node("Gemm", [x, w([7, 3])], { transA: 1 }))).toEqual({
    multiplyAdds: 5 * 3 * 7,
    elements: 15,
  });
  expect(workOf(["batch", 4, 7], (g, x, w) => g.node("MatMul", [x, w([7, 3])]))).toEqual({
    multiplyAdds: 4 * 3 * 7,
    elements: 12,
  });
});

test("a recurrence multiplies all its weights at each step", () => {
  expect(
    workOf([5, "batch", 3], (g, x, w) => g.node("LSTM", [x, w([1, 8, 3]), w([1, 8, 2])], { hidden_size: 2 })),
  ).toEqual({ multiplyAdds: 5 * (24 + 16), elements: 10 });
});

test("what does not multiply counts its elements alone", () => {
  expect(workOf(["batch", 4], (g, x) => g.node("Relu", [x]))).toEqual({ multiplyAdds: 0, elements: 4 });
});

test("each product counts its stored weights and what it reads and writes; the rest counts nothing and follows its product", () => {
  const g = graphBuilder("net");
  const x = g.input("x", "float32", ["batch", 1, 4, 4]);
  const w = g.constant("w", zeros("float32", [2, 1, 3, 3]));
  const conv = g.node("Conv", [x, w], { kernel_shape: [3, 3] }, { name: "c/Conv", layer: "c" });
  const relu = g.node("Relu", [conv], {}, { name: "r/Relu", layer: "r" });
  const flat = g.node("Flatten", [relu], {}, { name: "f/Flatten", layer: "f" });
  const dense = g.node(
    "MatMul",
    [flat, g.constant("k", zeros("float32", [8, 3]))],
    {},
    { name: "d/MatMul", layer: "d" },
  );
  expect(nodeWork(g.build([dense]), 5)).toEqual([
    {
      ...{ node: "c/Conv", operator: "Conv", layer: "c", integer: false },
      ...{ macs: 5 * 2 * 2 * 2 * 9, weightBytes: 18 * 4, activationBytes: (5 * 16 + 5 * 8) * 4 },
    },
    {
      ...{ node: "r/Relu", operator: "Relu", layer: "r", integer: false, follows: "c" },
      ...{ macs: 0, weightBytes: 0, activationBytes: 0 },
    },
    {
      ...{ node: "f/Flatten", operator: "Flatten", layer: "f", integer: false, follows: "c" },
      ...{ macs: 0, weightBytes: 0, activationBytes: 0 },
    },
    {
      ...{ node: "d/MatMul", operator: "MatMul", layer: "d", integer: false },
      ...{ macs: 5 * 8 * 3, weightBytes: 24 * 4, activationBytes: (5 * 8 + 5 * 3) * 4 },
    },
  ]);
});

test("integer products count codes at one byte, dequantized pairs count as integers, and weights as they are stored", () => {
  const g = graphBuilder("net");
  const x = g.input("x", "uint8", ["batch", 4]);
  const w = g.constant("w", zeros("int8", [4, 6]));
  const integer = g.node("MatMulInteger", [x, w]);
  const scale = g.constant("scale", tensorFrom("float32", [], [0.5]));
  const [left, right] = [g.node("DequantizeLinear", [x, scale]), g.node("DequantizeLinear", [w, scale])];
  const pair = g.node("MatMul", [left, right]);
  const alone = g.node("MatMul", [g.input("y", "float32", ["batch", 4]), right]);
  const work = nodeWork(g.build([integer, pair, alone]), 1).filter(({ macs }) => macs > 0);
  expect(work.map(({ integer, weightBytes, activationBytes }) => [integer, weightBytes, activationBytes])).toEqual([
    [true, 24, 4 + 6 * 4],
    [true, 24 + 4, 4 + 6],
    [false, 24 + 4, (4 + 6) * 4],
  ]);
});
