import { binaryExponent, powerOfTwo } from "../binary-exponent.js";
import { decodeE8m0, E8M0_NAN, e8m0OfExponent } from "../floats/e8m0.js";
import { encodeMinifloat, type Minifloat } from "../floats/minifloat.js";
import { encodedCodes, type Format, rowLengthOf } from "../format.js";
import { type PackedBits, packCodes, unpackCodes } from "../packing.js";
import { blockCount, forEachBlock, largestMagnitude } from "./blocks.js";

/** Values that share a scale in every concrete MX format. */
const MX_BLOCK = 32;

/** What the elements of an MX format are. */
export interface MxElement {
  readonly bits: PackedBits;
  readonly largest: number;
  readonly smallest: number;
  /** floor(log2(largest)), `emax_elem` of the specification. */
  readonly largestExponent: number;
  /** The code nearest to a finite number, ties to even, too large ones saturated. */
  readonly encode: (x: number) => number;
  readonly decode: (code: number) => number;
}

/** A low-bit float as an MX element. */
export function minifloatElement(type: Minifloat): MxElement {
  const { bits, largest, smallest, largestExponent, values } = type;
  return {
    bits: bits as PackedBits,
    largest,
    smallest,
    largestExponent,
    encode: (x) => encodeMinifloat(x, type, true),
    decode: (code) => values[code] as number,
  };
}

/**
 * A format of OCP Microscaling: 32 elements P_i and one scale X = 2^s, value = X * P_i.
 * `s = clamp(floor(log2(max |v|)) - emax_elem, -127, 127)`, so the scale is rounded down to a power of two, and the
 * largest value may lie beyond the largest element, at which it saturates; `P_i = saturate(roundHalfEven(v_i / X))`.
 * v_i / X is exact here (float64), so each value is rounded once; the product is rounded to float32.
 * A block of zeros has s = -127; a block that holds NaN or an infinity, which the specification leaves open, has the NaN scale.
 * @see OCP Microscaling Formats (MX) Specification v1.0, section 6.3, "Conversion from vector of scalar elements to MX format"
 */
export function mxFormat(element: MxElement, words: Pick<Format, "name" | "summary">): Format {
  const { bits, largest, smallest } = element;
  return {
    ...words,
    bits,
    largest,
    smallest,
    specials: "NaN",
    rounding: "half to even",
    block: MX_BLOCK,
    scale: "e8m0, rounded down",
    bitsPerValue: bits + 8 / MX_BLOCK,
    source: "OCP Microscaling v1.0",
    encode(values, options = {}) {
      const layout = { length: values.length, rowLength: rowLengthOf(values.length, options), block: MX_BLOCK };
      const codes = new Uint8Array(values.length);
      const scales = new Uint8Array(blockCount(layout));
      forEachBlock(layout, (index, start, end) => {
        const scale = mxScale(largestMagnitude(values, start, end), element.largestExponent);
        scales[index] = scale;
        if (scale === E8M0_NAN) return;
        const inverse = powerOfTwo(127 - scale);
        for (let i = start; i < end; i++) codes[i] = element.encode((values[i] as number) * inverse);
      });
      return { ...encodedCodes(packCodes(codes, bits), layout), scales };
    },
    decode(encoded) {
      const codes = unpackCodes(encoded.codes, bits, encoded.length);
      const values = new Float32Array(encoded.length);
      forEachBlock(encoded, (index, start, end) => {
        const scale = decodeE8m0(encoded.scales[index] as number);
        for (let i = start; i < end; i++) values[i] = element.decode(codes[i] as number) * scale;
      });
      return values;
    },
  };
}

/** The code of the shared scale for a block's largest magnitude; NaN's for NaN. */
function mxScale(largest: number, largestExponent: number): number {
  return Number.isNaN(largest) ? E8M0_NAN : e8m0OfExponent(binaryExponent(largest) - largestExponent);
}
