import { roundHalfEven, saturate } from "../affine.js";
import { type MxElement, mxFormat } from "./mx.js";

/** Two's complement with an implied scale of 2^-6. The code -128, which is -2, is read but never given: codes are symmetric. */
const int8Element: MxElement = {
  bits: 8,
  largest: 127 / 64,
  smallest: 1 / 64,
  largestExponent: 0,
  encode: (x) => saturate(roundHalfEven(x * 64), { min: -127, max: 127 }) & 0xff,
  decode: (code) => (code < 128 ? code : code - 256) / 64,
};

/** MXINT8: INT8 elements, 8.25 bits a value. */
export const mxint8Format = mxFormat(int8Element, {
  name: "mxint8",
  summary: "32 int8 codes with a power-of-two scale",
});
