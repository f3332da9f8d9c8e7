import { minifloat } from "./minifloat.js";
import { minifloatFormat } from "./minifloat-format.js";

/** E2M3: -7.5 .. 7.5, all codes finite. */
export const e2m3 = minifloat({ exponentBits: 2, mantissaBits: 3, bias: 1, largestCode: 0x1f });

export const e2m3Format = minifloatFormat(e2m3, {
  name: "fp6_e2m3",
  summary: "6-bit float, 2 exponent bits",
  specials: "none",
  source: "OCP Microscaling v1.0",
});
