import { encodedCodes, type Format, rowLengthOf } from "../format.js";
import { packCodes, unpackCodes } from "../packing.js";
import { blockCount, forEachBlock, largestMagnitude } from "./blocks.js";

const BLOCK = 64;

/**
 * Quantiles of the normal distribution, scaled to -1 .. 1, with an exact 0: float32 values.
 * @see Dettmers et al. 2023, "QLoRA", appendix E
 */
export const nf4Levels = Float32Array.of(
  -1,
  -0.6961928009986877,
  -0.5250730514526367,
  -0.39491748809814453,
  -0.28444138169288635,
  -0.18477343022823334,
  -0.09105003625154495,
  0,
  0.07958029955625534,
  0.16093020141124725,
  0.24611230194568634,
  0.33791524171829224,
  0.44070982933044434,
  0.5626170039176941,
  0.7229568362236023,
  1,
);

/** Middles between neighbouring levels, in float32 as the kernels of bitsandbytes have them. */
const middles = nf4Levels.slice(1).map((level, i) => (level + (nf4Levels[i] as number)) / 2);

/** The level nearest to a number of -1 .. 1; in the middle of two the lower one: the levels have no even ones. */
function nearestLevel(x: number): number {
  let code = 0;
  while (code < middles.length && x > (middles[code] as number)) code++;
  return code;
}

/** The codes of zeros: a block of zeros has scale 0. */
const ZERO = 7;

/**
 * NF4, the 4-bit NormalFloat: 64 codes c_i and one float32 scale, `value = level[c_i] * scale`, `scale = max |v|`,
 * `c_i = nearest level to v_i / scale`; division and product in float32. A block with NaN or an infinity has a NaN scale.
 * bitsandbytes multiplies by the rounded inverse of the scale instead, which at a middle can give the neighbouring code.
 * The first code lies in the lower half of a byte, as everywhere here; bitsandbytes has it in the upper half.
 */
export const nf4Format: Format = {
  name: "nf4",
  summary: "64 codes of 16 normally spaced levels with a float32 scale",
  bits: 4,
  largest: 1,
  smallest: nf4Levels[8] as number,
  specials: "NaN",
  rounding: "half down",
  block: BLOCK,
  scale: "float32, largest magnitude",
  bitsPerValue: 4 + 32 / BLOCK,
  source: "QLoRA, arXiv:2305.14314",
  encode(values, options = {}) {
    const layout = { length: values.length, rowLength: rowLengthOf(values.length, options), block: BLOCK };
    const codes = new Uint8Array(values.length).fill(ZERO);
    const scales = new Float32Array(blockCount(layout));
    forEachBlock(layout, (index, start, end) => {
      const scale = largestMagnitude(values, start, end);
      scales[index] = scale;
      if (!(scale > 0)) return;
      for (let i = start; i < end; i++) codes[i] = nearestLevel(Math.fround((values[i] as number) / scale));
    });
    return { ...encodedCodes(packCodes(codes, 4), layout), scales: new Uint8Array(scales.buffer) };
  },
  decode(encoded) {
    const codes = unpackCodes(encoded.codes, 4, encoded.length);
    const scales = new Float32Array(encoded.scales.slice().buffer);
    const values = new Float32Array(encoded.length);
    forEachBlock(encoded, (index, start, end) => {
      const scale = scales[index] as number;
      for (let i = start; i < end; i++) values[i] = (nf4Levels[codes[i] as number] as number) * scale;
    });
    return values;
  },
};
