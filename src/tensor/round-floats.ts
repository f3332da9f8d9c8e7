import type { Format } from "./format.js";

/** Rounds float32 values to the values of one low-bit float: what `decode(encode(x))` gives, without the codes. */
export type RoundFloats = (values: Float32Array) => Float32Array;

const known = new Map<string, RoundFloats>();

/** The rounding of a format that has `mantissaBits`; undefined for others. */
export function roundingOf(format: Format): RoundFloats | undefined {
  if (format.mantissaBits === undefined) return undefined;
  const before = known.get(format.name);
  if (before) return before;
  const made = makeRounding(format, format.mantissaBits);
  known.set(format.name, made);
  return made;
}

/** Adding and taking away 1.5 * 2^52 rounds a float64 of at most 2^51 to the nearest integer, ties to even. */
const ROUNDING = 1.5 * 2 ** 52;

/**
 * A float32 with exponent e is rounded to a multiple of max(2^(e - m), smallest), ties to even: exact in float64, as that is
 * a power of two. What lies outside the format (NaN, infinities, beyond the largest, -0) the format itself is asked for once.
 */
function makeRounding(format: Format, mantissaBits: number): RoundFloats {
  const ask = (value: number) => format.decode(format.encode(Float32Array.of(value)))[0] as number;
  const [nan, infinity, negativeZero] = [ask(Number.NaN), ask(Infinity), ask(-0)];
  const { largest, smallest } = format;
  const step = Float64Array.from({ length: 255 }, (_, field) =>
    Math.max(smallest, 2 ** (Math.max(1, field) - 127 - mantissaBits)),
  );
  const inverse = step.map((size) => 1 / size);
  return (values) => {
    // One that starts at its own buffer, so that the words below are the values' bits.
    const rounded = Float32Array.from(values);
    const words = new Uint32Array(rounded.buffer);
    for (let i = 0; i < rounded.length; i++) {
      const field = ((words[i] as number) >>> 23) & 0xff;
      const x = rounded[i] as number;
      if (field === 255) {
        rounded[i] = Number.isNaN(x) ? nan : x > 0 ? infinity : -infinity;
        continue;
      }
      const near = (x * (inverse[field] as number) + ROUNDING - ROUNDING) * (step[field] as number);
      if (near === 0) rounded[i] = x < 0 || Object.is(x, -0) ? negativeZero : 0;
      else rounded[i] = near > largest ? infinity : near < -largest ? -infinity : near;
    }
    return rounded;
  };
}
