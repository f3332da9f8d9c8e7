import { minifloat } from "./minifloat.js";
import { minifloatFormat } from "./minifloat-format.js";

/** E4M3: -448 .. 448, no infinities, NaN is S.1111.111. */
export const e4m3fn = minifloat({ exponentBits: 4, mantissaBits: 3, bias: 7, largestCode: 0x7e, nan: 0x7f });

export const e4m3fnFormat = minifloatFormat(e4m3fn, {
  name: "fp8_e4m3",
  summary: "8-bit float, 4 exponent bits; no infinity",
  specials: "NaN",
  source: "OCP OFP8 v1.0",
});
