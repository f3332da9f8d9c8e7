import { minifloat } from "./minifloat.js";
import { minifloatFormat } from "./minifloat-format.js";

/** E3M2: -28 .. 28, all codes finite. */
export const e3m2 = minifloat({ exponentBits: 3, mantissaBits: 2, bias: 3, largestCode: 0x1f });

export const e3m2Format = minifloatFormat(e3m2, {
  name: "fp6_e3m2",
  summary: "6-bit float, 3 exponent bits",
  specials: "none",
  source: "OCP Microscaling v1.0",
});
