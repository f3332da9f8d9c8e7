import { f16round } from "@petamoriken/float16";
import { affineParamsOf, bitsOf, integerLimits, quantDTypes } from "./affine.js";
import { blockCount, forEachBlock, largestMagnitude } from "./blocks/blocks.js";
import { isNormalHalf } from "./float16.js";
import { type Format, rowLengthOf, storedBytes } from "./format.js";
import { formats } from "./formats.js";
import type { QuantDType } from "./quant.js";
import { roundingOf } from "./round-floats.js";

/** How values are stored: a format, and what shares a scale where the format leaves that open. */
export interface Storage {
  /** Name of one of `formats`. */
  readonly format: string;
  /**
   * Values of a row that share a scale, the row's length for one scale a row; absent: one scale for all. Formats with
   * blocks of their own and those without scales do not read it.
   */
  readonly group?: number;
  /** Of integers: whether 0 lies in the middle of the codes. Default: true for signed types, false for unsigned ones. */
  readonly symmetric?: boolean;
  /** Of symmetric integers: the code of the largest magnitude; absent: the type's largest one. int8 of 7 bits: 64. */
  readonly largestCode?: number;
  /** Symmetric scales are rounded to fp16 where every one of them is a normal fp16 value then, as weight_only executes. */
  readonly halfScales?: boolean;
}

/** Values as they read back, and the bytes that they took. */
export interface Stored {
  /** float32, as many as were stored. */
  readonly values: Float32Array;
  readonly bytes: StoredBytes;
}

export interface StoredBytes {
  readonly codes: number;
  readonly scales: number;
  readonly zeroPoints: number;
}

/**
 * Who chooses the scales of a format. "none": there are none (fp16, bf16). "blocks": the format itself (MX, NVFP4, NF4,
 * ggml). "given": whoever uses it, per tensor, row or group: integers and floats of 8 bits and less.
 */
export type ScaleKind = "none" | "blocks" | "given";

const byName = new Map(formats.map((format) => [format.name, format]));

/** @throws {RangeError} when no format has the name */
export function formatOf(name: string): Format {
  const format = byName.get(name);
  if (!format) throw new RangeError(`no number format is called "${name}"`);
  return format;
}

export function scaleKindOf({ block, bits }: Format): ScaleKind {
  if (typeof block === "number") return "blocks";
  return block === "none" && bits > 8 ? "none" : "given";
}

/** The integer type of that name; undefined for other formats. */
export function integerOf(name: string): QuantDType | undefined {
  return quantDTypes.find((dtype) => dtype === name);
}

/**
 * Stores values in a format and reads them back. Where scales are given they come from the values' own ranges: of
 * integers `affineParamsOf`, of low-bit floats float32(largest magnitude / largest value of the format), 1 for zeros.
 * Quotients and products are rounded to float32 once. A block that holds NaN or an infinity reads as NaN.
 * @param rowLength values in a row; groups and blocks start anew with each row
 * @throws {RangeError} when the format is unknown or the values do not fill whole rows
 */
export function store(values: Float32Array, rowLength: number, storage: Storage): Stored {
  const format = formatOf(storage.format);
  rowLengthOf(values.length, { rowLength });
  const round = scaleKindOf(format) === "none" ? roundingOf(format) : undefined;
  if (round)
    return { values: round(values), bytes: { codes: (values.length * format.bits) / 8, scales: 0, zeroPoints: 0 } };
  if (scaleKindOf(format) !== "given") {
    const encoded = format.encode(values, { rowLength });
    return { values: format.decode(encoded), bytes: storedBytes(encoded) };
  }
  const layout = layoutOf(values.length, rowLength, storage.group);
  const dtype = integerOf(storage.format);
  return dtype ? storeIntegers(values, layout, dtype, storage) : storeFloats(values, layout, format, storage);
}

/** Parameters of one scale for all values: `real = (code - zeroPoint) * scale`; the zero point of floats is 0. */
export interface TensorScale {
  /** A float32 value > 0. */
  readonly scale: number;
  readonly zeroPoint: number;
}

/**
 * The one scale of a format for values of a range, which contains 0 or is widened to.
 * @throws {RangeError} when the format has scales of its own or none, or an end is not finite
 */
export function tensorScale(name: string, range: { readonly min: number; readonly max: number }): TensorScale {
  const format = formatOf(name);
  if (scaleKindOf(format) !== "given") throw new RangeError(`${name} has no scale to be given`);
  const dtype = integerOf(name);
  if (dtype) return affineParamsOf(range, dtype, { symmetric: integerLimits(dtype).min < 0 });
  return { scale: floatScale(Math.max(-range.min, range.max, 0), format), zeroPoint: 0 };
}

/** Values in a format with a scale that is given: codes saturate at the ends of the format, as QuantizeLinear has it. */
export function storeScaled(values: Float32Array, name: string, { scale, zeroPoint }: TensorScale): Float32Array {
  const layout = layoutOf(values.length, values.length, undefined);
  const dtype = integerOf(name);
  if (dtype) return integersReadBack(values, layout, dtype, Float32Array.of(scale), Int32Array.of(zeroPoint));
  return floatsReadBack(values, layout, formatOf(name), Float32Array.of(scale));
}

