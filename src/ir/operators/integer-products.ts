import { requantizeMultiplier } from "../../tensor/affine.js";
import { toFloat64 } from "../../tensor/layout.js";
import { elementCount, type Tensor, tensor } from "../../tensor/tensor.js";
import type { Dim, ValueType } from "../graph.js";
import { convolutionAttributes, convolutionShape, convolutionSizes, outputShape } from "./convolution.js";
import { correlate } from "./correlate.js";
import {
  defineOperator,
  expectDType,
  expectRank,
  expectScalarShape,
  expectShape,
  given,
  type KnownInputs,
} from "./define.js";
import { matmul, productShape } from "./matrix.js";
import type { Operator } from "./operator.js";
import {
  centered,
  codes8,
  expectOneZeroPoint,
  expectPerChannel,
  expectScale,
  requantized,
  scaleOf,
  scalesOf,
  zeroPointOf,
} from "./quantized.js";

/** Sums as int32, wrapping as two's complement does. */
function int32(sums: Float64Array, shape: readonly number[]): Tensor<"int32"> {
  return tensor(
    "int32",
    shape,
    Int32Array.from(sums, (sum) => sum | 0),
  );
}

function expectZeroPoint(inputs: KnownInputs, index: number, name: string, codes: ValueType, channels?: Dim): void {
  const zeroPoint = inputs[index]?.type;
  if (!zeroPoint) return;
  expectDType(zeroPoint, [codes.dtype], name);
  if (channels === undefined) expectScalarShape(zeroPoint, name);
  else expectPerChannel(zeroPoint, channels, name);
}

/** y[int32] = (A - a_zero_point) * (B - b_zero_point); the zero point of B is one number or one a column. */
const matMulInteger = defineOperator({
  opType: "MatMulInteger",
  inputs: [2, 4],
  infer(inputs) {
    const a = given(inputs, 0, "A").type;
    const b = given(inputs, 1, "B").type;
    expectDType(a, codes8, "A");
    expectDType(b, codes8, "B");
    expectZeroPoint(inputs, 2, "a_zero_point", a);
    expectZeroPoint(inputs, 3, "b_zero_point", b, b.shape.at(-1) ?? 1);
    return [{ dtype: "int32", shape: productShape(a.shape, b.shape) }];
  },
  evaluate(inputs) {
    const a = given(inputs, 0, "A");
    const b = given(inputs, 1, "B");
    const columns = b.shape.at(-1) ?? 1;
    const right = centered(b, inputs[3], (i) => i % columns);
    const { data, shape } = matmul(centered(a, inputs[2]), a.shape, right, b.shape);
    return [int32(data, shape)];
  },
});

/** y[int32] = convolution of (x - x_zero_point) and (w - w_zero_point); padding is the zero point of x. */
const convInteger = defineOperator({
  opType: "ConvInteger",
  inputs: [2, 4],
  attributes: convolutionAttributes,
  infer(inputs, attributes) {
    const x = given(inputs, 0, "x").type;
    const w = given(inputs, 1, "w").type;
    expectDType(x, codes8, "x");
    expectDType(w, codes8, "w");
    expectZeroPoint(inputs, 2, "x_zero_point", x);
    expectZeroPoint(inputs, 3, "w_zero_point", w, w.shape[0] ?? 1);
    return [{ dtype: "int32", shape: convolutionShape(x, w, attributes) }];
  },
  evaluate(inputs, attributes) {
    const x = given(inputs, 0, "x");
    const w = given(inputs, 1, "w");
    const sizes = convolutionSizes(x, w, attributes);
    const perFilter = elementCount(w.shape.slice(1));
    const weights = centered(w, inputs[3], (i) => Math.floor(i / perFilter));
    return [int32(correlate(centered(x, inputs[2]), weights, sizes), outputShape(sizes))];
  },
});

/**
 * x, x_scale, x_zp, w [M, C/group, ...], w_scale (one or [M]), w_zp, y_scale, y_zp, B [M] int32 of scale x_scale * w_scale.
 * `y = saturate(round(float32(sum + B) * (x_scale * w_scale / y_scale)) + y_zp)`.
 * int8 weights have zero point 0; any weights one zero point for all channels: what ONNX Runtime's kernel takes.
 */
