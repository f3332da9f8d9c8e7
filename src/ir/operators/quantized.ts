import { integerLimits, quantizeValue, requantizeValue } from "../../tensor/affine.js";
import type { QuantDType } from "../../tensor/quant.js";
import { type DType, type Tensor, tensor, zeros } from "../../tensor/tensor.js";
import { showShape } from "../dim.js";
import type { Dim, ValueType } from "../graph.js";
import { expectDType, expectScalarShape, given, type KnownInputs, type TensorInputs } from "./define.js";
import { OperatorError } from "./operator.js";

/** What quantized operators share: checks of scales and zero points, and codes in and out. */

export const codes8: readonly DType[] = ["uint8", "int8"];

/** Throws unless the input is one number or one for each of `channels`. */
export function expectPerChannel(type: ValueType, channels: Dim, name: string): void {
  const [length] = type.shape;
  const one = type.shape.length === 0 || (type.shape.length === 1 && length === 1);
  if (!one && !(type.shape.length === 1 && length === channels)) {
    throw new OperatorError(`${name} ${showShape(type.shape)} must be one number or [${channels}], one a channel`);
  }
}

/** Throws when a constant scale is not a finite number > 0. */
export function expectPositive(constant: Tensor | undefined, name: string): void {
  for (const value of (constant?.data ?? []) as Float32Array) {
    if (!(value > 0 && Number.isFinite(value)))
      throw new OperatorError(`${name} has ${value}: a scale is finite and > 0`);
  }
}

/**
 * Checks the scale (float32) and the optional zero point (of dtype `codes`) that lie at `index` and `index + 1`,
 * per tensor or, with `channels`, per channel.
 */
export function expectScale(inputs: KnownInputs, index: number, name: string, codes: DType, channels?: Dim): void {
  const scale = given(inputs, index, `${name}_scale`);
  expectDType(scale.type, ["float32"], `${name}_scale`);
  expectPositive(scale.constant, `${name}_scale`);
  const zeroPoint = inputs[index + 1];
  if (zeroPoint) expectDType(zeroPoint.type, [codes], `${name}_zero_point`);
  for (const [input, what] of [
    [scale, "scale"],
    [zeroPoint, "zero_point"],
  ] as const) {
    if (!input) continue;
    if (channels === undefined) expectScalarShape(input.type, `${name}_${what}`);
    else expectPerChannel(input.type, channels, `${name}_${what}`);
  }
}

/**
 * Throws when constant zero points of weights are not what ONNX Runtime's kernels take: 0 for int8 codes, else one
 * value for all channels. The kernels find a breach at run time only.
 */
export function expectOneZeroPoint(dtype: DType, constant: Tensor | undefined, name: string): void {
  const points = Array.from((constant?.data ?? []) as Int8Array);
  if (dtype === "int8" && points.some((point) => point !== 0)) {
    throw new OperatorError(`${name} of int8 weights must be 0`);
  }
  if (points.some((point) => point !== points[0])) throw new OperatorError(`${name} must be the same for all channels`);
}

/** Scales as float32, one or one a channel. */
export function scalesOf(inputs: TensorInputs, index: number, name: string): Float32Array {
  const { data } = given(inputs, index, name);
  if (!(data instanceof Float32Array)) throw new OperatorError(`${name} is not float32`);
  return data;
}

/** The one scale of a per-tensor operand. */
export function scaleOf(inputs: TensorInputs, index: number, name: string): number {
  return scalesOf(inputs, index, name)[0] ?? Number.NaN;
}

/** The zero point, 0 when absent. */
export function zeroPointOf(inputs: TensorInputs, index: number): number {
  return Number(inputs[index]?.data[0] ?? 0);
}

/**
 * Codes minus their zero points, as float64 for exact sums.
 * @param channelOf the channel of an element, where zero points are per channel
 */
export function centered(
  codes: Tensor,
  zeroPoints: Tensor | undefined,
  channelOf: (element: number) => number = () => 0,
): Float64Array {
  const points = (zeroPoints?.data ?? [0]) as Uint8Array;
  const from = codes.data as Uint8Array;
  // Weights are symmetric, so this is the common case; a call of `channelOf` for each of millions takes seconds.
  if (points.every((point) => point === 0)) return new Float64Array(from);
  // Plain loops: Float64Array.from walks an iterator, which takes tens of times as long.
  const to = new Float64Array(from.length);
  const [first = 0] = points;
  if (points.length === 1) for (let i = 0; i < to.length; i++) to[i] = (from[i] as number) - first;
  else for (let i = 0; i < to.length; i++) to[i] = (from[i] as number) - (points[channelOf(i)] as number);
  return to;
}

