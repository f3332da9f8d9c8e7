import { minifloat } from "./minifloat.js";
import { minifloatFormat } from "./minifloat-format.js";

/** E5M2 of AMD and Graphcore: bias 16, -57344 .. 57344; the code of -0 is the one NaN. */
export const e5m2fnuz = minifloat({
  exponentBits: 5,
  mantissaBits: 2,
  bias: 16,
  largestCode: 0x7f,
  nan: 0x80,
  unsignedZero: true,
});

export const e5m2fnuzFormat = minifloatFormat(e5m2fnuz, {
  name: "fp8_e5m2fnuz",
  summary: "8-bit float, 5 exponent bits; no infinity, no -0",
  specials: "NaN",
  source: "Noune et al. 2022, arXiv:2206.02915",
});