const qLinearConv = defineOperator({
  opType: "QLinearConv",
  inputs: [8, 9],
  attributes: convolutionAttributes,
  infer(inputs, attributes) {
    const x = given(inputs, 0, "x").type;
    const w = given(inputs, 3, "w").type;
    const y = given(inputs, 7, "y_zero_point").type;
    expectDType(x, codes8, "x");
    expectDType(w, codes8, "w");
    expectDType(y, [x.dtype], "y_zero_point");
    const shape = convolutionShape(x, w, attributes);
    const channels = shape[1] ?? 1;
    expectScale(inputs, 1, "x", x.dtype);
    expectScale(inputs, 4, "w", w.dtype, channels);
    expectScale(inputs, 6, "y", y.dtype);
    expectOneZeroPoint(w.dtype, inputs[5]?.constant, "w_zero_point");
    const bias = inputs[8]?.type;
    if (bias) {
      expectDType(bias, ["int32"], "B");
      expectShape(bias, [channels], "B");
    }
    return [{ dtype: y.dtype, shape }];
  },
  evaluate(inputs, attributes) {
    const x = given(inputs, 0, "x");
    const w = given(inputs, 3, "w");
    const sizes = convolutionSizes(x, w, attributes);
    const shape = outputShape(sizes);
    const perFilter = elementCount(w.shape.slice(1));
    const plane = elementCount(shape.slice(2));
    const channelOf = (i: number) => Math.floor(i / plane) % sizes.outChannels;
    const weights = centered(w, inputs[5], (i) => Math.floor(i / perFilter));
    const sums = correlate(centered(x, inputs[2]), weights, sizes);
    const bias = inputs[8] && toFloat64(inputs[8]);
    if (bias) for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] as number) + (bias[channelOf(i)] as number);
    const [xScale, yScale] = [scaleOf(inputs, 1, "x_scale"), scaleOf(inputs, 6, "y_scale")];
    const multiplier = scalesOf(inputs, 4, "w_scale").map((wScale) => requantizeMultiplier(xScale, wScale, yScale));
    const zeroPoint = zeroPointOf(inputs, 7);
    return [requantized(sums, shape, channelOf, { multiplier, zeroPoint, dtype: given(inputs, 7, "y_zp").dtype })];
  },
});

/**
 * a, a_scale, a_zp, b, b_scale (one, or one a column), b_zp, y_scale, y_zp.
 * `y = saturate(round(float32(sum) * (a_scale * b_scale / y_scale)) + y_zp)`.
 */
const qLinearMatMul = defineOperator({
  opType: "QLinearMatMul",
  inputs: [8, 8],
  infer(inputs) {
    const a = given(inputs, 0, "a").type;
    const b = given(inputs, 3, "b").type;
    const y = given(inputs, 7, "y_zero_point").type;
    expectDType(a, codes8, "a");
    expectDType(b, codes8, "b");
    expectDType(y, [a.dtype], "y_zero_point");
    expectRank(b, 2, "b", Number.POSITIVE_INFINITY);
    expectScale(inputs, 1, "a", a.dtype);
    expectScale(inputs, 4, "b", b.dtype, b.shape.at(-1) ?? 1);
    expectScale(inputs, 6, "y", y.dtype);
    return [{ dtype: y.dtype, shape: productShape(a.shape, b.shape) }];
  },
  evaluate(inputs) {
    const a = given(inputs, 0, "a");
    const b = given(inputs, 3, "b");
    const columns = b.shape.at(-1) ?? 1;
    const right = centered(b, inputs[5], (i) => i % columns);
    const { data, shape } = matmul(centered(a, inputs[2]), a.shape, right, b.shape);
    const [aScale, yScale] = [scaleOf(inputs, 1, "a_scale"), scaleOf(inputs, 6, "y_scale")];
    const multiplier = scalesOf(inputs, 4, "b_scale").map((bScale) => requantizeMultiplier(aScale, bScale, yScale));
    const output = { multiplier, zeroPoint: zeroPointOf(inputs, 7), dtype: given(inputs, 7, "y_zp").dtype };
    return [requantized(data, shape, (i) => i % columns, output)];
  },
});

export const integerProducts: readonly Operator[] = [matMulInteger, convInteger, qLinearConv, qLinearMatMul];
