import { minifloat } from "./minifloat.js";
import { minifloatFormat } from "./minifloat-format.js";

/** E5M2: -57344 .. 57344, infinities and NaN as IEEE 754 has them. */
export const e5m2 = minifloat({
  exponentBits: 5,
  mantissaBits: 2,
  bias: 15,
  largestCode: 0x7b,
  infinity: 0x7c,
  nan: 0x7e,
});

export const e5m2Format = minifloatFormat(e5m2, {
  name: "fp8_e5m2",
  summary: "8-bit float, 5 exponent bits; the upper half of fp16",
  specials: "infinities, NaN",
  source: "OCP OFP8 v1.0",
});
