import { minifloat } from "./minifloat.js";
import { minifloatFormat } from "./minifloat-format.js";

/** E2M1: -6 .. 6, all codes finite. */
export const e2m1 = minifloat({ exponentBits: 2, mantissaBits: 1, bias: 1, largestCode: 0x7 });

export const e2m1Format = minifloatFormat(e2m1, {
  name: "fp4",
  summary: "4-bit float: 0, 0.5, 1, 1.5, 2, 3, 4, 6 and their negatives",
  specials: "none",
  source: "OCP Microscaling v1.0",
});
