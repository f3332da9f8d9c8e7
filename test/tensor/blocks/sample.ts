/** Whole numbers 0 .. 2^32 - 1 that only look random: the same everywhere. */
export function* scrambled(seed: number): Generator<number, never> {
  for (let s = seed; ; ) {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    yield s;
  }
}

/**
 * Blocks of 256 values of many magnitudes: bell-shaped, multiples of a power of two (many ties), zeros among them, nothing but
 * zeros, one sign only, one value alone.
 */
export function sampleOf(blocks: number): Float32Array {
  const random = scrambled(7);
  const next = () => random.next().value / 2 ** 32;
  const values = new Float32Array(blocks * 256);
  for (let block = 0; block < blocks; block++) {
    const magnitude = 2 ** Math.floor(next() * 40 - 30);
    for (let i = 0; i < 256; i++) {
      const bell = next() + next() + next() + next() - 2;
      const kinds = [bell, Math.round(bell * 16) / 16, i % 3 ? bell : 0, 0, Math.abs(bell) + 1, i === 77 ? bell : 0];
      values[block * 256 + i] = (kinds[block % kinds.length] as number) * magnitude;
    }
  }
  return values;
}
