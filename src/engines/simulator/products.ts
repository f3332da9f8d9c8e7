import type { KernelMemory } from "./memory.js";
import type { NodeContext } from "./node.js";

/** Element type of the operands of a product: int16 with int32 sums, or float32. */
export type Elements = "i16" | "f32";

/** Rows that a tile of the loops has, and columns of a block. */
const TILE = 4;
const BLOCK = 8;
/** Elements that one step of the int16 loop takes of a run. */
const I16_STEP = 4;

const padded = (count: number, to: number) => Math.ceil(count / to) * to;

/** Columns of a product as the loops read them. */
export interface Columns {
  readonly elements: Elements;
  readonly address: number;
  /** Columns that mean something; sums have `width` of them. */
  readonly count: number;
  readonly width: number;
  /** The rows' elements lie in so many runs... */
  readonly runs: number;
  /** ... of which so many elements count, padding with weight 0 included. */
  readonly runLength: number;
}

/** Where the elements of columns come from: `data[start + column * columnStride + order[k]] - point[column]`. */
export interface ColumnSource {
  readonly data: ArrayLike<number>;
  readonly start: number;
  readonly columnStride: number;
  /** Offsets of the k, run after run; all runs have the same length. */
  readonly order: Int32Array;
  /** Zero points: none, one, or one a column. */
  readonly points?: ArrayLike<number> | undefined;
}

/** The length of a run as the loops take it. */
export function storedRun(elements: Elements, length: number): number {
  return elements === "i16" ? padded(length, I16_STEP) : length;
}

/** Packs columns into memory from `take`: `memory.keep` or `memory.scratch`. */
export function packColumns(
  memory: KernelMemory,
  take: (bytes: number) => number,
  elements: Elements,
  { count, runs }: { readonly count: number; readonly runs: number },
  source: ColumnSource,
): Columns {
  const { data, start, columnStride, order, points } = source;
  const length = order.length / runs;
  const runLength = storedRun(elements, length);
  const width = padded(count, BLOCK);
  const size = width * runs * runLength;
  const address = take(size * (elements === "i16" ? 2 : 4));
  const to = elements === "i16" ? memory.i16(address, size) : memory.f32(address, size);
  to.fill(0);
  const pair = elements === "i16" ? 2 : 1;
  for (let column = 0; column < count; column++) {
    const from = start + column * columnStride;
    const point = points?.[points.length === 1 ? 0 : column] ?? 0;
    const panel = Math.floor(column / BLOCK) * BLOCK * runs * runLength + (column % BLOCK) * pair;
    for (let run = 0, k = 0; run < runs; run++) {
      for (let i = 0; i < length; i++, k++) {
        const at = run * runLength + i;
        to[panel + (at - (at % pair)) * BLOCK + (at % pair)] = (data[from + (order[k] as number)] as number) - point;
      }
    }
  }
  return { elements, address, count, width, runs, runLength };
}

/** The sum of each column's elements, as int32 wraps. */
export function columnSums({ count }: { readonly count: number }, source: ColumnSource): Int32Array {
  const { data, start, columnStride, order, points } = source;
  const sums = new Int32Array(count);
  for (let column = 0; column < count; column++) {
    const point = points?.[points.length === 1 ? 0 : column] ?? 0;
    let sum = 0;
    for (const offset of order) sum += (data[start + column * columnStride + offset] as number) - point;
    sums[column] = sum;
  }
  return sums;
}

/** Rows of a product: elements in memory, and a table of where each row begins. */
export interface Rows {
  readonly address: number;
  /** Address of byte offsets, one a row, a multiple of 4 of them. */
  readonly offsets: number;
  readonly tiles: number;
  /** Address of the byte offsets of the runs from a row's start. */
  readonly segments: number;
}

/** Writes i32 byte offsets into memory. */
export function writeOffsets(
  memory: KernelMemory,
  take: (bytes: number) => number,
  offsets: ArrayLike<number>,
  bytesPerElement: number,
): number {
  const address = take(4 * offsets.length);
  const to = memory.i32(address, offsets.length);
  for (let i = 0; i < to.length; i++) to[i] = (offsets[i] as number) * bytesPerElement;
  return address;
}

/** Number of rows that the loops compute for so many: whole tiles. */
export const wholeTiles = (rows: number) => padded(rows, TILE);

/**
 * Sums of products in scratch memory, [4 * tiles, columns.width].
 * @param start address of what the sums of each column begin with
 */
export function multiply(
  { memory, pairSums, saturated }: Pick<NodeContext, "memory" | "pairSums" | "saturated">,
  rows: Rows,
  columns: Columns,
  start: number,
): number {
  const { elements, runs, runLength, address, width } = columns;
  const sums = memory.scratch(4 * TILE * rows.tiles * width);
  const blocks = width / BLOCK;
  const { loops } = memory;
  const shared = [rows.address, rows.offsets, rows.tiles, rows.segments, runs] as const;
  if (elements === "f32") loops.products_f32(...shared, runLength, address, start, sums, blocks);
  else {
    const length = runLength / I16_STEP;
    if (pairSums === "int32") loops.products_i16(...shared, length, address, start, sums, blocks);
    else saturated(Number(loops.products_i16_saturating(...shared, length, address, start, sums, blocks)));
  }
  return sums;
}

/** What the sums of columns begin with, in scratch memory: int32 or float32, 0 beyond the last column. */
export function startSums(memory: KernelMemory, elements: Elements, width: number, values?: ArrayLike<number>): number {
  const address = memory.scratch(4 * width);
  const to = elements === "i16" ? memory.i32(address, width) : memory.f32(address, width);
  to.fill(0);
  if (values) for (let i = 0; i < values.length; i++) to[i] = values[i] as number;
  return address;
}
