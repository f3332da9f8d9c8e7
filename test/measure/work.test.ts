import { expect, test } from "vitest";
import { type GraphBuilder, graphBuilder } from "../../src/ir/builder.js";
import { graphWork } from "../../src/measure/work.js";
import { zeros } from "../../src/tensor/tensor.js";

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
