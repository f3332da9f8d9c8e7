import type { IntegerLimits, QuantDType, QuantParams, Range } from "./quant.js";
import { elementCount, type Tensor, tensor } from "./tensor.js";

export { packCodes, signExtend, unpackCodes } from "./packing.js";

/**
 * Affine integer quantization, `real = (code - zeroPoint) * scale`, with the rounding of the ONNX operators:
 * float32 scale and division, round half to even, saturate.
 * @see https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html (opset 21)
 * @see Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference"
 */

const limits: Readonly<Record<QuantDType, IntegerLimits>> = {
  int8: { min: -128, max: 127 },
  uint8: { min: 0, max: 255 },
  int4: { min: -8, max: 7 },
  uint4: { min: 0, max: 15 },
  int2: { min: -2, max: 1 },
  uint2: { min: 0, max: 3 },
  int16: { min: -32768, max: 32767 },
  uint16: { min: 0, max: 65535 },
};

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

/** Parameters with one range for each index of `axis`. */
export function channelParams(
  ranges: readonly Range[],
  dtype: QuantDType,
  { symmetric, axis }: { symmetric: boolean; axis: number },
): QuantParams {
  const each = ranges.map((range) => affineParamsOf(range, dtype, { symmetric }));
  return {
    dtype,
    scale: Float32Array.from(each, (p) => p.scale),
    zeroPoint: Int32Array.from(each, (p) => p.zeroPoint),
    axis,
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

/** Storage of codes: 4- and 2-bit codes lie one in a byte here; `packCodes` packs them. */
const storage = {
  int8: "int8",
  uint8: "uint8",
  int4: "int8",
  uint4: "uint8",
  int2: "int8",
  uint2: "uint8",
  int16: "int16",
  uint16: "uint16",
} as const;

/**
 * Codes of a tensor, same shape; one code an element (int4 and int2 in int8, uint4 and uint2 in uint8, not packed).
 * Per tensor, per channel or by groups, as `params` says.
 * @throws {RangeError} when the parameters do not fit the shape
 */
export function quantize(t: Tensor<"float32">, params: QuantParams): Tensor<"int8" | "uint8" | "int16" | "uint16"> {
  const dtype = storage[params.dtype];
  const q = limits[params.dtype];
  const length = t.data.length;
  const codes =
    dtype === "int8"
      ? new Int8Array(length)
      : dtype === "uint8"
        ? new Uint8Array(length)
        : dtype === "int16"
          ? new Int16Array(length)
          : new Uint16Array(length);
  forEachParameter(t.shape, params, (index, scale, zeroPoint) => {
    codes[index] = quantizeValue(t.data[index] ?? 0, scale, zeroPoint, q);
  });
  return tensor(dtype, t.shape, codes);
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

/** Calls `visit` for every element, in order, with the scale and zero point that hold for it. */
function forEachParameter(
  shape: readonly number[],
  params: QuantParams,
  visit: (index: number, scale: number, zeroPoint: number) => void,
): void {
  const parameterOf = parameterIndex(shape, params);
  const count = elementCount(shape);
  for (let i = 0; i < count; i++) {
    const p = parameterOf(i);
    visit(i, params.scale[p] ?? Number.NaN, params.zeroPoint[p] ?? 0);
  }
}

/**
 * Which scale belongs to an element, by its row-major index.
 * Groups: `groupSize` consecutive elements along `axis`; scales lie in the order of the tensor with `axis` shortened to
 * ceil(length / groupSize), so [channels, groups] for a matrix [channels, length] with axis 1.
 */
function parameterIndex(shape: readonly number[], params: QuantParams): (element: number) => number {
  const { axis, groupSize, scale, zeroPoint } = params;
  if (scale.length !== zeroPoint.length) {
    throw new RangeError(`${scale.length} scales and ${zeroPoint.length} zero points do not match`);
  }
  if (axis === undefined) {
    if (scale.length !== 1) throw new RangeError(`${scale.length} scales need an axis`);
    return () => 0;
  }
  const length = shape[axis];
  if (length === undefined) throw new RangeError(`axis ${axis} does not exist in shape [${shape.join(", ")}]`);
  const inner = elementCount(shape.slice(axis + 1));
  if (groupSize === undefined) {
    expectCount(length, scale.length, shape);
    return (element) => Math.floor(element / inner) % length;
  }
  const groups = Math.ceil(length / groupSize);
  expectCount((elementCount(shape.slice(0, axis)) * groups * inner) | 0, scale.length, shape);
  return (element) => {
    const outer = Math.floor(element / (inner * length));
    const group = Math.floor((Math.floor(element / inner) % length) / groupSize);
    return (outer * groups + group) * inner + (element % inner);
  };
}

function expectCount(expected: number, found: number, shape: readonly number[]): void {
  if (expected !== found) {
    throw new RangeError(`shape [${shape.join(", ")}] needs ${expected} scales, not ${found}`);
  }
}
