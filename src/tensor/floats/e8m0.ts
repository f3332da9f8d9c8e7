import { binaryExponent, powerOfTwo } from "../binary-exponent.js";
import { encodedCodes, type Format, rowLengthOf } from "../format.js";

/** The code that is NaN, and makes a whole MX block NaN. */
export const E8M0_NAN = 0xff;

/** 2^(code - 127): exact in float32, where code 0 is subnormal. NaN for code 255. */
export function decodeE8m0(code: number): number {
  return code === E8M0_NAN ? Number.NaN : powerOfTwo(code - 127);
}

/** The code of 2^exponent, the exponent clamped to -127 .. 127. */
export function e8m0OfExponent(exponent: number): number {
  return Math.max(-127, Math.min(127, exponent)) + 127;
}

/**
 * The power of two nearest to a positive number; halfway between two, 1.5 * 2^n, it is the upper one, as in ml_dtypes and
 * in ONNX's `round_mode` "nearest". (Those two round float32 subnormals above 2^-127 up whatever their distance.)
 * Positive numbers below 2^-127 become 2^-127. Saturating, as ONNX has it, those above 2^127 become 2^127 and 0
 * becomes 2^-127; else both are NaN, as in ml_dtypes. The type has neither sign nor zero nor infinity: NaN, infinities and
 * negative numbers become NaN.
 */
function encodeE8m0(x: number, saturate: boolean): number {
  if (!(x >= 0 && x < Infinity)) return E8M0_NAN;
  if (x === 0) return saturate ? 0 : E8M0_NAN;
  const exponent = binaryExponent(x);
  const nearest = x >= 1.5 * powerOfTwo(exponent) ? exponent + 1 : exponent;
  return nearest > 127 && !saturate ? E8M0_NAN : e8m0OfExponent(nearest);
}

/** E8M0: the exponent of a float32 alone, 2^-127 .. 2^127; the scale of MX blocks. */
export const e8m0Format: Format = {
  name: "e8m0",
  summary: "8-bit power of two, the scale of MX blocks; no sign, no zero",
  bits: 8,
  largest: 2 ** 127,
  smallest: 2 ** -127,
  specials: "NaN",
  rounding: "half up",
  block: "none",
  scale: "",
  bitsPerValue: 8,
  source: "OCP Microscaling v1.0",
  encode(values, options = {}) {
    const codes = Uint8Array.from(values, (x) => encodeE8m0(x, options.saturate ?? true));
    const { length } = values;
    return encodedCodes(codes, { length, rowLength: rowLengthOf(length, options), block: length });
  },
  decode: ({ codes }) => Float32Array.from(codes, decodeE8m0),
};
