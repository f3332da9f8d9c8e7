import { encodedCodes, type Format, rowLengthOf } from "../format.js";
import { packCodes, unpackCodes } from "../packing.js";

/** Codes of 16 bits, sign first, and how to get there and back. */
interface HalfWord {
  /** Rounds to nearest, ties to even; too large values become infinite. */
  readonly encode: (values: ArrayLike<number>) => Uint16Array;
  readonly decode: (codes: Uint16Array) => Float32Array;
  readonly mantissaBits: number;
  /** The code of the largest finite number. */
  readonly largestCode: number;
}

/**
 * A 16-bit float as a format. Infinities are kept and values that round beyond the largest finite one become infinite,
 * whatever `saturate` says: ONNX's attribute is for 8-bit floats alone.
 */
export function halfWordFormat(
  { encode, decode, mantissaBits, largestCode }: HalfWord,
  words: Pick<Format, "name" | "summary" | "source">,
): Format {
  return {
    ...words,
    bits: 16,
    mantissaBits,
    largest: decode(Uint16Array.of(largestCode))[0] as number,
    smallest: decode(Uint16Array.of(1))[0] as number,
    specials: "infinities, NaN",
    rounding: "half to even",
    block: "none",
    scale: "",
    bitsPerValue: 16,
    encode(values, options = {}) {
      const { length } = values;
      const layout = { length, rowLength: rowLengthOf(length, options), block: length };
      return encodedCodes(packCodes(encode(values), 16), layout);
    },
    decode: ({ codes, length }) => decode(unpackCodes(codes, 16, length) as Uint16Array),
  };
}
