import { fma, roundHalfEven } from "../../tensor/affine.js";
import { transposed } from "../../tensor/layout.js";
import { type DType, elementCount, type Tensor } from "../../tensor/tensor.js";
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
 * quantize with the output's parameters. No specification says in what order; where it shows (a value in the middle between
 * two codes), the order here is that of ONNX Runtime's kernels for x64 with AVX2, found by asking them for all pairs of codes
 * (test/engines/simulator/rounding.test.ts; src/engines/simulator/README.md lists what was found).
 * @see ONNX Runtime, docs/ContribOperators.md
 */

const domain = "com.microsoft";

/** Scales (float32) and zero points of two operands and the result. */
interface BinaryParameters {
  readonly scales: readonly [number, number, number];
  readonly zeroPoints: readonly [number, number, number];
}

/** A, A_scale, A_zp, B, B_scale, B_zp, C_scale, C_zp; numpy broadcasting. `make` gives the result before it is rounded. */
function qLinearBinary(
  opType: string,
  make: (parameters: BinaryParameters) => (a: number, b: number) => number,
): Operator {
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
      const [x, y] = data as [Uint8Array, Uint8Array];
      const combine = make({
        scales: [scaleOf(inputs, 1, "A"), scaleOf(inputs, 4, "B"), scaleOf(inputs, 6, "C")],
        zeroPoints: [zeroPointOf(inputs, 2), zeroPointOf(inputs, 5), zeroPointOf(inputs, 7)],
      });
      const real = Float64Array.from(x, (code, i) => combine(code, y[i] as number));
      return [roundedCodes(real, shape, a.dtype)];
    },
  });
}

/** `saturate(round(value))` of values in units of the output's codes, zero point included. */
function roundedCodes(values: ArrayLike<number>, shape: readonly number[], dtype: DType): Tensor {
  return toCodes(values, shape, dtype, 1, 0);
}

/**
 * `fixed = zC - fma(rA, zA, rB * zB)` with `rA = sA / sC`, `rB = sB / sC`; `fma(a, rA, fma(b, rB, fixed))`. All in float32.
 * Where A is one number, the engine's kernel takes it second; that is not modelled, and within a rounding.
 */
function qLinearSum({ scales: [sA, sB, sC], zeroPoints: [zA, zB, zC] }: BinaryParameters) {
  const [rA, rB] = [Math.fround(sA / sC), Math.fround(sB / sC)];
  const fixed = Math.fround(zC - fma(rA, zA, Math.fround(rB * zB)));
  return (a: number, b: number) => fma(a, rA, fma(b, rB, fixed));
}

/** `float32(product of centred codes) * (sA * sB / sC) + zC`, each step rounded to float32. */
function qLinearProduct({ scales: [sA, sB, sC], zeroPoints: [zA, zB, zC] }: BinaryParameters) {
  const ratio = Math.fround(Math.fround(sA * sB) / sC);
  return (a: number, b: number) => Math.fround(Math.fround((a - zA) * (b - zB) * ratio) + zC);
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

/**
 * A pooling of codes with the channels first.
 * @param pool codes of the planes, in units of the output's codes, before they are rounded
 */
function qLinearPool(
  opType: string,
  attributes: Operator["attributes"],
  shapeOf: (x: ValueType, attributes: Attributes) => Dim[],
  pool: (x: Tensor, inputs: TensorInputs, attributes: Attributes) => ArrayLike<number>,
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
      const y = roundedCodes(pool(x, inputs, values), shape, x.dtype);
      return [transposed(y, channelsBack(order(shape.length), values))];
    },
  });
}

/** `mean / y_scale + y_zp` in float32, of means of real values: the zero point is added before rounding. */
function windowMeans(x: Tensor, inputs: TensorInputs, attributes: Attributes): Float32Array {
  const real = realInput([x, ...inputs.slice(1)]);
  const [scale, zeroPoint] = [scaleOf(inputs, 3, "Y_scale"), zeroPointOf(inputs, 4)];
  const means = averagePool(real, x.shape, attributes, Math.fround);
  return Float32Array.from(means, (mean) => Math.fround(Math.fround(mean) / scale) + zeroPoint);
}

/** `round(float32(sum of centred codes) * (x_scale / (y_scale * elements))) + y_zp`, in float32. */
function planeMeans(x: Tensor, inputs: TensorInputs): Float64Array {
  const { shape } = x;
  const plane = elementCount(shape.slice(2));
  const codes = x.data as Uint8Array;
  const factor = Math.fround(scaleOf(inputs, 1, "X_scale") / Math.fround(scaleOf(inputs, 3, "Y_scale") * plane));
  const [xZeroPoint, yZeroPoint] = [zeroPointOf(inputs, 2), zeroPointOf(inputs, 4)];
  return Float64Array.from({ length: (shape[0] ?? 1) * (shape[1] ?? 1) }, (_, p) => {
    let sum = 0;
    for (let i = p * plane; i < (p + 1) * plane; i++) sum += (codes[i] as number) - xZeroPoint;
    return roundHalfEven(Math.fround(Math.fround(sum) * factor)) + yZeroPoint;
  });
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
  qLinearBinary("QLinearAdd", qLinearSum),
  qLinearBinary("QLinearMul", qLinearProduct),
  qLinearUnary("QLinearLeakyRelu", (a) => (x) => (x < 0 ? numberOf(a, "alpha") * x : x), { alpha: float(0.01) }),
  qLinearUnary("QLinearSigmoid", () => sigmoid),
  qLinearSoftmax,
  qLinearConcat,
  qLinearPool("QLinearAveragePool", { ...poolAttributes, count_include_pad: int(0) }, pooledShape, windowMeans),
  qLinearPool(
    "QLinearGlobalAveragePool",
    {},
    (x) => [...x.shape.slice(0, 2), ...x.shape.slice(2).map(() => 1)],
    planeMeans,
  ),
];