/** Real values of codes of a per-tensor operand: float32((code - zeroPoint) * scale). */
export function realValues(codes: Tensor, scale: number, zeroPoint: number): Float32Array {
  return Float32Array.from(codes.data as Uint8Array, (code) => (code - zeroPoint) * scale);
}

/** Quantizes float32 values per tensor to the 8-bit type. */
export function toCodes(
  values: ArrayLike<number>,
  shape: readonly number[],
  dtype: DType,
  scale: number,
  zeroPoint: number,
): Tensor {
  const limits = integerLimits(dtype as QuantDType);
  const result: Tensor = zeros(dtype, shape);
  const to = result.data as Uint8Array;
  for (let i = 0; i < to.length; i++) to[i] = quantizeValue(Math.fround(values[i] as number), scale, zeroPoint, limits);
  return result;
}

/**
 * Requantizes int32 sums: `saturate(round(float32(sum) * multiplier[channel]) + zeroPoint)`.
 * @param sums       exact, before they wrap to int32
 * @param multiplier float32, one or one a channel
 */
export function requantized(
  sums: Float64Array,
  shape: readonly number[],
  channelOf: (element: number) => number,
  output: { readonly multiplier: Float32Array; readonly zeroPoint: number; readonly dtype: DType },
): Tensor {
  const { multiplier, zeroPoint, dtype } = output;
  const limits = integerLimits(dtype as QuantDType);
  const result: Tensor = zeros(dtype, shape);
  const to = result.data as Uint8Array;
  for (let i = 0; i < to.length; i++) {
    const factor = multiplier[multiplier.length === 1 ? 0 : channelOf(i)] as number;
    to[i] = requantizeValue((sums[i] as number) | 0, factor, zeroPoint, limits);
  }
  return result;
}

/** Codes with a scale and zero point chosen from the values, as DynamicQuantizeLinear defines them. */
export interface DynamicCodes {
  readonly codes: Tensor<"uint8">;
  readonly scale: number;
  readonly zeroPoint: number;
}

/**
 * `scale = (max(x, 0) - min(x, 0)) / 255`, `zeroPoint = round(saturate(-min / scale))`, in float32; scale 1 for all zeros.
 * What ONNX leaves open is as ONNX Runtime has it: a NaN takes no part in the range and has code 0, and a zero point that
 * would be NaN (a range too small or too large for float32) is 255.
 * @see https://onnx.ai/onnx/operators/onnx__DynamicQuantizeLinear.html
 */
export function dynamicCodes(x: Float32Array, shape: readonly number[]): DynamicCodes {
  const { scale, zeroPoint } = dynamicParams(x);
  const limits = integerLimits("uint8");
  const codes = new Uint8Array(x.length);
  for (let i = 0; i < codes.length; i++) codes[i] = quantizeValue(x[i] as number, scale, zeroPoint, limits);
  return { codes: tensor("uint8", shape, codes), scale, zeroPoint };
}

/** Scale and zero point that DynamicQuantizeLinear chooses; see `dynamicCodes`. A tensor of nothing but NaN has scale NaN. */
export function dynamicParams(x: Float32Array): { readonly scale: number; readonly zeroPoint: number } {
  let min = 0;
  let max = 0;
  let numbers = 0;
  for (let i = 0; i < x.length; i++) {
    const value = x[i] as number;
    if (value < min) min = value;
    if (value > max) max = value;
    if (!Number.isNaN(value)) numbers++;
  }
  if (numbers === 0 && x.length > 0) return { scale: Number.NaN, zeroPoint: 255 };
  const scale = max === min ? 1 : Math.fround(Math.fround(max - min) / 255);
  const zeroPoint = Math.fround(-min / scale);
  return { scale, zeroPoint: Number.isNaN(zeroPoint) ? 255 : quantizeValue(zeroPoint, 1, 0, integerLimits("uint8")) };
}
