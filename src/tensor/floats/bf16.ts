import { fromBfloat16, toBfloat16 } from "../float16.js";
import { halfWordFormat } from "./half-word-format.js";

const LARGEST_CODE = 0x7f7f;

/** bfloat16: the upper half of a float32, 8 exponent bits, 7 mantissa bits, bias 127. */
export const bf16Format = halfWordFormat(
  { encode: toBfloat16, decode: fromBfloat16, mantissaBits: 7, largestCode: LARGEST_CODE },
  {
    name: "bf16",
    summary: "16-bit float, the range of float32",
    source: "ONNX bfloat16; Intel, BFLOAT16 definition (2018)",
  },
);
