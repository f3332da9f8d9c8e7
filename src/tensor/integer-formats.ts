import {
  affineParamsOf,
  bitsOf,
  dequantize,
  integerLimits,
  quantDTypes,
  quantize,
  symmetricLimits,
  symmetricZeroPoint,
} from "./affine.js";
import { type Encoded, type EncodeOptions, encodedCodes, type Format, rowLengthOf } from "./format.js";
import { packCodes, signExtend, unpackCodes, type WideBits } from "./packing.js";
import type { Granularity, QuantDType, QuantParams, Range } from "./quant.js";
import { rangesOf } from "./ranges.js";
import { tensor } from "./tensor.js";

/**
 * An affine integer type as a format: `value = (code - zeroPoint) * scale`, parameters from the values' own ranges; see
 * affine.ts for the arithmetic. One scale for all, for each row (`groupSize: rowLength`) or for groups in a row.
 */
function integerFormat(dtype: QuantDType): Format {
  const bits = bitsOf(dtype);
  const signed = integerLimits(dtype).min < 0;
  return {
    name: dtype,
    summary: `${bits}-bit ${signed ? "signed" : "unsigned"} integer with float32 scales`,
    bits,
    largest: signed ? symmetricLimits(dtype).max : integerLimits(dtype).max,
    smallest: 1,
    specials: "NaN",
    rounding: "half to even",
    block: "any",
    scale: signed ? "float32, largest magnitude" : "float32 and a zero point, range",
    bitsPerValue: bits,
    source: "ONNX QuantizeLinear",
    encode: (values, options = {}) => encodeIntegers(values, dtype, { symmetric: signed, ...options }),
    decode: (encoded) => decodeIntegers(encoded, dtype, bits),
  };
}

function encodeIntegers(
  values: Float32Array,
  dtype: QuantDType,
  options: EncodeOptions & { readonly symmetric: boolean },
): Encoded {
  const bits = bitsOf(dtype);
  const { groupSize } = options;
  const layout = {
    length: values.length,
    rowLength: rowLengthOf(values.length, options),
    block: groupSize ?? values.length,
  };
  const t = tensor("float32", shapeOf(layout), values);
  const granularity: Granularity = groupSize === undefined ? {} : { axis: 1, groupSize };
  const each = rangesOf(t, granularity).map((range) => paramsOrNaN(range, dtype, options.symmetric));
  const scale = Float32Array.from(each, (p) => p.scale);
  const zeroPoint = Int32Array.from(each, (p) => p.zeroPoint);
  const codes = quantize(t, { dtype, scale, zeroPoint, ...granularity });
  return {
    ...encodedCodes(packCodes(codes.data, bits), layout),
    scales: new Uint8Array(scale.buffer),
    zeroPoints: options.symmetric ? new Uint8Array(0) : packCodes(zeroPoint, bits),
  };
}

/** A range that holds NaN or an infinity has no scale: NaN, so that its values read as NaN. */
function paramsOrNaN(range: Range, dtype: QuantDType, symmetric: boolean): { scale: number; zeroPoint: number } {
  const finite = Number.isFinite(range.min) && Number.isFinite(range.max);
  return finite ? affineParamsOf(range, dtype, { symmetric }) : { scale: Number.NaN, zeroPoint: 0 };
}

function decodeIntegers(encoded: Encoded, dtype: QuantDType, bits: WideBits): Float32Array {
  const scale = new Float32Array(encoded.scales.slice().buffer);
  const zeroPoint =
    encoded.zeroPoints.length === 0
      ? new Int32Array(scale.length).fill(symmetricZeroPoint(dtype))
      : Int32Array.from(codesOf(encoded.zeroPoints, dtype, bits, scale.length));
  const granularity: Granularity =
    encoded.block === encoded.length && scale.length === 1 ? {} : { axis: 1, groupSize: encoded.block };
  const params: QuantParams = { dtype, scale, zeroPoint, ...granularity };
  const codes = Int32Array.from(codesOf(encoded.codes, dtype, bits, encoded.length));
  return dequantize(tensor("int32", shapeOf(encoded), codes), params).data as Float32Array;
}

function codesOf(packed: Uint8Array, dtype: QuantDType, bits: WideBits, count: number): ArrayLike<number> {
  const codes = unpackCodes(packed, bits, count);
  return integerLimits(dtype).min < 0 ? signExtend(codes, bits) : codes;
}

/** [rows, rowLength]; [0, 0] without values. */
function shapeOf({ length, rowLength }: Pick<Encoded, "length" | "rowLength">): readonly number[] {
  return length === 0 ? [0, 0] : [length / rowLength, rowLength];
}

export const integerFormats: readonly Format[] = quantDTypes.map(integerFormat);
