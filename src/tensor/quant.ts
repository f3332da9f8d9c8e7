import type { WideBits } from "./packing.js";

/** Integer types that Nibble quantizes to; codes narrower than a byte live packed in uint8 tensors. */
export type QuantDType = `int${WideBits}` | `uint${WideBits}`;

/** Inclusive limits of the codes. */
export interface IntegerLimits {
  readonly min: number;
  readonly max: number;
}

/**
 * Which elements of a tensor share a scale.
 * Neither: all of them (per tensor). `axis` alone: those with the same index along it (per channel).
 * `axis` and `groupSize`: `groupSize` consecutive ones along it (per group), the last group being shorter where it must.
 */
export interface Granularity {
  readonly axis?: number;
  readonly groupSize?: number;
}

/**
 * How real numbers map to integer codes: `real = (code - zeroPoint) * scale`.
 * per tensor: `scale` and `zeroPoint` have one element. per channel: one element for each index of `axis`.
 * by groups: scales lie in the order of the tensor with `axis` shortened to ceil(length / groupSize), so
 * [channels, groups] for a matrix [channels, length] with axis 1.
 */
export interface QuantParams extends Granularity {
  readonly dtype: QuantDType;
  /** float32 values, all finite and > 0. */
  readonly scale: Float32Array;
  readonly zeroPoint: Int32Array;
}

/** Smallest and largest real value seen, same unit as the tensor; `min <= max`, both finite. */
export interface Range {
  readonly min: number;
  readonly max: number;
}
