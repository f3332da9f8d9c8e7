import { encodedCodes, type Format, rowLengthOf } from "../format.js";
import { type PackedBits, packCodes, unpackCodes } from "../packing.js";
import { encodeMinifloat, type Minifloat } from "./minifloat.js";

/** A low-bit float as a format of its own: no scale, each value rounded to nearest, ties to even. */
export function minifloatFormat(
  type: Minifloat,
  words: Pick<Format, "name" | "summary" | "specials" | "source">,
): Format {
  const bits = type.bits as PackedBits;
  return {
    ...words,
    bits,
    largest: type.largest,
    smallest: type.smallest,
    rounding: "half to even",
    block: "none",
    scale: "",
    bitsPerValue: bits,
    encode(values, options = {}) {
      const codes = Uint8Array.from(values, (x) => encodeMinifloat(x, type, options.saturate ?? true));
      const { length } = values;
      return encodedCodes(packCodes(codes, bits), { length, rowLength: rowLengthOf(length, options), block: length });
    },
    decode({ codes, length }) {
      return Float32Array.from(unpackCodes(codes, bits, length), (code) => type.values[code] as number);
    },
  };
}
