import { requantizeMultiplier } from "../../tensor/affine.js";
import { broadcastOffsets } from "../../tensor/layout.js";
import { type Tensor, tensor } from "../../tensor/tensor.js";
import {
  defineOperator,
  expectDType,
  expectRank,
  expectShape,
  float,
  float32Of,
  given,
  int,
  type KnownInputs,
  numberOf,
} from "./define.js";
import { expectAddend, gemmProduct, gemmShape } from "./matmul.js";
import { matmul, productShape } from "./matrix.js";
import type { Operator } from "./operator.js";
import {
  centered,
  codes8,
  dynamicCodes,
  expectPerChannel,
  expectPositive,
  expectScale,
  requantized,
  scaleOf,
  scalesOf,
  zeroPointOf,
} from "./quantized.js";

/** Matrix products of `com.microsoft`. @see ONNX Runtime, docs/ContribOperators.md */

const domain = "com.microsoft";

/**
 * A, a_scale, a_zp, B, b_scale (one, or one a column of B'), b_zp, C (int32 of scale alpha * a_scale * b_scale), y_scale, y_zp.
 * With y_scale: `y = saturate(round(float32(A'B' + C) * (alpha * a_scale * b_scale / y_scale)) + y_zp)`;
 * without: float32 `float32(A'B' + C) * (alpha * a_scale * b_scale)`.
 */
const qGemm = defineOperator({
  opType: "QGemm",
  domain,
  inputs: [6, 9],
  attributes: { alpha: float(1), transA: int(0), transB: int(0) },
  infer(inputs, attributes) {
    const a = given(inputs, 0, "A").type;
    const b = given(inputs, 3, "B").type;
    expectDType(a, codes8, "A");
    expectDType(b, codes8, "B");
    const shape = gemmShape(a, b, attributes);
    expectScale(inputs, 1, "a", a.dtype);
    expectScale(inputs, 4, "b", b.dtype, shape[1]);
    const c = inputs[6]?.type;
    if (c) {
      expectDType(c, ["int32"], "C");
      expectAddend(c, shape);
    }
    if (!inputs[7]) return [{ dtype: "float32", shape }];
    const y = given(inputs, 8, "y_zero_point").type;
    expectDType(y, [a.dtype], "y_zero_point");
    expectScale(inputs, 7, "y", y.dtype);
    return [{ dtype: y.dtype, shape }];
  },
  evaluate(inputs, attributes) {
    const a = given(inputs, 0, "A");
    const b = given(inputs, 3, "B");
    const turned = numberOf(attributes, "transB") !== 0;
    const columnOf = (i: number) => (turned ? Math.floor(i / (b.shape[1] ?? 1)) : i % (b.shape[1] ?? 1));
    const { data: sums, shape } = gemmProduct(
      { data: centered(a, inputs[2]), shape: a.shape },
      { data: centered(b, inputs[5], columnOf), shape: b.shape },
      attributes,
    );
    const c = inputs[6];
    if (c) {
      const offsets = broadcastOffsets(c.shape, shape);
      for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] as number) + Number(c.data[offsets[i] as number]);
    }
    const channelOf = (i: number) => i % shape[1];
    const aScale = Math.fround(numberOf(attributes, "alpha") * scaleOf(inputs, 1, "a_scale"));
    const bScales = scalesOf(inputs, 4, "b_scale");
    const yZeroPoint = inputs[8];
    if (!inputs[7] || !yZeroPoint) return [scaled(sums, shape, channelOf, productScales(aScale, bScales))];
    const yScale = scaleOf(inputs, 7, "y_scale");
    const multiplier = bScales.map((bScale) => requantizeMultiplier(aScale, bScale, yScale));
    const output = { multiplier, zeroPoint: zeroPointOf(inputs, 8), dtype: yZeroPoint.dtype };
    return [requantized(sums, shape, channelOf, output)];
  },
});

function productScales(a: number, b: Float32Array): Float32Array {
  return b.map((scale) => a * scale);
}

