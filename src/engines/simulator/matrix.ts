import { given, type TensorInputs } from "../../ir/operators/define.js";
import { productShape } from "../../ir/operators/matrix.js";
import { broadcastOffsets } from "../../tensor/layout.js";
import { elementCount, type Tensor } from "../../tensor/tensor.js";
import { isKnown, type NodeContext } from "./node.js";
import {
  type ColumnSource,
  type Columns,
  columnSums,
  type Elements,
  multiply,
  packColumns,
  startSums,
  storedRun,
  wholeTiles,
  writeOffsets,
} from "./products.js";

/** Elements of rows that are laid out at once: half a megabyte of int16. */
const CHUNK = 1 << 18;
const MOST_ROWS = 1024;

/** A product as `numpy.matmul` has it, as far as the loops need it. */
export interface MatrixSizes {
  readonly shape: readonly number[];
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  /** For each product of the batch where its matrices begin, in elements. */
  readonly starts: readonly { readonly a: number; readonly b: number }[];
}

/** Sizes of `a * b`; a batch over one matrix b is one product of many rows. */
export function matrixSizes(a: readonly number[], b: readonly number[]): MatrixSizes {
  const shape = productShape(a, b) as number[];
  const left = a.length === 1 ? [1, ...a] : a;
  const right = b.length === 1 ? [...b, 1] : b;
  const [inner, columns] = [left.at(-1) ?? 1, right.at(-1) ?? 1];
  if (elementCount(right.slice(0, -2)) === 1 && left.length >= right.length) {
    return { shape, rows: elementCount(left.slice(0, -1)), inner, columns, starts: [{ a: 0, b: 0 }] };
  }
  const rows = left.at(-2) ?? 1;
  const batch = shape.slice(0, Math.max(left.length, right.length) - 2);
  const aOffsets = broadcastOffsets(left.slice(0, -2), batch);
  const bOffsets = broadcastOffsets(right.slice(0, -2), batch);
  const starts = Array.from(aOffsets, (offset, i) => ({
    a: offset * rows * inner,
    b: (bOffsets[i] as number) * inner * columns,
  }));
  return { shape, rows, inner, columns, starts };
}

/** Whether there is anything to sum: the loops always take a step. */
export const isEmpty = ({ rows, inner, columns, starts }: MatrixSizes) =>
  rows === 0 || inner === 0 || columns === 0 || starts.length === 0;

/** A column-major view of b [inner, columns] at `start`, or of [columns, inner] when `turned`. */
function matrixSource(
  b: Tensor,
  { inner, columns }: { readonly inner: number; readonly columns: number },
  start: number,
  { turned, points }: { readonly turned: boolean; readonly points: Tensor | undefined },
): ColumnSource {
  const order = Int32Array.from({ length: inner }, (_, k) => (turned ? k : k * columns));
  const columnStride = turned ? inner : 1;
  return { data: b.data as Float32Array, start, columnStride, order, points: points?.data as Uint8Array | undefined };
}

/** Packed columns, and their sums, by which a zero point that rows keep is taken off again. */
export interface PackedMatrix {
  readonly columns: Columns;
  readonly sums: Int32Array;
}

/** The last two sizes of a matrix or a batch of them; a vector is a column. */
function matrixShape({ shape }: Tensor, turned: boolean): { readonly inner: number; readonly columns: number } {
  const [inner = 1, columns = 1] = shape.length === 1 ? [...shape, 1] : shape.slice(-2);
  return turned ? { inner: columns, columns: inner } : { inner, columns };
}

/** How an operand b is packed. */
export interface PackOptions {
  /** Index of b, and of its zero points, among the node's inputs. */
  readonly b: number;
  readonly points?: number;
  /** b is [columns, inner]. */
  readonly turned?: boolean;
}

