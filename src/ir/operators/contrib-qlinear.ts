import { transposed } from "../../tensor/layout.js";
import { elementCount, type Tensor } from "../../tensor/tensor.js";
import type { Dim, ValueType } from "../graph.js";
import {
  type Attributes,
  broadcastTypes,
  defineOperator,
  expectDType,
  expectRank,
  float,
  given,
  int,
  type KnownInputs,
  normalAxis,
  numberOf,
  required,
  type TensorInputs,
} from "./define.js";
import { broadcastTogether } from "./elementwise-binary.js";
import { sigmoid } from "./functions.js";
import { concatenated, concatenatedShape } from "./joining.js";
import { type Operator, OperatorError } from "./operator.js";
import { averagePool, poolAttributes, pooledShape } from "./pooling.js";
import { codes8, expectScale, realValues, scaleOf, toCodes, zeroPointOf } from "./quantized.js";
import { softmaxAlong } from "./softmax.js";

/**
 * Element-wise and pooling operators of `com.microsoft` on 8-bit codes. Each means: dequantize to float32, compute,
 * quantize with the output's parameters. ONNX Runtime's kernels fold the scales in another order, so that a value near
 * the middle between two codes may come out one code apart.
 * @see ONNX Runtime, docs/ContribOperators.md
 */

const domain = "com.microsoft";

/** A, A_scale, A_zp, B, B_scale, B_zp, C_scale, C_zp; numpy broadcasting. */
function qLinearBinary(opType: string, f: (a: number, b: number) => number): Operator {
  return defineOperator({
    opType,
    domain,
    inputs: [7, 8],
    infer(inputs) {
      const a = given(inputs, 0, "A").type;
      const b = given(inputs, 3, "B").type;
      expectDType(a, codes8, "A");
      expectDType(b, [a.dtype], "B");
      expectScale(inputs, 1, "A", a.dtype);
      expectScale(inputs, 4, "B", a.dtype);
      expectScale(inputs, 6, "C", a.dtype);
      return [{ dtype: a.dtype, shape: broadcastTypes(a, b) }];
    },
    evaluate(inputs) {
      const a = given(inputs, 0, "A");
      const b = given(inputs, 3, "B");
      const { shape, data } = broadcastTogether([a, b]);
      const x = realValues(
        { ...a, shape, data: data[0] as Uint8Array },
        scaleOf(inputs, 1, "A"),
        zeroPointOf(inputs, 2),
      );
      const y = realValues(
        { ...b, shape, data: data[1] as Uint8Array },
        scaleOf(inputs, 4, "B"),
        zeroPointOf(inputs, 5),
      );
      const real = x.map((value, i) => f(value, y[i] as number));
      return [toCodes(real, shape, a.dtype, scaleOf(inputs, 6, "C"), zeroPointOf(inputs, 7))];
    },
  });
}

/** Checks X, X_scale, X_zp, Y_scale, Y_zp and gives the type of X. */
function expectUnary(inputs: KnownInputs): ValueType {
  const x = given(inputs, 0, "X").type;
  expectDType(x, codes8, "X");
  expectScale(inputs, 1, "X", x.dtype);
  expectScale(inputs, 3, "Y", x.dtype);
  return x;
}

/** The real values of X of a unary operator. */
function realInput(inputs: TensorInputs): Float32Array {
  return realValues(given(inputs, 0, "X"), scaleOf(inputs, 1, "X_scale"), zeroPointOf(inputs, 2));
}

/** Codes of the output of a unary operator. */
function codesOut(inputs: TensorInputs, real: ArrayLike<number>, shape: readonly number[]): Tensor {
  return toCodes(real, shape, given(inputs, 0, "X").dtype, scaleOf(inputs, 3, "Y_scale"), zeroPointOf(inputs, 4));
}

/** X, X_scale, X_zp, Y_scale, Y_zp. */
function qLinearUnary(
  opType: string,
  f: (attributes: Attributes) => (x: number) => number,
  attributes: Operator["attributes"] = {},
): Operator {
  return defineOperator({
    opType,
    domain,
    inputs: [4, 5],
    attributes,
    infer: (inputs) => [expectUnary(inputs)],
    evaluate: (inputs, values) => [codesOut(inputs, realInput(inputs).map(f(values)), given(inputs, 0, "X").shape)],
  });
}

/** X, X_scale, X_zp, Y_scale, Y_zp; `opset` < 13 means the old Softmax over all axes from `axis` on. */
const qLinearSoftmax = defineOperator({
  opType: "QLinearSoftmax",
  domain,
  inputs: [5, 5],
  attributes: { axis: int(-1), opset: required(int()) },
  infer(inputs, attributes) {
    const x = expectUnary(inputs);
    normalAxis(numberOf(attributes, "axis"), x.shape.length);
    if (numberOf(attributes, "opset") < 13) throw new OperatorError("opset must be >= 13");
    return [x];
  },
  evaluate(inputs, attributes) {
    const { shape } = given(inputs, 0, "X");
    const axis = normalAxis(numberOf(attributes, "axis"), shape.length);
    return [codesOut(inputs, softmaxAlong(realInput(inputs), shape, axis), shape)];
  },
});