/** float32(int32 sum) * scale + bias, each step in float32. */
function scaled(
  sums: Float64Array,
  shape: readonly number[],
  channelOf: (i: number) => number,
  scales: Float32Array,
  bias?: Float32Array,
): Tensor<"float32"> {
  const y = new Float32Array(sums.length);
  for (let i = 0; i < y.length; i++) {
    const channel = channelOf(i);
    const scale = scales[scales.length === 1 ? 0 : channel] as number;
    const product = Math.fround(Math.fround((sums[i] as number) | 0) * scale);
    y[i] = bias ? product + (bias[channel] as number) : product;
  }
  return tensor("float32", shape, y);
}

function expectBias(inputs: KnownInputs, index: number, columns: number | string): void {
  const bias = inputs[index]?.type;
  if (!bias) return;
  expectDType(bias, ["float32"], "bias");
  expectShape(bias, [columns], "bias");
}

/** A float32, B codes, b_scale (one, or one a column), b_zp, bias [N]. A is quantized as DynamicQuantizeLinear does. */
const dynamicQuantizeMatMul = defineOperator({
  opType: "DynamicQuantizeMatMul",
  domain,
  inputs: [3, 5],
  infer(inputs) {
    const a = given(inputs, 0, "A").type;
    const b = given(inputs, 1, "B").type;
    expectDType(a, ["float32"], "A");
    expectDType(b, codes8, "B");
    expectRank(b, 2, "B", Number.POSITIVE_INFINITY);
    const columns = b.shape.at(-1) ?? 1;
    expectScale(inputs, 2, "b", b.dtype, columns);
    expectBias(inputs, 4, columns);
    return [{ dtype: "float32", shape: productShape(a.shape, b.shape) }];
  },
  evaluate(inputs) {
    const a = given(inputs, 0, "A");
    const b = given(inputs, 1, "B");
    const columns = b.shape.at(-1) ?? 1;
    const quantized = dynamicCodes(float32Of(a), a.shape);
    const left = Float64Array.from(quantized.codes.data, (code) => code - quantized.zeroPoint);
    const right = centered(b, inputs[3], (i) => i % columns);
    const { data, shape } = matmul(left, a.shape, right, b.shape);
    const scales = productScales(quantized.scale, scalesOf(inputs, 2, "b_scale"));
    return [scaled(data, shape, (i) => i % columns, scales, inputs[4] && float32Of(inputs[4]))];
  },
});

/** A, B, a_scale, b_scale (one, or one a column), a_zp, b_zp, bias [N]: the integer product scaled to float32. */
const matMulIntegerToFloat = defineOperator({
  opType: "MatMulIntegerToFloat",
  domain,
  inputs: [4, 7],
  infer(inputs) {
    const a = given(inputs, 0, "A").type;
    const b = given(inputs, 1, "B").type;
    expectDType(a, codes8, "A");
    expectDType(b, codes8, "B");
    expectRank(b, 2, "B", Number.POSITIVE_INFINITY);
    const columns = b.shape.at(-1) ?? 1;
    for (const [index, name, channels] of [
      [2, "a_scale", 1],
      [3, "b_scale", columns],
    ] as const) {
      const scale = given(inputs, index, name);
      expectDType(scale.type, ["float32"], name);
      expectPerChannel(scale.type, channels, name);
      expectPositive(scale.constant, name);
    }
    for (const [index, name, codes, channels] of [
      [4, "a_zero_point", a.dtype, 1],
      [5, "b_zero_point", b.dtype, columns],
    ] as const) {
      const zeroPoint = inputs[index]?.type;
      if (!zeroPoint) continue;
      expectDType(zeroPoint, [codes], name);
      expectPerChannel(zeroPoint, channels, name);
    }
    expectBias(inputs, 6, columns);
    return [{ dtype: "float32", shape: productShape(a.shape, b.shape) }];
  },
  evaluate(inputs) {
    const a = given(inputs, 0, "A");
    const b = given(inputs, 1, "B");
    const columns = b.shape.at(-1) ?? 1;
    const right = centered(b, inputs[5], (i) => i % columns);
    const { data, shape } = matmul(centered(a, inputs[4]), a.shape, right, b.shape);
    const scales = productScales(scaleOf(inputs, 2, "a_scale"), scalesOf(inputs, 3, "b_scale"));
    return [scaled(data, shape, (i) => i % columns, scales, inputs[6] && float32Of(inputs[6]))];
  },
});

export const contribProducts: readonly Operator[] = [qGemm, dynamicQuantizeMatMul, matMulIntegerToFloat];