/** Gives the matrix of b that begins at an element: packed when the node is prepared where b is known, else each time. */
export function matrixPacker(
  context: NodeContext,
  elements: Elements,
  { b: index, points: pointsIndex, turned = false }: PackOptions,
): (inputs: TensorInputs, start: number) => PackedMatrix {
  const { memory, constants } = context;
  const pack = (inputs: TensorInputs, start: number, take: (bytes: number) => number) => {
    const b = given(inputs, index, "b");
    const { inner, columns: count } = matrixShape(b, turned);
    const points = pointsIndex === undefined ? undefined : inputs[pointsIndex];
    const source = matrixSource(b, { inner, columns: count }, start, { turned, points });
    const columns = packColumns(memory, take, elements, { count, runs: 1 }, source);
    return { columns, sums: columnSums({ count }, source) };
  };
  const known = constants[index];
  const pointsKnown = pointsIndex === undefined || isKnown(context, pointsIndex);
  if (!known || !pointsKnown) return (inputs, start) => pack(inputs, start, memory.scratch);
  const { inner, columns } = matrixShape(known, turned);
  const count = inner * columns === 0 ? 0 : known.data.length / (inner * columns);
  const matrices = Array.from({ length: count }, (_, i) => pack(constants, i * inner * columns, memory.keep));
  return (_, start) => {
    const found = matrices[start / (inner * columns)];
    if (!found) throw new Error(`simulator: no matrix begins at ${start}`);
    return found;
  };
}

/** Rows of a, chunk after chunk, multiplied by packed columns. */
export interface MatrixRows {
  readonly a: ArrayLike<number>;
  readonly start: number;
  readonly rows: number;
  readonly inner: number;
  /** Subtracted from each element on the way: a zero point. */
  readonly point: number;
}

/**
 * Calls `store` with the sums [rows of the chunk, width] of each chunk of rows. Scratch that was taken before the call stays.
 * @param begin values that sums begin with, int32 or float32, none or one a column
 */
export function multiplyRows(
  context: NodeContext,
  { a, start, rows, inner, point }: MatrixRows,
  columns: Columns,
  begin: ArrayLike<number> | undefined,
  store: (sums: number, first: number, count: number) => void,
): void {
  const { memory } = context;
  const { elements } = columns;
  const stride = storedRun(elements, inner);
  const bytes = elements === "i16" ? 2 : 4;
  const perChunk = Math.min(wholeTiles(rows), Math.max(4, Math.min(MOST_ROWS, wholeTiles(CHUNK / stride))));
  const first = startSums(memory, elements, columns.width, begin);
  const segments = writeOffsets(memory, memory.scratch, [0], 1);
  // One row of zeros behind the others stands in for the rows that a last tile lacks.
  const address = memory.scratch((perChunk + 1) * stride * bytes);
  const mark = memory.mark();
  for (let row = 0; row < rows; row += perChunk) {
    const count = Math.min(perChunk, rows - row);
    const tiles = wholeTiles(count) / 4;
    const table = Array.from({ length: 4 * tiles }, (_, i) => (i < count ? i : perChunk) * stride);
    const offsets = writeOffsets(memory, memory.scratch, table, bytes);
    const sums = () => multiply(context, { address, offsets, tiles, segments }, columns, first);
    const size = (perChunk + 1) * stride;
    const to = elements === "i16" ? memory.i16(address, size) : memory.f32(address, size);
    if (row === 0) to.fill(0);
    for (let i = 0; i < count; i++) {
      const from = start + (row + i) * inner;
      for (let k = 0, at = i * stride; k < inner; k++, at++) to[at] = (a[from + k] as number) - point;
    }
    store(sums(), row, count);
    memory.release(mark);
  }
}

/** Copies rows [count, width] to [rows, columns] from row `first` on. */
export function copyRows(
  from: Uint8Array | Int8Array | Int32Array | Float32Array,
  width: number,
  to: { [index: number]: number; set(values: ArrayLike<number>, offset: number): void },
  { start, columns, count }: { readonly start: number; readonly columns: number; readonly count: number },
): void {
  if (width === columns) {
    to.set(from.subarray(0, count * columns), start);
    return;
  }
  for (let row = 0; row < count; row++) {
    for (let j = 0, at = row * width, out = start + row * columns; j < columns; j++)
      to[out + j] = from[at + j] as number;
  }
}
