import { integerLimits } from "../../tensor/affine.js";
import type { QuantDType } from "../../tensor/quant.js";
import type { DType } from "../../tensor/tensor.js";
import type { KernelMemory } from "./memory.js";

/** What becomes of the int32 sums of a product, for each column. All of it is in scratch memory. */

/** float32 values for the columns, one repeated or one each; beyond the last column `rest`. */
function columnValues(memory: KernelMemory, width: number, values: ArrayLike<number>, rest: number): number {
  const address = memory.scratch(4 * width);
  const to = memory.f32(address, width).fill(rest);
  if (values.length === 1) to.fill(values[0] as number);
  else for (let i = 0; i < values.length; i++) to[i] = values[i] as number;
  return address;
}

/** How sums become 8-bit codes: `saturate(round(float32(sum) * multiplier[column]) + zeroPoint)`. */
export interface Requantization {
  /** float32, one or one a column. */
  readonly multiplier: Float32Array;
  readonly zeroPoint: number;
  readonly dtype: DType;
}

/**
 * Codes of sums [rows, width], one byte each.
 * @returns their address
 */
export function requantize(
  memory: KernelMemory,
  sums: number,
  { rows, width }: { readonly rows: number; readonly width: number },
  { multiplier, zeroPoint, dtype }: Requantization,
): number {
  const { min, max } = integerLimits(dtype as QuantDType);
  const multipliers = columnValues(memory, width, multiplier, 0);
  const out = memory.scratch(rows * width);
  memory.loops.requantize(sums, rows * width, width, multipliers, min - zeroPoint, max - zeroPoint, zeroPoint, out);
  return out;
}

/**
 * float32(sum) * scale[column] + bias[column] of sums [rows, width], each step rounded to float32.
 * @returns their address
 */
export function scaleSums(
  memory: KernelMemory,
  sums: number,
  { rows, width }: { readonly rows: number; readonly width: number },
  scales: Float32Array,
  bias: ArrayLike<number> | undefined,
): number {
  const multipliers = columnValues(memory, width, scales, 0);
  // x + -0 is x, for -0 too.
  const addends = columnValues(memory, width, bias ?? [-0], -0);
  const out = memory.scratch(4 * rows * width);
  memory.loops.scale(sums, rows * width, width, multipliers, addends, out);
  return out;
}
