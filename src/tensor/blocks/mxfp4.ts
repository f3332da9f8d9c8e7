import { e2m1 } from "../floats/fp4-e2m1.js";
import { minifloatElement, mxFormat } from "./mx.js";

/** MXFP4: E2M1 elements, 4.25 bits a value. */
export const mxfp4Format = mxFormat(minifloatElement(e2m1), {
  name: "mxfp4",
  summary: "32 fp4 e2m1 values with a power-of-two scale",
});
