import { float32Of, given } from "../../ir/operators/define.js";
import { dynamicParams, scaleOf, zeroPointOf } from "../../ir/operators/quantized.js";
import { integerLimits } from "../../tensor/affine.js";
import type { QuantDType } from "../../tensor/quant.js";
import { type Tensor, tensor, zeros } from "../../tensor/tensor.js";
import type { PrepareNode } from "./node.js";

/** Codes of floats and back, one scale for all. Scales by axis or block are those of weights, which are decoded at load. */

/** Adding and subtracting 1.5 * 2^52 rounds to the nearest integer, ties to even, as float64 has no bits for the rest. */
export const ROUNDER = 6755399441055744;

/** `saturate(round(x / scale) + zeroPoint)` of each x into `to`, whose limits are low..high; NaN gives the lowest code. */
export function quantizeInto(
  to: Uint8Array,
  x: Float32Array,
  {
    scale,
    zeroPoint,
    low,
    high,
  }: { readonly scale: number; readonly zeroPoint: number; readonly low: number; readonly high: number },
): void {
  const [least, most] = [low - zeroPoint, high - zeroPoint];
  for (let i = 0; i < to.length; i++) {
    const ratio = Math.fround((x[i] as number) / scale);
    const inside = ratio > least ? (ratio < most ? ratio : most) : least;
    to[i] = inside + ROUNDER - ROUNDER + zeroPoint;
  }
}

/** Codes with a scale and zero point chosen from the values, as DynamicQuantizeLinear defines them. */
export function dynamicCodes(x: Float32Array): {
  readonly codes: Uint8Array;
  readonly scale: number;
  readonly zeroPoint: number;
} {
  const { scale, zeroPoint } = dynamicParams(x);
  const codes = new Uint8Array(x.length);
  quantizeInto(codes, x, { scale, zeroPoint, low: 0, high: 255 });
  return { codes, scale, zeroPoint };
}

export const dynamicQuantizeLinear: PrepareNode = () => (inputs) => {
  const x = given(inputs, 0, "x");
  const { codes, scale, zeroPoint } = dynamicCodes(float32Of(x));
  return [
    tensor("uint8", x.shape, codes),
    tensor("float32", [], Float32Array.of(scale)),
    tensor("uint8", [], Uint8Array.of(zeroPoint)),
  ];
};

export const quantizeLinear: PrepareNode =
  ({ plain }) =>
  (inputs) => {
    const x = given(inputs, 0, "x");
    const dtype = inputs[2]?.dtype;
    if (dtype === undefined || given(inputs, 1, "y_scale").data.length !== 1) return plain(inputs);
    const { min: low, max: high } = integerLimits(dtype as QuantDType);
    const y: Tensor = zeros(dtype, x.shape);
    const parameters = { scale: scaleOf(inputs, 1, "y_scale"), zeroPoint: zeroPointOf(inputs, 2), low, high };
    quantizeInto(y.data as Uint8Array, float32Of(x), parameters);
    return [y];
  };

export const dequantizeLinear: PrepareNode =
  ({ plain }) =>
  (inputs) => {
    const x = given(inputs, 0, "x");
    if (given(inputs, 1, "x_scale").data.length !== 1) return plain(inputs);
    const [scale, zeroPoint] = [scaleOf(inputs, 1, "x_scale"), zeroPointOf(inputs, 2)];
    const codes = x.data as Int32Array;
    const y = new Float32Array(codes.length);
    for (let i = 0; i < y.length; i++) y[i] = ((codes[i] as number) - zeroPoint) * scale;
    return [tensor("float32", x.shape, y)];
  };
