import { e4m3fn } from "../floats/fp8-e4m3fn.js";
import { minifloatElement, mxFormat } from "./mx.js";

/** MXFP8 with E4M3 elements: 8.25 bits a value. */
export const mxfp8E4m3Format = mxFormat(minifloatElement(e4m3fn), {
  name: "mxfp8_e4m3",
  summary: "32 fp8 e4m3 values with a power-of-two scale",
});
