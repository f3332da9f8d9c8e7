/** Widths of codes that fill at most a byte. */
export type PackedBits = 2 | 3 | 4 | 5 | 6 | 7 | 8;

/** Widths of all codes that can be packed. */
export type WideBits = PackedBits | 9 | 10 | 11 | 12 | 13 | 14 | 15 | 16;

/**
 * Packs unsigned codes of `bits` bits into bytes, the first code in the lowest bits; the last byte is filled up with 0.
 * Code i lies in bits i*bits .. (i+1)*bits-1 of the little-endian number that the bytes are, so codes of 3, 5, 6 and 7
 * bits run across the border of two bytes, and those of 8 and 16 bits are plain bytes and little-endian words.
 * Signed codes are given in two's complement or offset form by the caller; only the low `bits` bits are kept.
 * @returns ceil(codes.length * bits / 8) bytes
 * @see ONNX, "4bit integer types": the first element is stored in the 4 least significant bits; MatMulNBits packs alike
 */
export function packCodes(codes: ArrayLike<number>, bits: WideBits): Uint8Array {
  const mask = 2 ** bits - 1;
  const packed = new Uint8Array(Math.ceil((codes.length * bits) / 8));
  let [byte, waiting, held] = [0, 0, 0];
  for (let i = 0; i < codes.length; i++) {
    waiting |= ((codes[i] ?? 0) & mask) << held;
    held += bits;
    for (; held >= 8; held -= 8) {
      packed[byte++] = waiting;
      waiting >>>= 8;
    }
  }
  if (held > 0) packed[byte] = waiting;
  return packed;
}

/**
 * The inverse of `packCodes`: the first `count` codes, unsigned (0 .. 2^bits - 1).
 * @throws {RangeError} when there are not enough bytes
 */
export function unpackCodes(packed: Uint8Array, bits: PackedBits, count: number): Uint8Array;
export function unpackCodes(packed: Uint8Array, bits: WideBits, count: number): Uint8Array | Uint16Array;
export function unpackCodes(packed: Uint8Array, bits: WideBits, count: number): Uint8Array | Uint16Array {
  if (packed.length * 8 < count * bits) {
    throw new RangeError(`${packed.length} bytes do not hold ${count} codes of ${bits} bits`);
  }
  const mask = 2 ** bits - 1;
  const codes = bits <= 8 ? new Uint8Array(count) : new Uint16Array(count);
  let [byte, waiting, held] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    for (; held < bits; held += 8) waiting |= (packed[byte++] ?? 0) << held;
    codes[i] = waiting & mask;
    waiting >>>= bits;
    held -= bits;
  }
  return codes;
}

/** Unsigned codes of `bits` bits read as two's complement: 15 of 4 bits is -1. */
export function signExtend(codes: Uint8Array, bits: PackedBits): Int8Array;
export function signExtend(codes: Uint8Array | Uint16Array, bits: WideBits): Int8Array | Int16Array;
export function signExtend(codes: Uint8Array | Uint16Array, bits: WideBits): Int8Array | Int16Array {
  const sign = 2 ** (bits - 1);
  const extend = (code: number) => (code ^ sign) - sign;
  return bits <= 8 ? Int8Array.from(codes, extend) : Int16Array.from(codes, extend);
}
