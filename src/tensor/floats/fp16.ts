import { fromFloat16, toFloat16 } from "../float16.js";
import { halfWordFormat } from "./half-word-format.js";

const LARGEST_CODE = 0x7bff;

/** IEEE 754 binary16: 5 exponent bits, 10 mantissa bits, bias 15. */
export const fp16Format = halfWordFormat(
  { encode: toFloat16, decode: fromFloat16, mantissaBits: 10, largestCode: LARGEST_CODE },
  { name: "fp16", summary: "16-bit float, 5 exponent bits", source: "IEEE 754-2019, binary16" },
);
