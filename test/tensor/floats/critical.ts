/** The float32 next to a finite one, `steps` units in the last place away from 0. */
export function beside(x: number, steps: number): number {
  const bits = new Uint32Array(Float32Array.of(x).buffer);
  bits[0] = (bits[0] as number) + steps;
  return new Float32Array(bits.buffer)[0] as number;
}

/**
 * The float32 values at which rounding to some numbers can go wrong: the numbers, every middle between neighbours and
 * what lies one unit in the last place to both sides, the middle to where the next number would be, and what is no
 * number or has none near; all with both signs.
 * @param values all values of a type, in any order
 */
export function criticalValues(values: Float32Array): Float32Array {
  const numbers = [...new Set(values)].filter((x) => x >= 0 && x < Infinity).sort((a, b) => a - b);
  const last = numbers.length - 1;
  const beyond = 2 * (numbers[last] as number) - (numbers[last - 1] as number);
  const middles = [...numbers.slice(1), beyond].map((x, i) => Math.fround((x + (numbers[i] as number)) / 2));
  const points = [...numbers, ...middles].flatMap((x) => (x === 0 ? [x] : [beside(x, -1), x, beside(x, 1)]));
  const far = [2 ** -149, 2 ** -140, 3e-30, 1e9, 3.4028234663852886e38, Infinity, Number.NaN];
  return Float32Array.from([...points, ...far].flatMap((x) => (Number.isNaN(x) ? [x] : [x, -x])));
}