/** A shape (or a list of axes) with the channels moved to place 1; they are last when `channels_last` = 1 (NHWC). */
function channelsFirst<T extends Dim>(shape: readonly T[], attributes: Attributes): T[] {
  if (numberOf(attributes, "channels_last") === 0) return [...shape];
  return [...shape.slice(0, 1), ...shape.slice(-1), ...shape.slice(1, -1)];
}

function channelsBack<T extends Dim>(shape: readonly T[], attributes: Attributes): T[] {
  if (numberOf(attributes, "channels_last") === 0) return [...shape];
  return [...shape.slice(0, 1), ...shape.slice(2), ...shape.slice(1, 2)];
}

const order = (rank: number) => Array.from({ length: rank }, (_, i) => i);

/** X with the channels first. */
function planar(x: Tensor, attributes: Attributes): Tensor {
  return transposed(x, channelsFirst(order(x.shape.length), attributes));
}

function qLinearPool(
  opType: string,
  attributes: Operator["attributes"],
  shapeOf: (x: ValueType, attributes: Attributes) => Dim[],
  pool: (x: Float32Array, shape: readonly number[], attributes: Attributes) => ArrayLike<number>,
): Operator {
  return defineOperator({
    opType,
    domain,
    inputs: [4, 5],
    attributes: { ...attributes, channels_last: int(0) },
    infer(inputs, values) {
      const x = expectUnary(inputs);
      expectRank(x, 3, "X", 5);
      const first = { dtype: x.dtype, shape: channelsFirst(x.shape, values) };
      return [{ dtype: x.dtype, shape: channelsBack(shapeOf(first, values), values) }];
    },
    evaluate(inputs, values) {
      const x = planar(given(inputs, 0, "X"), values);
      const shape = shapeOf(x, values) as number[];
      const y = codesOut(inputs, pool(realInput([x, ...inputs.slice(1)]), x.shape, values), shape);
      return [transposed(y, channelsBack(order(shape.length), values))];
    },
  });
}

function planeMeans(x: Float32Array, shape: readonly number[]): Float64Array {
  const plane = elementCount(shape.slice(2));
  const means = new Float64Array(x.length / plane);
  for (let i = 0; i < x.length; i++) {
    const p = Math.floor(i / plane);
    means[p] = (means[p] as number) + (x[i] as number) / plane;
  }
  return means;
}

/** Y_scale, Y_zp, then X, X_scale, X_zp of each part; every part is requantized to the output's parameters. */
const qLinearConcat = defineOperator({
  opType: "QLinearConcat",
  domain,
  inputs: [5, Number.POSITIVE_INFINITY],
  attributes: { axis: required(int()) },
  infer(inputs, attributes) {
    const { dtype } = given(inputs, 1, "Y_zero_point").type;
    expectDType({ dtype, shape: [] }, codes8, "Y_zero_point");
    expectScale(inputs, 0, "Y", dtype);
    if ((inputs.length - 2) % 3 !== 0) throw new OperatorError("each part needs X, X_scale and X_zero_point");
    const parts = partStarts(inputs).map((start) => {
      const x = given(inputs, start, "X").type;
      expectDType(x, [dtype], "X");
      expectScale(inputs, start + 1, "X", dtype);
      return x;
    });
    return [
      {
        dtype,
        shape: concatenatedShape(
          parts.map((part) => part.shape),
          numberOf(attributes, "axis"),
        ),
      },
    ];
  },
  evaluate(inputs, attributes) {
    const [scale, zeroPoint] = [scaleOf(inputs, 0, "Y_scale"), zeroPointOf(inputs, 1)];
    const parts = partStarts(inputs).map((start) => {
      const x = given(inputs, start, "X");
      const real = realValues(x, scaleOf(inputs, start + 1, "X_scale"), zeroPointOf(inputs, start + 2));
      return toCodes(real, x.shape, x.dtype, scale, zeroPoint);
    });
    return [concatenated(parts, numberOf(attributes, "axis"))];
  },
});

function partStarts(inputs: readonly unknown[]): number[] {
  return Array.from({ length: Math.floor((inputs.length - 2) / 3) }, (_, i) => 2 + 3 * i);
}

export const contribQLinear: readonly Operator[] = [
  qLinearBinary("QLinearAdd", (a, b) => a + b),
  qLinearBinary("QLinearMul", (a, b) => a * b),
  qLinearUnary("QLinearLeakyRelu", (a) => (x) => (x < 0 ? numberOf(a, "alpha") * x : x), { alpha: float(0.01) }),
  qLinearUnary("QLinearSigmoid", () => sigmoid),
  qLinearSoftmax,
  qLinearConcat,
  qLinearPool("QLinearAveragePool", { ...poolAttributes, count_include_pad: int(0) }, pooledShape, averagePool),
  qLinearPool(
    "QLinearGlobalAveragePool",
    {},
    (x) => [...x.shape.slice(0, 2), ...x.shape.slice(2).map(() => 1)],
    planeMeans,
  ),
];
