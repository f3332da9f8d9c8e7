import { largestMagnitude } from "./blocks.js";
import { ggmlFormat, inverseScale, readScale, writeScale } from "./ggml.js";

const BLOCK = 32;

/**
 * ggml Q8_0, 34 bytes for 32 values: fp16 scale d, then int8 codes. `value = code * d`; `d = max |v| / 127`;
 * `code = round(v_i * (1 / d))`, halves away from zero. All in float32, and with the d that is not yet rounded to fp16.
 */
export const q8_0Format = ggmlFormat(
  {
    block: BLOCK,
    bytes: 2 + BLOCK,
    write(values, bytes) {
      const scale = Math.fround(largestMagnitude(values, 0, BLOCK) / 127);
      const inverse = inverseScale(scale);
      writeScale(bytes, 0, scale);
      for (let j = 0; j < BLOCK; j++) bytes[2 + j] = roundHalfAway(Math.fround((values[j] as number) * inverse));
    },
    read(bytes, values) {
      const scale = readScale(bytes, 0);
      for (let j = 0; j < BLOCK; j++) values[j] = (((bytes[2 + j] as number) << 24) >> 24) * scale;
    },
    poison: (bytes) => writeScale(bytes, 0, Number.NaN),
  },
  {
    name: "q8_0",
    summary: "ggml: 32 codes of 8 bits with an fp16 scale",
    bits: 8,
    largest: 127,
    smallest: 1,
    rounding: "half away from 0",
    scale: "fp16, largest magnitude / 127",
  },
);

function roundHalfAway(x: number): number {
  const whole = Math.trunc(x);
  return Math.abs(x - whole) < 0.5 ? whole : whole + Math.sign(x);
}
