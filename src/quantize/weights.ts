import { fail } from "../base/diagnostic.js";
import { channelParams, packCodes, quantize } from "../tensor/affine.js";
import type { QuantDType, Range } from "../tensor/quant.js";
import { elementCount, type Tensor, tensor } from "../tensor/tensor.js";
import type { Granularity } from "./scheme.js";

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

/**
 * @param axis   the axis of the output channels: 0 of a convolution's OIHW, 1 of a matrix [K, N]
 * @param floors smallest scale allowed for each channel; see `biasFloors` in passes/static/product.ts
 */
export function quantizeChannels(
  weight: Tensor<"float32">,
  { granularity, axis, floors }: { granularity: Granularity; axis: number; floors?: Float64Array },
): QuantizedWeight {
  const channels = weight.shape[axis] ?? 1;
  const ranges = channelRanges(weight, axis);
  if (granularity === "per_tensor") {
    const largest = Math.max(...ranges.map(({ max }) => max));
    ranges.fill({ min: -largest, max: largest });
  }
  const { scale, zeroPoint } = channelParams(ranges, "int8", { symmetric: true, axis });
  const floor = granularity === "per_tensor" ? Math.max(0, ...(floors ?? [])) : undefined;
  for (let channel = 0; channel < channels; channel++) {
    const own = scale[channel] as number;
    const least = floor ?? floors?.[channel] ?? 0;
    // A channel of zeros has no scale of its own: its bias alone decides.
    const dead = (ranges[channel] as Range).max === 0;
    scale[channel] = dead && least > 0 ? least : Math.max(own, least);
  }
  const codes = quantize(weight, { dtype: "int8", scale, zeroPoint, axis }) as Tensor<"int8">;
  return { codes, scale: granularity === "per_tensor" ? scale.slice(0, 1) : scale };
}

/** [-m, m] for each index of `axis`, where m is the largest magnitude. */
function channelRanges({ shape, data }: Tensor<"float32">, axis: number): Range[] {
  const channels = shape[axis] ?? 1;
  const inner = elementCount(shape.slice(axis + 1));
  const largest = new Float64Array(channels);
  for (let i = 0; i < data.length; i++) {
    const channel = Math.floor(i / inner) % channels;
    const magnitude = Math.abs(data[i] as number);
    if (magnitude > (largest[channel] as number)) largest[channel] = magnitude;
  }
  return Array.from(largest, (m) => ({ min: -m, max: m }));
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
 * @param values     rows of equal length, one after another: [rows, length]
 * @param roundScale makes a scale storable (float16) before the codes are chosen by it
 */
export function quantizeRows(
  values: Float32Array,
  rows: number,
  { bits, size, roundScale = (scale) => scale }: RowFormat,
): GroupedRows {
  const length = values.length / rows;
  const groups = Math.ceil(length / size);
  const padded = padRows(values, rows, length, groups * size);
  const ranges = channelRanges(tensor("float32", [rows * groups, size], padded), 0);
  const dtype = `int${bits}` as QuantDType;
  const { scale: exact, zeroPoint } = channelParams(ranges, dtype, { symmetric: true, axis: 0 });
  const scale = exact.map(roundScale);
  const grouped = quantize(tensor("float32", [rows * groups, size], padded), { dtype, scale, zeroPoint, axis: 0 });
  const largest = 2 ** (bits - 1) - 1;
  // A scale that was rounded down can push the largest element one code too far.
  const codes = Int8Array.from(grouped.data as Int8Array, (code) => Math.max(-largest, Math.min(largest, code)));
  return { rows, groups, size, bits, codes, scale };
}

export interface RowFormat {
  readonly bits: 2 | 4 | 8;
  readonly size: number;
  readonly roundScale?: (scale: number) => number;
}

function padRows(values: Float32Array, rows: number, length: number, padded: number): Float32Array {
  if (length === padded) return values;
  const result = new Float32Array(rows * padded);
  for (let row = 0; row < rows; row++) result.set(values.subarray(row * length, (row + 1) * length), row * padded);
  return result;
}

/** Codes shifted by 2^(bits - 1) to unsigned and packed, the first in the lowest bits: [rows, groups, size * bits / 8]. */
export function packRows({ rows, groups, size, bits, codes }: GroupedRows): Tensor<"uint8"> {
  const shifted = Uint8Array.from(codes, (code) => code + 2 ** (bits - 1));
  const packed = bits === 8 ? shifted : packCodes(shifted, bits);
  return tensor("uint8", [rows, groups, (size * bits) / 8], packed);
}

/** The largest group not longer than useful: `group`, or the power of two >= 16 that holds a shorter row. */
export function groupFor(length: number, group: number): number {
  let size = 16;
  while (size < length && size < group) size *= 2;
  return Math.min(size, group);
}

/** @throws {DiagnosticError} "weight-not-finite" naming the weight */
export function checkFinite(name: string, weight: Tensor<"float32">, layer: string | undefined): void {
  const index = weight.data.findIndex((value) => !Number.isFinite(value));
  if (index >= 0) fail("weight-not-finite", { weight: name, ...(layer === undefined ? {} : { layer }), index });
}

/** Names of the initializers that quantization makes; `weightBytes` in size.ts tells them apart by their endings. */
export const suffix = { codes: ":codes", scale: ":scale", zeroPoint: ":zero_point", bias: ":int32" } as const;
