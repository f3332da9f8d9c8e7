import { f16round } from "@petamoriken/float16";
import { fail } from "../base/diagnostic.js";
import { isNormalHalf } from "../tensor/float16.js";
import { elementCount, type Tensor, tensor } from "../tensor/tensor.js";
import type { Granularity, WeightFormat } from "./scheme.js";

/**
 * Symmetric codes of constant weights, rounded to nearest. Codes stay within -127..127 (int8), -7..7 (int4), -1..1
 * (int2): the range is symmetric, so the most negative code is not used.
 */
export interface QuantizedWeight {
  /** Same shape as the weight; one code an element. */
  readonly codes: Tensor<"int8">;
  /** One element per tensor, else one for each index of the channel axis. float32, > 0. */
  readonly scale: Float32Array;
}

const FULL_LIMIT = 127;

/** How int8 weights with a scale for each channel or tensor are coded. */
export interface ChannelFormat {
  readonly granularity: Granularity;
  /** Largest magnitude of a code. */
  readonly limit: 64 | 127;
}

/** Of a scheme's weights; per channel unless they say otherwise. */
export function channelFormat(format: WeightFormat | undefined): ChannelFormat {
  return { granularity: format?.granularity ?? "per_channel", limit: codeLimit(format) };
}

/**
 * Largest magnitude of an int8 weight code. 64 with `reduce_range`: two products with uint8 activations then stay within
 * int16 (2 * 64 * 255 = 32,640), so that kernels that add pairs in 16 bits cannot saturate.
 * @see onnxruntime.quantization, `reduce_range`: symmetric int8 codes are -64..64
 */
function codeLimit(format: WeightFormat | undefined): 64 | 127 {
  return format?.reduceRange === true ? 64 : FULL_LIMIT;
}

/**
 * @param axis   the axis of the output channels: 0 of a convolution's OIHW, 1 of a matrix [K, N]
 * @param floors smallest scale allowed for each channel; see `biasFloors` in passes/static/product.ts
 * @param limit  largest magnitude of a code, 127 or 64; see `codeLimit`
 */
export function quantizeChannels(
  weight: Tensor<"float32">,
  {
    granularity,
    axis,
    floors,
    limit = FULL_LIMIT,
  }: { granularity: Granularity; axis: number; floors?: Float64Array; limit?: number },
): QuantizedWeight {
  const data = weight.data as Float32Array;
  const channels = weight.shape[axis] ?? 1;
  const inner = elementCount(weight.shape.slice(axis + 1));
  const largest = largestMagnitudes(data, channels, inner);
  if (granularity === "per_tensor") largest.fill(maximum(largest));
  const scale = symmetricScales(largest, limit);
  const floor = granularity === "per_tensor" && floors ? maximum(floors) : undefined;
  for (let channel = 0; channel < channels; channel++) {
    const least = floor ?? floors?.[channel] ?? 0;
    // A channel of zeros has no scale of its own: its bias alone decides.
    const dead = largest[channel] === 0 && least > 0;
    scale[channel] = dead ? least : Math.max(scale[channel] as number, least);
  }
  const codes = symmetricCodes(data, channels, inner, scale, limit);
  return {
    codes: tensor("int8", weight.shape, codes),
    scale: granularity === "per_tensor" ? scale.slice(0, 1) : scale,
  };
}

function maximum(values: Float64Array): number {
  return values.reduce((a, b) => Math.max(a, b), 0);
}

/** Largest magnitude of each channel of [outer, channels, inner]. */
function largestMagnitudes(data: Float32Array, channels: number, inner: number): Float64Array {
  const largest = new Float64Array(channels);
  let i = 0;
  while (i < data.length) {
    for (let channel = 0; channel < channels; channel++) {
      let most = largest[channel] as number;
      for (const end = i + inner; i < end; i++) most = Math.max(most, Math.abs(data[i] as number));
      largest[channel] = most;
    }
  }
  return largest;
}

/** Scales of symmetric codes -limit..limit for ranges [-m, m]: what `channelParams` of tensor/affine.ts gives, in one loop. */
function symmetricScales(largest: Float64Array, limit: number): Float32Array {
  const scale = new Float32Array(largest.length);
  for (let i = 0; i < scale.length; i++) {
    const most = largest[i] as number;
    scale[i] = most === 0 ? 1 : Math.max(2 ** -126, most / limit);
  }
  return scale;
}

/** Adding and taking away 1.5 * 2^52 rounds a float64 of at most 2^51 to the nearest integer, ties to even. */
const ROUNDING = 1.5 * 2 ** 52;

/**
 * saturate(roundHalfEven(float32(x / scale))) within the symmetric limits, for [outer, channels, inner] with a scale for
 * each channel: `quantize` of tensor/affine.ts in one loop, which matters for millions of weights.
 */
