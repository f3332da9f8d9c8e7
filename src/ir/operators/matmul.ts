import { broadcastOffsets, toFloat64 } from "../../tensor/layout.js";
import { type Tensor, tensor } from "../../tensor/tensor.js";
import { broadcastAll, showShape } from "../dim.js";
import type { Dim, ValueType } from "../graph.js";
import {
  type Attributes,
  defineOperator,
  expectDType,
  expectRank,
  expectSameDim,
  float,
  given,
  int,
  numberOf,
} from "./define.js";
import { matmul, multiplyInto, productShape, transposeMatrix } from "./matrix.js";
import { type Operator, OperatorError } from "./operator.js";

const matMul = defineOperator({
  opType: "MatMul",
  inputs: [2, 2],
  infer(inputs) {
    const a = given(inputs, 0, "A").type;
    const b = given(inputs, 1, "B").type;
    expectDType(a, ["float32"], "A");
    expectDType(b, ["float32"], "B");
    return [{ dtype: "float32", shape: productShape(a.shape, b.shape) }];
  },
  evaluate(inputs) {
    const a = given(inputs, 0, "A");
    const b = given(inputs, 1, "B");
    const { data, shape } = matmul(toFloat64(a), a.shape, toFloat64(b), b.shape);
    return [tensor("float32", shape, new Float32Array(data))];
  },
});

/** The shape [M, N] of a Gemm of a [M, K] or, with transA, [K, M], and b [K, N] or [N, K]. */
export function gemmShape(a: ValueType, b: ValueType, attributes: Attributes): [Dim, Dim] {
  expectRank(a, 2, "A");
  expectRank(b, 2, "B");
  const turn = (shape: readonly Dim[], name: string) =>
    numberOf(attributes, name) === 0 ? shape : [...shape].reverse();
  const [m = 1, k = 1] = turn(a.shape, "transA");
  const [k2 = 1, n = 1] = turn(b.shape, "transB");
  expectSameDim(k, k2, `inner sizes of ${showShape(a.shape)} and ${showShape(b.shape)}`);
  return [m, n];
}

/** Throws unless c broadcasts to [M, N]. */
export function expectAddend(c: ValueType, shape: readonly Dim[]): void {
  const common = broadcastAll([shape, c.shape]);
  if (common?.length !== 2 || common.some((dim, i) => dim !== shape[i])) {
    throw new OperatorError(`C ${showShape(c.shape)} does not broadcast to ${showShape(shape)}`);
  }
}

/** `a' * b'` in float64, transposed as the attributes say; the caller has subtracted zero points. */
export function gemmProduct(
  a: { data: Float64Array; shape: readonly number[] },
  b: { data: Float64Array; shape: readonly number[] },
  attributes: Attributes,
): { data: Float64Array; shape: [number, number] } {
  const turnA = numberOf(attributes, "transA") !== 0;
  const turnB = numberOf(attributes, "transB") !== 0;
  const left = turnA ? transposeMatrix(a.data, a.shape) : a.data;
  const right = turnB ? transposeMatrix(b.data, b.shape) : b.data;
  const [rows = 1, inner = 1] = turnA ? [...a.shape].reverse() : a.shape;
  const [inner2 = 1, columns = 1] = turnB ? [...b.shape].reverse() : b.shape;
  if (inner !== inner2) throw new OperatorError(`inner sizes ${inner} and ${inner2} differ`);
  const data = new Float64Array(rows * columns);
  multiplyInto(data, 0, left, 0, right, 0, { rows, inner, columns });
  return { data, shape: [rows, columns] };
}

/** y = alpha * a' * b' + beta * c, in float64, rounded once. */
const gemm = defineOperator({
  opType: "Gemm",
  inputs: [2, 3],
  attributes: { alpha: float(1), beta: float(1), transA: int(0), transB: int(0) },
  infer(inputs, attributes) {
    const a = given(inputs, 0, "A").type;
    const b = given(inputs, 1, "B").type;
    expectDType(a, ["float32"], "A");
    expectDType(b, ["float32"], "B");
    const shape = gemmShape(a, b, attributes);
    const c = inputs[2]?.type;
    if (c) {
      expectDType(c, ["float32"], "C");
      expectAddend(c, shape);
    }
    return [{ dtype: "float32", shape }];
  },
  evaluate(inputs, attributes) {
    const wide = (t: Tensor) => ({ data: toFloat64(t), shape: t.shape });
    const { data, shape } = gemmProduct(wide(given(inputs, 0, "A")), wide(given(inputs, 1, "B")), attributes);
    const [alpha, beta] = [numberOf(attributes, "alpha"), numberOf(attributes, "beta")];
    const c = inputs[2];
    const offsets = c && broadcastOffsets(c.shape, shape);
    const y = data.map((sum, i) => alpha * sum + (c && offsets ? beta * Number(c.data[offsets[i] ?? 0]) : 0));
    return [tensor("float32", shape, new Float32Array(y))];
  },
});

export const matrixProducts: readonly Operator[] = [matMul, gemm];
