import { broadcastOffsets, stridesOf } from "../../tensor/layout.js";
import { elementCount } from "../../tensor/tensor.js";
import { broadcastAll, showShape } from "../dim.js";
import type { Dim } from "../graph.js";
import { expectSameDim } from "./define.js";
import { OperatorError } from "./operator.js";

/**
 * Adds `sum over k of a[i, k] * b[k, j]` to `y[i, j]`, in float64: exact for integer codes. Takes four k at a time,
 * which reads and writes y a quarter as often.
 * @param a [rows, inner] at `aStart`; @param b [inner, columns] at `bStart`; @param y [rows, columns] at `yStart`
 */
export function multiplyInto(
  y: Float64Array,
  yStart: number,
  a: Float64Array,
  aStart: number,
  b: Float64Array,
  bStart: number,
  { rows, inner, columns }: { rows: number; inner: number; columns: number },
): void {
  for (let i = 0; i < rows; i++) {
    const out = yStart + i * columns;
    const left = aStart + i * inner;
    let k = 0;
    for (; k + 4 <= inner; k += 4) {
      const [a0, a1, a2, a3] = [a[left + k], a[left + k + 1], a[left + k + 2], a[left + k + 3]] as Four;
      const b0 = bStart + k * columns;
      const b1 = b0 + columns;
      const b2 = b1 + columns;
      const b3 = b2 + columns;
      for (let j = 0; j < columns; j++) {
        const sum = a0 * (b[b0 + j] as number) + a1 * (b[b1 + j] as number);
        y[out + j] = (y[out + j] as number) + (sum + a2 * (b[b2 + j] as number) + a3 * (b[b3 + j] as number));
      }
    }
    for (; k < inner; k++) {
      const factor = a[left + k] as number;
      const row = bStart + k * columns;
      for (let j = 0; j < columns; j++) y[out + j] = (y[out + j] as number) + factor * (b[row + j] as number);
    }
  }
}

type Four = [number, number, number, number];

/** The shape of a matrix product as numpy.matmul has it: batches broadcast, a rank-1 operand is a row or a column. */
export function productShape(a: readonly Dim[], b: readonly Dim[]): Dim[] {
  if (a.length === 0 || b.length === 0) throw new OperatorError("a matrix product of a scalar");
  const left = a.length === 1 ? [1, ...a] : a;
  const right = b.length === 1 ? [...b, 1] : b;
  expectSameDim(left.at(-1) ?? 1, right.at(-2) ?? 1, `inner sizes of ${showShape(a)} and ${showShape(b)}`);
  const batch = broadcastAll([left.slice(0, -2), right.slice(0, -2)]);
  if (!batch) throw new OperatorError(`batches of ${showShape(a)} and ${showShape(b)} do not broadcast`);
  const rows = a.length === 1 ? [] : [left.at(-2) ?? 1];
  const columns = b.length === 1 ? [] : [right.at(-1) ?? 1];
  return [...batch, ...rows, ...columns];
}

/** numpy.matmul in float64. Shapes as `productShape`; the result is in row-major order. */
export function matmul(
  a: Float64Array,
  aShape: readonly number[],
  b: Float64Array,
  bShape: readonly number[],
): { data: Float64Array; shape: number[]; rows: number; columns: number } {
  const shape = productShape(aShape, bShape) as number[];
  const left = aShape.length === 1 ? [1, ...aShape] : aShape;
  const right = bShape.length === 1 ? [...bShape, 1] : bShape;
  const [rows, inner, columns] = [left.at(-2) ?? 1, left.at(-1) ?? 1, right.at(-1) ?? 1];
  if (inner !== right.at(-2)) throw new OperatorError(`inner sizes ${inner} and ${right.at(-2)} differ`);
  const batch = (broadcastAll([left.slice(0, -2), right.slice(0, -2)]) ?? []) as number[];
  const aOffsets = broadcastOffsets(left.slice(0, -2), batch);
  const bOffsets = broadcastOffsets(right.slice(0, -2), batch);
  const data = new Float64Array(elementCount(shape));
  for (let i = 0; i < aOffsets.length; i++) {
    const aStart = (aOffsets[i] as number) * rows * inner;
    const bStart = (bOffsets[i] as number) * inner * columns;
    multiplyInto(data, i * rows * columns, a, aStart, b, bStart, { rows, inner, columns });
  }
  return { data, shape, rows, columns };
}

/** A matrix [rows, columns] turned to [columns, rows]. */
export function transposeMatrix(data: Float64Array, [rows = 1, columns = 1]: readonly number[]): Float64Array {
  const turned = new Float64Array(data.length);
  const [stride = 1] = stridesOf([columns, rows]);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) turned[j * stride + i] = data[i * columns + j] as number;
  }
  return turned;
}
