import { e3m2 } from "../floats/fp6-e3m2.js";
import { minifloatElement, mxFormat } from "./mx.js";

/** MXFP6 with E3M2 elements: 6.25 bits a value. */
export const mxfp6E3m2Format = mxFormat(minifloatElement(e3m2), {
  name: "mxfp6_e3m2",
  summary: "32 fp6 e3m2 values with a power-of-two scale",
});
