import { e5m2 } from "../floats/fp8-e5m2.js";
import { minifloatElement, mxFormat } from "./mx.js";

/** MXFP8 with E5M2 elements: 8.25 bits a value. */
export const mxfp8E5m2Format = mxFormat(minifloatElement(e5m2), {
  name: "mxfp8_e5m2",
  summary: "32 fp8 e5m2 values with a power-of-two scale",
});
