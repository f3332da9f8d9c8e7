import { scalePlaces } from "./granularity.js";
import type { WideBits } from "./packing.js";
import type { Granularity, IntegerLimits, QuantDType, QuantParams, Range } from "./quant.js";
import { elementCount, type Tensor, tensor, zeros } from "./tensor.js";

export { packCodes, signExtend, unpackCodes } from "./packing.js";

/**
 * Affine integer quantization, `real = (code - zeroPoint) * scale`, with the rounding of the ONNX operators:
 * float32 scale and division, round half to even, saturate.
 * @see https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html (opset 21)
 * @see Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference"
 */

const widths: readonly WideBits[] = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];

/** All integer types, signed ones first, narrow ones first. */
export const quantDTypes: readonly QuantDType[] = [
  ...widths.map((bits) => `int${bits}` as const),
  ...widths.map((bits) => `uint${bits}` as const),
];

/** Bits of one code. */
export function bitsOf(dtype: QuantDType): WideBits {
  return Number(dtype.replace(/^u?int/, "")) as WideBits;
}

const limits = Object.fromEntries(
  quantDTypes.map((dtype) => {
    const codes = 2 ** bitsOf(dtype);
    return [dtype, dtype.startsWith("u") ? { min: 0, max: codes - 1 } : { min: -codes / 2, max: codes / 2 - 1 }];
  }),
) as Readonly<Record<QuantDType, IntegerLimits>>;

/** Inclusive limits of the codes of an integer type. */
export function integerLimits(dtype: QuantDType): IntegerLimits {
  return limits[dtype];
}

/**
 * Limits of symmetric codes: zero lies in the middle, so the most negative code stays unused. int8: -127..127,
 * int4: -7..7, int16: -32767..32767. uint8 and other unsigned types are centred on 2^(bits-1): 1..255.
 * The one code lost buys `quantize(-x) = -quantize(x)`; and int8 kernels that add products pairwise in 16 bits
 * (VPMADDUBSW) need weights >= -127. int2 has only 4 codes, -2..1, so symmetric int2 is -1..1.
 */
export function symmetricLimits(dtype: QuantDType): IntegerLimits {
  const { min, max } = limits[dtype];
  return { min: min + 1, max };
}

/** The code of 0 in symmetric quantization: 0 for signed types, 2^(bits-1) for unsigned ones. */
export function symmetricZeroPoint(dtype: QuantDType): number {
  const { min, max } = limits[dtype];
  return min < 0 ? 0 : (max + 1) / 2;
}

/** Rounds to the nearest integer, ties to the even one (IEEE 754 roundTiesToEven). NaN stays NaN. */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest < 0.5) return floor;
  if (rest > 0.5) return floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/**
 * `a * b + c` rounded to float32 once, as the instruction FMA gives it.
 * @param a, b, c float32 values whose product float64 holds exactly (any two float32 are such)
 */
export function fma(a: number, b: number, c: number): number {
  const product = a * b;
  const sum = product + c;
  const nearest = Math.fround(sum);
  // float64 rounded the sum first; that shows only where it lies in the middle of two float32 values.
  const other = 2 * sum - nearest;
  if (nearest === sum || Math.fround(other) !== other) return nearest;
  const rounded = sum - product;
  const rest = product - (sum - rounded) + (c - rounded);
  if (rest === 0) return nearest;
  return rest > 0 ? Math.max(nearest, other) : Math.min(nearest, other);
}

/** Clamps to inclusive limits; NaN becomes `min`, as a saturating conversion must give some code. */
export function saturate(x: number, { min, max }: IntegerLimits): number {
  return x > min ? (x < max ? x : max) : min;
}

/** Smallest scale that is given out: the smallest normal float32, so that neither it nor 1/scale is subnormal or infinite. */
const SMALLEST_SCALE = 2 ** -126;

/** One scale and zero point. */
export interface AffineParams {
  /** A float32 value > 0. */
  readonly scale: number;
  /** An integer within the limits of the type. */
  readonly zeroPoint: number;
}

/**
 * Scale and zero point of one range.
 *
 * asymmetric: `scale = (max - min) / (qmax - qmin)`, `zeroPoint = saturate(round(qmin - min / scale))`;
 * symmetric: `scale = max(|min|, |max|) / n` with n = 127 for int8, 7 for int4 (see `symmetricLimits`), zero point in the middle.
 *
 * The range is widened to contain 0, which must come back exactly: zero padding and ReLU rely on it.
 * A range of nothing but 0 gets scale 1; a range too small for a normal float32 scale gets 2^-126.
 * The quotient is taken in float64 and rounded to float32 once.
 * @throws {RangeError} when an end is not finite or `min > max`
 */
export function affineParamsOf(range: Range, dtype: QuantDType, { symmetric }: { symmetric: boolean }): AffineParams {
  if (!Number.isFinite(range.min) || !Number.isFinite(range.max) || range.min > range.max) {
    throw new RangeError(`a range needs finite ends with min <= max, not ${range.min} .. ${range.max}`);
  }
  const min = Math.min(0, range.min);
  const max = Math.max(0, range.max);
  if (symmetric) {
    const middle = symmetricZeroPoint(dtype);
    return { scale: float32Scale(Math.max(-min, max) / (limits[dtype].max - middle)), zeroPoint: middle };
  }
  const q = limits[dtype];
  // In float64 the difference of two float32 ends never overflows.
  const scale = float32Scale((max - min) / (q.max - q.min));
  return { scale, zeroPoint: saturate(roundHalfEven(q.min - min / scale), q) };
}

