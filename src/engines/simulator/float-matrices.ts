import { float32Of, given, numberOf, type TensorInputs } from "../../ir/operators/define.js";
import { elementCount, zeros } from "../../tensor/tensor.js";
import { copyRows, isEmpty, type MatrixSizes, matrixPacker, matrixSizes, multiplyRows } from "./matrix.js";
import type { NodeContext, PrepareNode } from "./node.js";

/** Matrix products of float32; products and sums are rounded one by one, in the order of k. */

function multiplyFloats(
  context: NodeContext,
  packed: ReturnType<typeof matrixPacker>,
  inputs: TensorInputs,
  { shape, rows, inner, columns, starts }: MatrixSizes,
  bias?: Float32Array,
) {
  const { memory } = context;
  const y = zeros("float32", shape);
  const values = float32Of(given(inputs, 0, "A"));
  for (const [i, { a, b }] of starts.entries()) {
    const mark = memory.mark();
    const right = packed(inputs, b).columns;
    const left = { a: values, start: a, rows, inner, point: 0 };
    multiplyRows(context, left, right, bias, (sums, first, count) => {
      const from = memory.f32(sums, count * right.width);
      copyRows(from, right.width, y.data, { start: (i * rows + first) * columns, columns, count });
    });
    memory.release(mark);
  }
  return y;
}

export const matMul: PrepareNode = (context) => {
  const packed = matrixPacker(context, "f32", { b: 1 });
  return (inputs) => {
    const sizes = matrixSizes(given(inputs, 0, "A").shape, given(inputs, 1, "B").shape);
    return isEmpty(sizes) ? context.plain(inputs) : [multiplyFloats(context, packed, inputs, sizes)];
  };
};

/** With the factors of a dense layer: alpha = beta = 1, A as it is, a bias for each column. */
export const gemm: PrepareNode = (context) => {
  const { attributes } = context;
  const isDense = ["alpha", "beta"].every((name) => numberOf(attributes, name) === 1);
  if (!isDense || numberOf(attributes, "transA") !== 0) return undefined;
  const turned = numberOf(attributes, "transB") !== 0;
  const packed = matrixPacker(context, "f32", { b: 1, turned });
  return (inputs) => {
    const b = given(inputs, 1, "B").shape;
    const sizes = matrixSizes(given(inputs, 0, "A").shape, turned ? [...b].reverse() : b);
    const c = inputs[2];
    const isColumns = !c || (c.shape.at(-1) === sizes.columns && elementCount(c.shape) === sizes.columns);
    if (isEmpty(sizes) || !isColumns) return context.plain(inputs);
    return [multiplyFloats(context, packed, inputs, sizes, c && float32Of(c))];
  };
};
