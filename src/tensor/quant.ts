/** Integer types that Nibble quantizes to; 4- and 2-bit codes live packed in uint8 tensors. */
export type QuantDType = "int8" | "uint8" | "int4" | "uint4" | "int2" | "uint2" | "int16" | "uint16";

/** Inclusive limits of the codes. */
export interface IntegerLimits {
  readonly min: number;
  readonly max: number;
}

/**
 * How real numbers map to integer codes: `real = (code - zeroPoint) * scale`.
 * per tensor: `scale` and `zeroPoint` have one element. per channel: one element for each index of `axis`.
 * by groups: `groupSize` consecutive elements along `axis` share one; scales lie [channels, ceil(length / groupSize)].
 */
export interface QuantParams {
  readonly dtype: QuantDType;
  /** float32 values, all finite and > 0. */
  readonly scale: Float32Array;
  readonly zeroPoint: Int32Array;
  readonly axis?: number;
  readonly groupSize?: number;
}

/** Smallest and largest real value seen, same unit as the tensor; `min <= max`, both finite. */
export interface Range {
  readonly min: number;
  readonly max: number;
}