function float32Scale(quotient: number): number {
  if (quotient === 0) return 1;
  return Math.max(SMALLEST_SCALE, Math.fround(quotient));
}

/** `affineParamsOf` as the parameters of a whole tensor (one scale, one zero point). */
export function affineParams(range: Range, dtype: QuantDType, options: { symmetric: boolean }): QuantParams {
  const { scale, zeroPoint } = affineParamsOf(range, dtype, options);
  return { dtype, scale: Float32Array.of(scale), zeroPoint: Int32Array.of(zeroPoint) };
}

/**
 * Parameters with one range for each scale: for each index of `axis`, for each group of `groupSize` elements along it,
 * or one for the whole tensor when there is no axis. `rangesOf` finds ranges in this order.
 */
export function channelParams(
  ranges: readonly Range[],
  dtype: QuantDType,
  { symmetric, ...granularity }: Granularity & { readonly symmetric: boolean },
): QuantParams {
  const each = ranges.map((range) => affineParamsOf(range, dtype, { symmetric }));
  return {
    dtype,
    scale: Float32Array.from(each, (p) => p.scale),
    zeroPoint: Int32Array.from(each, (p) => p.zeroPoint),
    ...granularity,
  };
}

/**
 * `saturate(roundHalfEven(x / scale) + zeroPoint)`; the division in float32, as QuantizeLinear has it.
 * NaN gives the smallest code.
 */
export function quantizeValue(x: number, scale: number, zeroPoint: number, q: IntegerLimits): number {
  return saturate(roundHalfEven(Math.fround(x / scale)) + zeroPoint, q);
}

/** `(code - zeroPoint) * scale` in float32. */
export function dequantizeValue(code: number, scale: number, zeroPoint: number): number {
  return Math.fround((code - zeroPoint) * scale);
}

/**
 * The float32 multiplier that takes an int32 accumulator of input and weight codes to an output code:
 * `(inputScale * weightScale) / outputScale`, each step rounded to float32.
 */
export function requantizeMultiplier(inputScale: number, weightScale: number, outputScale: number): number {
  return Math.fround(Math.fround(inputScale * weightScale) / outputScale);
}

/**
 * `saturate(roundHalfEven(float32(accumulator) * multiplier) + zeroPoint)`: the requantization of ONNX Runtime's
 * integer kernels (`MlasRequantizeOutput`), which QLinearConv, QLinearMatMul and QGemm share.
 * @param accumulator int32 sum of products of codes, bias included
 * @param multiplier  float32, from `requantizeMultiplier`
 */
export function requantizeValue(accumulator: number, multiplier: number, zeroPoint: number, q: IntegerLimits): number {
  return saturate(roundHalfEven(Math.fround(Math.fround(accumulator) * multiplier)) + zeroPoint, q);
}

/** The smallest element type that holds the codes, one in an element; `packCodes` packs them. */
function storageOf(dtype: QuantDType): "int8" | "uint8" | "int16" | "uint16" {
  const narrow = bitsOf(dtype) <= 8;
  return dtype.startsWith("u") ? (narrow ? "uint8" : "uint16") : narrow ? "int8" : "int16";
}

/**
 * Codes of a tensor, same shape; one code an element (int2 .. int7 in int8, int9 .. int15 in int16, and so on; not packed).
 * Per tensor, per channel or by groups, as `params` says.
 * @throws {RangeError} when the parameters do not fit the shape
 */
export function quantize(t: Tensor<"float32">, params: QuantParams): Tensor<"int8" | "uint8" | "int16" | "uint16"> {
  const q = limits[params.dtype];
  const codes: Tensor<"int8" | "uint8" | "int16" | "uint16"> = zeros(storageOf(params.dtype), t.shape);
  forEachParameter(t.shape, params, (index, scale, zeroPoint) => {
    codes.data[index] = quantizeValue(t.data[index] ?? 0, scale, zeroPoint, q);
  });
  return codes;
}

/**
 * Real values of a tensor of codes (one code an element), same shape.
 * @throws {RangeError} when the parameters do not fit the shape
 */
export function dequantize(t: Tensor, params: QuantParams): Tensor<"float32"> {
  const real = new Float32Array(elementCount(t.shape));
  forEachParameter(t.shape, params, (index, scale, zeroPoint) => {
    real[index] = dequantizeValue(Number(t.data[index] ?? 0), scale, zeroPoint);
  });
  return tensor("float32", t.shape, real);
}

/** What is left of a tensor after quantization: `dequantize(quantize(t))`, the simulation of codes in float32. */
export function fakeQuantize(t: Tensor<"float32">, params: QuantParams): Tensor<"float32"> {
  return dequantize(quantize(t, params), params);
}

/** Calls `visit` for every element, in order, with the scale and zero point that hold for it. */
function forEachParameter(
  shape: readonly number[],
  params: QuantParams,
  visit: (index: number, scale: number, zeroPoint: number) => void,
): void {
  const { scale, zeroPoint } = params;
  if (scale.length !== zeroPoint.length) {
    throw new RangeError(`${scale.length} scales and ${zeroPoint.length} zero points do not match`);
  }
  if (params.axis === undefined && scale.length !== 1) throw new RangeError(`${scale.length} scales need an axis`);
  const { count, placeOf } = scalePlaces(shape, params);
  if (count !== scale.length) {
    throw new RangeError(`shape [${shape.join(", ")}] needs ${count} scales, not ${scale.length}`);
  }
  const elements = elementCount(shape);
  for (let i = 0; i < elements; i++) {
    const place = placeOf(i);
    visit(i, scale[place] ?? Number.NaN, zeroPoint[place] ?? 0);
  }
}
