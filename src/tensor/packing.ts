/** Widths of codes that lie packed in bytes. */
export type PackedBits = 2 | 4;

/**
 * Packs unsigned codes of `bits` bits into bytes, the first code in the lowest bits; the last byte is filled up with 0.
 * Signed codes are given in two's complement or offset form by the caller; only the low `bits` bits are kept.
 * @returns ceil(codes.length * bits / 8) bytes
 * @see ONNX, "4bit integer types": the first element is stored in the 4 least significant bits; MatMulNBits packs alike
 */
export function packCodes(codes: ArrayLike<number>, bits: PackedBits): Uint8Array {
  const perByte = 8 / bits;
  const mask = (1 << bits) - 1;
  const packed = new Uint8Array(Math.ceil(codes.length / perByte));
  for (let i = 0; i < codes.length; i++) {
    const byte = Math.floor(i / perByte);
    packed[byte] = (packed[byte] ?? 0) | (((codes[i] ?? 0) & mask) << ((i % perByte) * bits));
  }
  return packed;
}

/**
 * The inverse of `packCodes`: the first `count` codes, unsigned (0 .. 2^bits - 1).
 * @throws {RangeError} when there are not enough bytes
 */
export function unpackCodes(packed: Uint8Array, bits: PackedBits, count: number): Uint8Array {
  const perByte = 8 / bits;
  if (packed.length * perByte < count) {
    throw new RangeError(`${packed.length} bytes do not hold ${count} codes of ${bits} bits`);
  }
  const mask = (1 << bits) - 1;
  const codes = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    codes[i] = ((packed[Math.floor(i / perByte)] ?? 0) >> ((i % perByte) * bits)) & mask;
  }
  return codes;
}

/** Unsigned codes of `bits` bits read as two's complement: 15 of 4 bits is -1. */
export function signExtend(codes: Uint8Array, bits: PackedBits): Int8Array {
  const sign = 1 << (bits - 1);
  return Int8Array.from(codes, (code) => (code ^ sign) - sign);
}
