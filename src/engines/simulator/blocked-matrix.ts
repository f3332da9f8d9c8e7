import { float32Of, given, type TensorInputs } from "../../ir/operators/define.js";
import { type BlockedSizes, blockedSizes, blockedWeights, takesInt8Rows } from "../../ir/operators/matmul-nbits.js";
import { elementCount, tensor } from "../../tensor/tensor.js";
import { ROUNDER } from "./codes.js";
import { isKnown, type NodeContext, type PrepareNode } from "./node.js";
import { type Columns, multiply, packColumns, startSums, wholeTiles, writeOffsets } from "./products.js";

/** Elements of rows that are quantized at once. */
const CHUNK = 1 << 18;

/** Rows of A as int8 blocks: codes [rows, blocks * blockSize] in memory, scales [rows, blocks]. */
interface BlockedRows {
  readonly count: number;
  readonly address: number;
  readonly offsets: number;
  readonly scales: Float32Array;
}

/**
 * MatMulNBits at accuracy level 4: integer products block by block, scaled and added in float64 as the operator does. Rows that
 * are not finite, and levels that keep A in float32, run as the operator.
 */
export const matMulNBits: PrepareNode = (context) => {
  const { attributes, memory, plain, constants } = context;
  if (!takesInt8Rows(attributes) || ![1, 2, 3].every((index) => isKnown(context, index))) return undefined;
  const sizes = blockedSizes(attributes);
  const { n, blocks } = sizes;
  const packed = packBlocks(context, sizes);
  const weightScales = float32Of(given(constants, 2, "scales"));
  return (inputs: TensorInputs) => {
    const a = given(inputs, 0, "A");
    const rows = elementCount(a.shape.slice(0, -1));
    const totals = new Float64Array(rows * n);
    const perChunk = Math.max(4, wholeTiles(CHUNK / (blocks * sizes.blockSize)));
    const mark = memory.mark();
    for (let first = 0; first < rows; first += perChunk) {
      const count = Math.min(perChunk, rows - first);
      const quantized = quantizeRows(context, float32Of(a), first, count, sizes);
      if (!quantized) return plain(inputs);
      const own = totals.subarray(first * n, (first + count) * n);
      for (const [block, columns] of packed.entries()) {
        addBlock(context, own, quantized, columns, { block, sizes, weightScales });
      }
      memory.release(mark);
    }
    const bias = inputs[5] && float32Of(inputs[5]);
    const y = new Float32Array(totals.length);
    for (let i = 0; i < y.length; i++) y[i] = (totals[i] as number) + (bias?.[i % n] ?? 0);
    return [tensor("float32", [...a.shape.slice(0, -1), n], y)];
  };
};

function packBlocks({ memory, constants }: NodeContext, sizes: BlockedSizes): readonly Columns[] {
  const { n, blocks, blockSize } = sizes;
  const data = blockedWeights(constants, sizes);
  const order = Int32Array.from({ length: blockSize }, (_, i) => i);
  return Array.from({ length: blocks }, (_, block) => {
    const source = { data, start: block * blockSize, columnStride: blocks * blockSize, order };
    return packColumns(memory, memory.keep, "i16", { count: n, runs: 1 }, source);
  });
}

/** Quantizes rows of A by blocks, as `matmul-nbits.ts` defines it; undefined where that gives something that is no code. */
function quantizeRows(
  { memory }: NodeContext,
  a: Float32Array,
  first: number,
  count: number,
  { k, blocks, blockSize }: BlockedSizes,
): BlockedRows | undefined {
  const stride = blocks * blockSize;
  const scales = new Float32Array(count * blocks);
  const table = Array.from({ length: wholeTiles(count) }, (_, row) => Math.min(row, count) * stride);
  const offsets = writeOffsets(memory, memory.scratch, table, 2);
  const address = memory.scratch(2 * (count + 1) * stride);
  const codes = memory.i16(address, (count + 1) * stride).fill(0);
  for (let row = 0; row < count; row++) {
    for (let block = 0; block < blocks; block++) {
      const from = (first + row) * k + block * blockSize;
      const length = Math.min(blockSize, k - block * blockSize);
      let largest = 0;
      for (let i = 0; i < length; i++) largest = Math.max(largest, Math.abs(a[from + i] as number));
      scales[row * blocks + block] = largest / 127;
      const inverse = largest === 0 ? 0 : Math.fround(127 / largest);
      if (!Number.isFinite(largest) || !Number.isFinite(inverse)) return undefined;
      const to = row * stride + block * blockSize;
      for (let i = 0; i < length; i++)
        codes[to + i] = Math.fround((a[from + i] as number) * inverse) + ROUNDER - ROUNDER;
    }
  }
  return { count, address, offsets, scales };
}

/** Adds one block's sums, scaled, to the totals [rows, n]. */
function addBlock(
  context: NodeContext,
  totals: Float64Array,
  rows: BlockedRows,
  columns: Columns,
  {
    block,
    sizes,
    weightScales,
  }: { readonly block: number; readonly sizes: BlockedSizes; readonly weightScales: Float32Array },
): void {
  const { memory } = context;
  const { n, blocks, blockSize } = sizes;
  const mark = memory.mark();
  const start = startSums(memory, "i16", columns.width);
  const segments = writeOffsets(memory, memory.scratch, [block * blockSize], 2);
  const operands = { address: rows.address, offsets: rows.offsets, tiles: wholeTiles(rows.count) / 4, segments };
  // Kernels for CPUs without VNNI multiply magnitudes by signed weights: 2 * 127 * 128 stays inside int16.
  const address = multiply({ ...context, memory, pairSums: "int32" }, operands, columns, start);
  const sums = memory.i32(address, rows.count * columns.width);
  for (let row = 0; row < rows.count; row++) {
    const rowScale = rows.scales[row * blocks + block] as number;
    const [from, to] = [row * columns.width, row * n];
    for (let j = 0; j < n; j++) {
      const scaled = (sums[from + j] as number) * rowScale * (weightScales[j * blocks + block] as number);
      totals[to + j] = (totals[to + j] as number) + scaled;
    }
  }
  memory.release(mark);
}
