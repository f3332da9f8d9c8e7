import { roundHalfEven } from "../affine.js";
import { ggmlFormat, readScale, writeScale } from "./ggml.js";
import { fitScaleAndMin, nearestCode, type ScaleAndMin } from "./q4-k-fit.js";

const BLOCK = 256;
const PART = 32;
const PARTS = BLOCK / PART;
const SCALES_AT = 4;
const CODES_AT = 16;
const LARGEST_SIX_BITS = 63;

/**
 * ggml Q4_K, 144 bytes for 256 values in 8 parts of 32: fp16 d, fp16 dmin, 12 bytes of 6-bit scales s_p and minima m_p,
 * 128 bytes of 4-bit codes. `value = (d * s_p) * code - (dmin * m_p)`, all in float32.
 * Each part gets the scale and minimum of least weighted error (q4-k-fit.ts); d = max scale / 63 and dmin = max minimum / 63
 * take them to 6 bits; the codes are then chosen anew, `roundHalfEven((v + dmin * m_p) / (d * s_p))` within 0 .. 15.
 */
export const q4_kFormat = ggmlFormat(
  {
    block: BLOCK,
    bytes: 144,
    write: writeBlock,
    read: readBlock,
    poison(bytes) {
      writeScale(bytes, 0, Number.NaN);
      writeScale(bytes, 2, Number.NaN);
    },
  },
  {
    name: "q4_k",
    summary: "ggml: 256 codes of 4 bits, a 6-bit scale and minimum for each 32, two fp16 scales",
    bits: 4,
    largest: 15,
    smallest: 1,
    rounding: "half to even",
    scale: "6 bits and a 6-bit minimum for 32, fp16 for 256",
  },
);

/** A power of two beyond all that fp16 scales can say, 65504 * 63 * 15: clipping there keeps the sums of the fit finite. */
const BEYOND = 2 ** 26;

function writeBlock(values: Float32Array, bytes: Uint8Array): void {
  const clipped = values.map((x) => Math.max(-BEYOND, Math.min(BEYOND, x)));
  const parts = Array.from({ length: PARTS }, (_, p) => clipped.subarray(p * PART, (p + 1) * PART));
  const fits = parts.map(fitScaleAndMin);
  const scale = writeSixBits(fits.map((fit) => fit.scale));
  const min = writeSixBits(fits.map((fit) => fit.min));
  writeScale(bytes, 0, scale.unit);
  writeScale(bytes, 2, min.unit);
  packSixBits(bytes, scale.codes, min.codes);
  for (const [p, part] of parts.entries()) {
    const read = partScale(bytes, p);
    for (let i = 0; i < PART; i++) {
      const code = read.scale === 0 ? (fits[p]?.codes[i] ?? 0) : partCode(part[i] as number, read);
      const at = CODES_AT + Math.floor(p / 2) * PART + i;
      bytes[at] = (bytes[at] as number) | (code << (p % 2 === 0 ? 0 : 4));
    }
  }
}

function readBlock(bytes: Uint8Array, values: Float32Array): void {
  for (let p = 0; p < PARTS; p++) {
    const { scale, min } = partScale(bytes, p);
    for (let i = 0; i < PART; i++) {
      const both = bytes[CODES_AT + Math.floor(p / 2) * PART + i] as number;
      const code = p % 2 === 0 ? both & 15 : both >> 4;
      values[p * PART + i] = Math.fround(scale * code) - min;
    }
  }
}

function partCode(x: number, { scale, min }: ScaleAndMin): number {
  return nearestCode(Math.fround(Math.fround(x + min) / scale));
}

/** 6-bit codes of numbers >= 0, and the number that code 1 stands for. */
function writeSixBits(numbers: readonly number[]): { readonly codes: readonly number[]; readonly unit: number } {
  const most = Math.max(0, ...numbers);
  const inverse = most > 0 ? Math.fround(LARGEST_SIX_BITS / most) : 0;
  const codes = numbers.map((x) => Math.min(LARGEST_SIX_BITS, roundHalfEven(Math.fround(inverse * x)) & 0xff));
  return { codes, unit: Math.fround(most / LARGEST_SIX_BITS) };
}

/**
 * 12 bytes for 8 scales and 8 minima. Parts 0-3 have theirs in the low 6 bits of bytes 0-3 and 4-7; parts 4-7 have the low
 * 4 bits in bytes 8-11 (scale below, minimum above) and the high 2 bits on top of bytes 0-3 and 4-7.
 */
function packSixBits(bytes: Uint8Array, scales: readonly number[], mins: readonly number[]): void {
  for (let p = 0; p < PARTS / 2; p++) {
    const [scale, min] = [scales[p + 4] as number, mins[p + 4] as number];
    bytes[SCALES_AT + p] = (scales[p] as number) | ((scale >> 4) << 6);
    bytes[SCALES_AT + 4 + p] = (mins[p] as number) | ((min >> 4) << 6);
    bytes[SCALES_AT + 8 + p] = (scale & 15) | ((min & 15) << 4);
  }
}

/** Scale and minimum of a part as a reader has them. */
function partScale(bytes: Uint8Array, part: number): ScaleAndMin {
  const low = part % 4;
  const scaleByte = bytes[SCALES_AT + low] as number;
  const minByte = bytes[SCALES_AT + 4 + low] as number;
  const rest = bytes[SCALES_AT + 8 + low] as number;
  const scale = part < 4 ? scaleByte & 63 : (rest & 15) | ((scaleByte >> 6) << 4);
  const min = part < 4 ? minByte & 63 : (rest >> 4) | ((minByte >> 6) << 4);
  return { scale: Math.fround(readScale(bytes, 0) * scale), min: Math.fround(readScale(bytes, 2) * min) };
}
