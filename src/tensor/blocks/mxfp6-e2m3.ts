import { e2m3 } from "../floats/fp6-e2m3.js";
import { minifloatElement, mxFormat } from "./mx.js";

/** MXFP6 with E2M3 elements: 6.25 bits a value. */
export const mxfp6E2m3Format = mxFormat(minifloatElement(e2m3), {
  name: "mxfp6_e2m3",
  summary: "32 fp6 e2m3 values with a power-of-two scale",
});
