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
    mantissaBits: type.mantissaBits,
    largest: type.largest,
    smallest: type.smallest,
    rounding: "half to even",
    block: "none",
    scale: "",
    bitsPerValue: bits,
    encode(values, options = {}) {
      const { length } = values;
      const { saturate = true } = options;
      const codes = new Uint8Array(length);
      for (let i = 0; i < length; i++) codes[i] = encodeMinifloat(values[i] as number, type, saturate);
      return encodedCodes(packCodes(codes, bits), { length, rowLength: rowLengthOf(length, options), block: length });
    },
    decode({ codes, length }) {
      const values = new Float32Array(length);
      for (const [i, code] of unpackCodes(codes, bits, length).entries()) values[i] = type.values[code] as number;
      return values;
    },
  };
}
