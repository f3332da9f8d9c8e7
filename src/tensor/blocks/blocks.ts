import type { Encoded } from "../format.js";

/** Number of blocks of so many rows, the last block of each row being short where it must. */
export function blockCount({ length, rowLength, block }: Pick<Encoded, "length" | "rowLength" | "block">): number {
  return length === 0 ? 0 : (length / rowLength) * Math.ceil(rowLength / block);
}

/** Calls `visit` for each block, row by row, with its number and the places where its values start and end. */
export function forEachBlock(
  { length, rowLength, block }: Pick<Encoded, "length" | "rowLength" | "block">,
  visit: (index: number, start: number, end: number) => void,
): void {
  let index = 0;
  for (let row = 0; row < length; row += rowLength) {
    for (let start = 0; start < rowLength; start += block) {
      visit(index++, row + start, row + Math.min(start + block, rowLength));
    }
  }
}

/** The largest magnitude of values[start .. end); NaN when one of them is NaN or infinite, as then no scale serves. */
export function largestMagnitude(values: Float32Array, start: number, end: number): number {
  let largest = 0;
  for (let i = start; i < end; i++) largest = Math.max(largest, Math.abs(values[i] as number));
  return largest === Infinity ? Number.NaN : largest;
}