interface Layout {
  readonly length: number;
  readonly rowLength: number;
  readonly block: number;
}

function layoutOf(length: number, rowLength: number, group: number | undefined): Layout {
  if (group === undefined) return { length, rowLength: length, block: Math.max(1, length) };
  if (!Number.isInteger(group) || group < 1)
    throw new RangeError(`a group has a whole number of values > 0, not ${group}`);
  return { length, rowLength, block: group };
}

function storeIntegers(values: Float32Array, layout: Layout, dtype: QuantDType, storage: Storage): Stored {
  const { symmetric = integerLimits(dtype).min < 0, halfScales = false, largestCode } = storage;
  const narrower = largestCode === undefined ? 1 : integerLimits(dtype).max / largestCode;
  const exact = new Float32Array(blockCount(layout));
  const zeroPoint = new Int32Array(exact.length);
  forEachBlock(layout, (index, start, end) => {
    let [min, max] = [0, 0];
    for (let i = start; i < end; i++) {
      min = Math.min(min, values[i] as number);
      max = Math.max(max, values[i] as number);
    }
    const finite = Number.isFinite(min) && Number.isFinite(max);
    const range = { min: min * narrower, max: max * narrower };
    const params = finite ? affineParamsOf(range, dtype, { symmetric }) : { scale: Number.NaN, zeroPoint: 0 };
    exact[index] = params.scale;
    zeroPoint[index] = params.zeroPoint;
  });
  const half = halfScales && symmetric ? exact.map(f16round) : undefined;
  const isHalf = half?.every(isNormalHalf) === true;
  const scale = isHalf ? half : exact;
  const bits = bitsOf(dtype);
  return {
    values: integersReadBack(values, layout, dtype, scale, zeroPoint),
    bytes: {
      codes: Math.ceil((values.length * bits) / 8),
      scales: scale.length * (isHalf ? 2 : 4),
      zeroPoints: symmetric ? 0 : Math.ceil((scale.length * bits) / 8),
    },
  };
}

/** Adding and taking away 1.5 * 2^52 rounds a float64 of at most 2^51 to the nearest integer, ties to even. */
const ROUNDING = 1.5 * 2 ** 52;

/** `quantizeValue` and `dequantizeValue` of affine.ts in one loop; a scale of NaN gives NaN. */
function integersReadBack(
  values: Float32Array,
  layout: Layout,
  dtype: QuantDType,
  scales: Float32Array,
  zeroPoints: Int32Array,
): Float32Array {
  const { min, max } = integerLimits(dtype);
  const read = new Float32Array(values.length);
  forEachBlock(layout, (index, start, end) => {
    const scale = scales[index] as number;
    const zeroPoint = zeroPoints[index] as number;
    const [low, high] = [min - zeroPoint, max - zeroPoint];
    for (let i = start; i < end; i++) {
      const quotient = Math.fround((values[i] as number) / scale);
      // Comparing comes first: past 2^51 the sum would round to something else, and NaN has the smallest code.
      const code = quotient > low ? (quotient < high ? quotient + ROUNDING - ROUNDING : high) : low;
      read[i] = code * scale;
    }
  });
  return read;
}

/** Smallest normal float32: neither a scale nor its inverse is then subnormal. */
const SMALLEST_SCALE = 2 ** -126;

function floatScale(largest: number, format: Format): number {
  if (largest === 0) return 1;
  return Math.max(SMALLEST_SCALE, Math.fround(largest / format.largest));
}

function storeFloats(values: Float32Array, layout: Layout, format: Format, { halfScales = false }: Storage): Stored {
  const exact = new Float32Array(blockCount(layout));
  forEachBlock(layout, (index, start, end) => {
    const largest = largestMagnitude(values, start, end);
    exact[index] = Number.isNaN(largest) ? Number.NaN : floatScale(largest, format);
  });
  const half = halfScales ? exact.map(f16round) : undefined;
  const isHalf = half?.every(isNormalHalf) === true;
  const scale = isHalf ? half : exact;
  return {
    values: floatsReadBack(values, layout, format, scale),
    bytes: {
      codes: Math.ceil((values.length * format.bits) / 8),
      scales: scale.length * (isHalf ? 2 : 4),
      zeroPoints: 0,
    },
  };
}

function floatsReadBack(values: Float32Array, layout: Layout, format: Format, scales: Float32Array): Float32Array {
  const quotients = new Float32Array(values.length);
  forEachBlock(layout, (index, start, end) => {
    for (let i = start; i < end; i++) quotients[i] = (values[i] as number) / (scales[index] as number);
  });
  const read = roundingOf(format)?.(quotients) ?? format.decode(format.encode(quotients));
  forEachBlock(layout, (index, start, end) => {
    for (let i = start; i < end; i++) read[i] = (read[i] as number) * (scales[index] as number);
  });
  return read;
}
