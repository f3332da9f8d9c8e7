import type { Random } from "../base/random.js";

/**
 * Draws of indices for a bootstrap: `n` of them uniform over 0 .. n - 1, `resamples` times. An interval takes tens of
 * millions of draws, so they come from sfc32 (Doty-Humphrey's small fast counting generator, 128 bits of state, passes
 * PractRand), inlined where they are used; it is seeded from `random`, so equal seeds give equal intervals everywhere.
 * @param visit called once a resample with the sum and the sum of squares of the drawn values
 */
export function resampleSums(
  values: Float64Array,
  resamples: number,
  random: Random,
  visit: (sum: number, squares: number) => void,
): void {
  const word = () => random.integer(-(2 ** 31), 2 ** 31 - 1);
  let [a, b, c, counter] = [word(), word(), word(), 1];
  const n = values.length;
  const step = n / 2 ** 32;
  for (let r = -1; r < resamples; r++) {
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < n; i++) {
      const drawn = (((a + b) | 0) + counter) | 0;
      counter = (counter + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = ((c << 21) | (c >>> 11)) + drawn;
      c |= 0;
      const value = values[((drawn >>> 0) * step) | 0] as number;
      sum += value;
      squares += value * value;
    }
    // The first one only mixes the seed in.
    if (r >= 0) visit(sum, squares);
  }
}
