import { roundHalfEven } from "../affine.js";
import { binaryExponent, powerOfTwo } from "../binary-exponent.js";

/** How the codes of a binary floating-point type of at most 8 bits are laid out: sign, exponent, mantissa. */
export interface MinifloatLayout {
  readonly exponentBits: number;
  readonly mantissaBits: number;
  readonly bias: number;
  /** The largest code that is a finite number, without the sign bit. */
  readonly largestCode: number;
  /** The code of +infinity, where there is one. */
  readonly infinity?: number;
  /** The code of NaN that encoding gives, where there is one. */
  readonly nan?: number;
  /** No -0: the code with nothing but the sign bit is NaN ("uz" in the names of types). */
  readonly unsignedZero?: true;
}

/** A layout, and what its codes mean. */
export interface Minifloat extends MinifloatLayout {
  readonly bits: number;
  /** The value of each code: 2^bits float32 numbers, exact. */
  readonly values: Float32Array;
  readonly largest: number;
  /** Smallest value above 0: subnormal. */
  readonly smallest: number;
  /** Exponent of the largest value, floor(log2(largest)): `emax` of the MX specification. */
  readonly largestExponent: number;
}

/**
 * The values of a layout. With s the sign, E the exponent field, M the mantissa field and m its bits:
 * E > 0: (-1)^s * 2^(E - bias) * (1 + M / 2^m); E = 0: (-1)^s * 2^(1 - bias) * (M / 2^m).
 * @see OCP 8-bit Floating Point Specification (OFP8) v1.0, section 5; OCP Microscaling Formats v1.0, section 5.3
 */
export function minifloat(layout: MinifloatLayout): Minifloat {
  const bits = 1 + layout.exponentBits + layout.mantissaBits;
  const values = Float32Array.from({ length: 2 ** bits }, (_, code) => codeValue(code, bits, layout));
  const largest = values[layout.largestCode] as number;
  return { ...layout, bits, values, largest, smallest: values[1] as number, largestExponent: binaryExponent(largest) };
}

function codeValue(code: number, bits: number, layout: MinifloatLayout): number {
  const { mantissaBits, bias, largestCode, infinity, unsignedZero } = layout;
  const signBit = 2 ** (bits - 1);
  if (unsignedZero && code === signBit) return Number.NaN;
  const magnitude = code % signBit;
  const sign = code < signBit ? 1 : -1;
  if (magnitude > largestCode) return magnitude === infinity ? sign * Infinity : Number.NaN;
  const exponent = Math.floor(magnitude / 2 ** mantissaBits);
  const mantissa = magnitude % 2 ** mantissaBits;
  return exponent === 0
    ? sign * mantissa * 2 ** (1 - bias - mantissaBits)
    : sign * (2 ** mantissaBits + mantissa) * 2 ** (exponent - bias - mantissaBits);
}

/**
 * The code nearest to a number, ties to the even code: with e = max(floor(log2 |x|), 1 - bias) and m mantissa bits,
 * code = (e - (1 - bias)) * 2^m + roundHalfEven(|x| * 2^(m - e)); a carry of the rounding runs into the exponent by itself.
 * Exact for float32 values, and for float64 ones that are scaled by a power of two: only one rounding takes place.
 *
 * What rounds beyond the largest finite value becomes that (`saturate`), else infinite, else NaN, else the largest after
 * all. NaN in a type without one becomes -0, which is what ml_dtypes makes of a positive NaN: such types cannot say it.
 */
export function encodeMinifloat(x: number, type: Minifloat, saturate: boolean): number {
  const signBit = 2 ** (type.bits - 1);
  if (Number.isNaN(x)) return type.nan ?? signBit;
  const sign = x < 0 || Object.is(x, -0) ? signBit : 0;
  const code = magnitudeCode(Math.abs(x), type);
  if (code <= type.largestCode) return code === 0 && type.unsignedZero ? 0 : code + sign;
  if (saturate) return type.largestCode + sign;
  if (type.infinity !== undefined) return type.infinity + sign;
  if (type.nan === undefined) return type.largestCode + sign;
  return type.unsignedZero ? type.nan : type.nan + sign;
}

/** The code of a magnitude were there no largest one. */
function magnitudeCode(magnitude: number, { mantissaBits, bias }: Minifloat): number {
  if (magnitude === Infinity) return Infinity;
  const least = 1 - bias;
  const exponent = Math.max(binaryExponent(magnitude), least);
  return (exponent - least) * 2 ** mantissaBits + roundHalfEven(magnitude * powerOfTwo(mantissaBits - exponent));
}
