const word = new Float64Array(1);
/** Low and high half of `word`, on the little-endian machines that there are. */
const halves = new Uint32Array(word.buffer);

/**
 * floor(log2(|x|)), exactly, for every float32 and every normal float64; -1023 for 0 and 1024 for infinities and NaN, so
 * that a lower bound on exponents holds for zero without a special case.
 */
export function binaryExponent(x: number): number {
  word[0] = x;
  return (((halves[1] as number) >>> 20) & 0x7ff) - 1023;
}

/** 2^exponent for whole exponents -1022 .. 1023. */
export function powerOfTwo(exponent: number): number {
  halves[0] = 0;
  halves[1] = (exponent + 1023) << 20;
  return word[0] as number;
}
