import { Float16Array, f16round } from "@petamoriken/float16";

/**
 * IEEE 754 binary16 and bfloat16 codes, which tensors of those types hold, as numbers and back.
 * Rounding is to nearest, ties to even; too large values become infinite.
 */

/** Numbers of binary16 codes. */
export function fromFloat16(codes: Uint16Array): Float32Array {
  return Float32Array.from(new Float16Array(codes.slice().buffer));
}

/** binary16 codes of numbers. */
export function toFloat16(values: ArrayLike<number>): Uint16Array {
  return new Uint16Array(Float16Array.from(values).buffer);
}

/** Numbers of bfloat16 codes: the upper half of a float32. */
export function fromBfloat16(codes: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(codes, (code) => (code << 16) >>> 0).buffer);
}

/** bfloat16 codes of numbers. */
export function toBfloat16(values: ArrayLike<number>): Uint16Array {
  const bits = new Uint32Array(Float32Array.from(values).buffer);
  return Uint16Array.from(bits, (b) => {
    if ((b & 0x7fffffff) > 0x7f800000) return (b >>> 16) | 0x40;
    return (b + 0x7fff + ((b >>> 16) & 1)) >>> 16;
  });
}

/** Whether a number is a positive, normal, finite binary16 value. */
export function isNormalHalf(value: number): boolean {
  return value >= 2 ** -14 && value <= 65_504 && f16round(value) === value;
}
