import { ggmlFormat, inverseScale, readScale, writeScale } from "./ggml.js";

const HALF = 16;

/**
 * ggml Q4_0, 18 bytes for 32 values: fp16 scale d; byte j holds code j in its lower and code j + 16 in its upper half.
 * `value = (code - 8) * d`; `d = v / -8` for the value v of largest magnitude (the first of several), which thus gets code 0;
 * `code = min(15, trunc(v_i * (1 / d) + 8.5))`, halves rounding up. All in float32, and with the d that is not yet rounded to fp16.
 */
export const q4_0Format = ggmlFormat(
  {
    block: 2 * HALF,
    bytes: 2 + HALF,
    write(values, bytes) {
      const scale = Math.fround(extreme(values) / -8);
      const inverse = inverseScale(scale);
      writeScale(bytes, 0, scale);
      for (let j = 0; j < HALF; j++) {
        bytes[2 + j] = code(values[j] as number, inverse) | (code(values[j + HALF] as number, inverse) << 4);
      }
    },
    read(bytes, values) {
      const scale = readScale(bytes, 0);
      for (let j = 0; j < HALF; j++) {
        const both = bytes[2 + j] as number;
        values[j] = ((both & 15) - 8) * scale;
        values[j + HALF] = ((both >> 4) - 8) * scale;
      }
    },
    poison: (bytes) => writeScale(bytes, 0, Number.NaN),
  },
  {
    name: "q4_0",
    summary: "ggml: 32 codes of 4 bits with an fp16 scale",
    bits: 4,
    largest: 8,
    smallest: 1,
    rounding: "half up",
    scale: "fp16, largest value / -8",
  },
);

/** The value of largest magnitude, sign kept. */
function extreme(values: Float32Array): number {
  return values.reduce((most, x) => (Math.abs(x) > Math.abs(most) ? x : most), 0);
}

function code(x: number, inverse: number): number {
  return Math.min(15, Math.trunc(Math.fround(Math.fround(x * inverse) + 8.5)));
}
