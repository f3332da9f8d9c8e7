import { minifloat } from "./minifloat.js";
import { minifloatFormat } from "./minifloat-format.js";

/** E4M3 of AMD and Graphcore: bias 8, -240 .. 240; the code of -0 is the one NaN. */
export const e4m3fnuz = minifloat({
  exponentBits: 4,
  mantissaBits: 3,
  bias: 8,
  largestCode: 0x7f,
  nan: 0x80,
  unsignedZero: true,
});

export const e4m3fnuzFormat = minifloatFormat(e4m3fnuz, {
  name: "fp8_e4m3fnuz",
  summary: "8-bit float, 4 exponent bits; no infinity, no -0",
  specials: "NaN",
  source: "Noune et al. 2022, arXiv:2206.02915",
});
