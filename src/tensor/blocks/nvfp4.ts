import { e2m1 } from "../floats/fp4-e2m1.js";
import { e4m3fn } from "../floats/fp8-e4m3fn.js";
import { encodeMinifloat } from "../floats/minifloat.js";
import { encodedCodes, type Format, rowLengthOf } from "../format.js";
import { packCodes, unpackCodes } from "../packing.js";
import { blockCount, forEachBlock, largestMagnitude } from "./blocks.js";

const BLOCK = 16;

/** Smallest normal float32: neither a tensor scale nor its inverse is then subnormal. */
const SMALLEST_SCALE = 2 ** -126;

/**
 * NVFP4: 16 E2M1 elements P_i with one E4M3 scale b, and one float32 scale t for the tensor, each step in float32:
 * `t = max |v| / (448 * 6)` over the tensor, so that the block scales use all of E4M3; `b = e4m3((max |v_i| / 6) / t)`,
 * rounded half to even; `s = b * t`; `P_i = e2m1(v_i / s)`, saturated; `value = P_i * s`.
 * A tensor of zeros has t = 1; a block so small that b is 0 is zero. A block that holds NaN or an infinity has a NaN
 * scale and is left out of t. Of values beyond 3.3e38 the product may round to infinity. Kernels that multiply by rounded
 * inverses instead of dividing can give a neighbouring code at a middle.
 * @see NVIDIA, "Pretraining Large Language Models with NVFP4" (2025), arXiv:2509.25149, section on the format
 */
export const nvfp4Format: Format = {
  name: "nvfp4",
  summary: "16 fp4 e2m1 values with an fp8 e4m3 scale, and a float32 scale for the tensor",
  bits: 4,
  largest: e2m1.largest,
  smallest: e2m1.smallest,
  specials: "NaN",
  rounding: "half to even",
  block: BLOCK,
  scale: "fp8_e4m3, half to even; float32 of the tensor",
  bitsPerValue: 4 + 8 / BLOCK,
  source: "NVIDIA, arXiv:2509.25149",
  encode(values, options = {}) {
    const layout = { length: values.length, rowLength: rowLengthOf(values.length, options), block: BLOCK };
    const largest = new Float32Array(blockCount(layout));
    forEachBlock(layout, (index, start, end) => {
      largest[index] = largestMagnitude(values, start, end);
    });
    const tensorScale = tensorScaleOf(largest);
    const scales = Uint8Array.from(largest, (most) =>
      encodeMinifloat(Math.fround(Math.fround(most / e2m1.largest) / tensorScale), e4m3fn, true),
    );
    const codes = new Uint8Array(values.length);
    forEachBlock(layout, (index, start, end) => {
      const scale = blockScale(scales[index] as number, tensorScale);
      if (!(scale > 0)) return;
      for (let i = start; i < end; i++) {
        codes[i] = encodeMinifloat(Math.fround((values[i] as number) / scale), e2m1, true);
      }
    });
    const outerScales = Float32Array.of(tensorScale);
    return { ...encodedCodes(packCodes(codes, 4), layout), scales, outerScales };
  },
  decode(encoded) {
    const codes = unpackCodes(encoded.codes, 4, encoded.length);
    const values = new Float32Array(encoded.length);
    forEachBlock(encoded, (index, start, end) => {
      const scale = blockScale(encoded.scales[index] as number, encoded.outerScales[0] as number);
      for (let i = start; i < end; i++) values[i] = (e2m1.values[codes[i] as number] as number) * scale;
    });
    return values;
  },
};

/** max / (448 * 6) over the blocks without NaN, a float32 value > 0. */
function tensorScaleOf(largest: Float32Array): number {
  const most = largest.reduce((a, b) => (b > a ? b : a), 0);
  return most === 0 ? 1 : Math.max(SMALLEST_SCALE, Math.fround(most / (e4m3fn.largest * e2m1.largest)));
}

function blockScale(code: number, tensorScale: number): number {
  return Math.fround((e4m3fn.values[code] as number) * tensorScale);
}
