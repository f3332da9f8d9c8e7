import { roundHalfEven } from "../../tensor/affine.js";
import { toFloat16 } from "../../tensor/float16.js";
import { bytesOf, type Tensor } from "../../tensor/tensor.js";
import type { WeightSpec } from "./manifest.js";

/** What TF.js can store float weights as; it computes in float32 with what it reads back. */
const storageTypes = ["float32", "float16", "uint8", "uint16"] as const;
export type StorageType = (typeof storageTypes)[number];

/** How a weight lies in a weight file, and the bytes: `quantization` is the manifest's record of it, absent for float32. */
export interface StoredWeight {
  readonly quantization?: WeightSpec["quantization"];
  readonly bytes: Uint8Array;
}

/** Largest finite float16; a weight with a larger value is stored as float32. */
const LARGEST_HALF = 65_504;

/**
 * A float32 weight as TF.js's converter stores it. uint8 and uint16: codes of one range over the whole tensor,
 * `value = code * scale + min`, the range moved so that 0 has a code where it lies inside (zero padding relies on it):
 *
 *     scale = (max - min) / codes,  min' = -round(-min / scale) * scale,  code = round((clip(value) - min') / scale)
 *
 * in float64, ties to even. float16: nearest, ties to even; a weight that has no finite float16 stays float32.
 * @see tensorflowjs/quantization.py, `quantize_weights`
 */
export function storeWeight(weight: Tensor<"float32">, type: StorageType): StoredWeight {
  const { data } = weight;
  switch (type) {
    case "float32":
      return { bytes: bytesOf(weight) };
    case "float16":
      if (!data.every((value) => Math.abs(value) <= LARGEST_HALF)) return { bytes: bytesOf(weight) };
      return { quantization: { dtype: "float16" }, bytes: littleEndian(toFloat16(data)) };
    case "uint8":
      return storeCodes(data, "uint8", new Uint8Array(data.length), 255);
    case "uint16":
      return storeCodes(data, "uint16", new Uint16Array(data.length), 65_535);
  }
}

function storeCodes(
  data: Float32Array,
  dtype: "uint8" | "uint16",
  codes: Uint8Array | Uint16Array,
  most: number,
): StoredWeight {
  let [low, high] = [Infinity, -Infinity];
  for (const value of data) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (data.length === 0) [low, high] = [0, 0];
  // One value alone is all of them: codes of 0.
  if (low === high) return { quantization: { dtype, scale: 1, min: low }, bytes: littleEndian(codes) };
  const scale = (high - low) / most;
  const spansZero = low <= 0 && high >= 0;
  const min = spansZero ? -roundHalfEven(-low / scale) * scale : low;
  const max = spansZero ? most * scale + min : high;
  for (let i = 0; i < data.length; i++) {
    const clipped = Math.min(Math.max(data[i] as number, min), max);
    codes[i] = Math.min(most, roundHalfEven((clipped - min) / scale));
  }
  // A minus before zero would be another text of the same number.
  return { quantization: { dtype, scale, min: min === 0 ? 0 : min }, bytes: littleEndian(codes) };
}

function littleEndian(codes: Uint8Array | Uint16Array): Uint8Array {
  return new Uint8Array(codes.buffer, codes.byteOffset, codes.byteLength);
}