function symmetricCodes(
  data: Float32Array,
  channels: number,
  inner: number,
  scale: Float32Array,
  largest: number,
): Int8Array {
  const codes = new Int8Array(data.length);
  let i = 0;
  while (i < data.length) {
    for (let channel = 0; channel < channels; channel++) {
      const own = scale[channel] as number;
      for (const end = i + inner; i < end; i++) {
        const code = Math.fround((data[i] as number) / own) + ROUNDING - ROUNDING;
        codes[i] = Math.max(-largest, Math.min(largest, code));
      }
    }
  }
  return codes;
}

/** Symmetric codes of rows in groups of `size` elements; rows are filled up with zeros to whole groups. */
export interface GroupedRows {
  readonly rows: number;
  readonly groups: number;
  readonly size: number;
  readonly bits: 2 | 4 | 8;
  /** Signed codes, [rows, groups, size]. */
  readonly codes: Int8Array;
  /** [rows, groups] */
  readonly scale: Float32Array;
}

/**
 * Scales are float16 values where these hold them (normal numbers), so that they can be stored in half the bytes; the
 * codes are chosen by the rounded scale.
 * @param values rows of equal length, one after another: [rows, length]
 */
export function quantizeRows(values: Float32Array, rows: number, { bits, size }: RowFormat): GroupedRows {
  const length = values.length / rows;
  const groups = Math.ceil(length / size);
  const padded = padRows(values, rows, length, groups * size);
  const limit = 2 ** (bits - 1) - 1;
  const exact = symmetricScales(largestMagnitudes(padded, rows * groups, size), limit);
  const half = exact.map(f16round);
  const scale = half.every(isNormalHalf) ? half : exact;
  return { rows, groups, size, bits, codes: symmetricCodes(padded, rows * groups, size, scale, limit), scale };
}

export interface RowFormat {
  readonly bits: 2 | 4 | 8;
  readonly size: number;
}

function padRows(values: Float32Array, rows: number, length: number, padded: number): Float32Array {
  if (length === padded) return values;
  const result = new Float32Array(rows * padded);
  for (let row = 0; row < rows; row++) result.set(values.subarray(row * length, (row + 1) * length), row * padded);
  return result;
}

/** Codes shifted by 2^(bits - 1) to unsigned and packed, the first in the lowest bits: [rows, groups, size * bits / 8]. */
export function packRows({ rows, groups, size, bits, codes }: GroupedRows): Tensor<"uint8"> {
  const offset = 2 ** (bits - 1);
  const perByte = 8 / bits;
  const packed = new Uint8Array(codes.length / perByte);
  for (let byte = 0; byte < packed.length; byte++) {
    let value = 0;
    for (let i = 0; i < perByte; i++) value |= ((codes[byte * perByte + i] as number) + offset) << (i * bits);
    packed[byte] = value;
  }
  return tensor("uint8", [rows, groups, (size * bits) / 8], packed);
}

/** Groups for which MatMulNBits has an int8 kernel of 2-bit weights; with others it ignores accuracy_level 4 and computes in float. */
export const groupsOfTwoBits: readonly number[] = [32, 64, 128];

/** The group that MatMulNBits gets for rows of a length: `group`, or the smallest one with a kernel that holds a short row. */
export function groupFor(length: number, group: number, bits: 2 | 4 | 8): number {
  let size = bits === 2 ? 32 : 16;
  while (size < length && size < group) size *= 2;
  return size;
}

/** @throws {DiagnosticError} "weight-not-finite" naming the weight */
export function checkFinite(name: string, weight: Tensor<"float32">, layer: string | undefined): void {
  const data = weight.data as Float32Array;
  let index = 0;
  while (index < data.length && Number.isFinite(data[index])) index++;
  if (index < data.length)
    fail("weight-not-finite", { weight: name, ...(layer === undefined ? {} : { layer }), index });
}

/** Names of the initializers that quantization makes; `weightBytes` in size.ts tells them apart by their endings. */
export const suffix = { codes: ":codes", scale: ":scale", zeroPoint: ":zero_point", bias: ":int32" } as const;

/** Columns of a matrix [rows, columns] as rows: [columns, rows]. In blocks that stay in the cache. */
export function columnsAsRows({ shape, data }: Tensor<"float32">): Float32Array {
  const [rows = 0, columns = 0] = shape;
  const from = data as Float32Array;
  const turned = new Float32Array(from.length);
  const block = 32;
  for (let top = 0; top < rows; top += block) {
    const bottom = Math.min(rows, top + block);
    for (let left = 0; left < columns; left += block) {
      const right = Math.min(columns, left + block);
      for (let column = left; column < right; column++) {
        for (let row = top; row < bottom; row++) turned[column * rows + row] = from[row * columns + column] as number;
      }
    }
  }
  return turned;
}
