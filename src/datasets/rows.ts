import { fail } from "../base/diagnostic.js";
import { elementCount } from "../tensor/tensor.js";
import type { SampleInput } from "./assemble.js";
import { keyOfWords } from "./keys.js";
import { mostBytes } from "./settings.js";

/** Rows of equal width that arrive one by one, in blocks so that growing copies nothing. */
export interface RowStore {
  readonly size: number;
  /** Copies `row` to the end. */
  add(row: Float32Array): void;
  /** Content keys of all rows. */
  keys(): Float64Array;
  input(shape: readonly number[]): SampleInput;
}

/** @param path named when the rows outgrow `mostBytes` */
export function rowStore(width: number, path: string): RowStore {
  const perBlock = Math.max(1, Math.floor(2 ** 18 / width));
  const blocks: Float32Array[] = [];
  const keys: number[] = [];
  return {
    get size() {
      return keys.length;
    },
    add(row) {
      const bytes = (keys.length + 1) * width * 4;
      if (bytes > mostBytes) fail("data-too-large", { what: path, size: bytes, most: mostBytes, unit: "bytes" });
      const slot = keys.length % perBlock;
      if (slot === 0) blocks.push(new Float32Array(perBlock * width));
      (blocks.at(-1) as Float32Array).set(row, slot * width);
      keys.push(keyOfWords(new Int32Array(row.buffer, row.byteOffset, width), 0, width));
    },
    keys: () => Float64Array.from(keys),
    input: (shape) => {
      if (elementCount(shape) !== width) throw new Error(`datasets: rows of ${width} values given shape [${shape}]`);
      return {
        shape,
        fill(index, out, at) {
          const block = blocks[Math.floor(index / perBlock)] as Float32Array;
          const start = (index % perBlock) * width;
          out.set(block.subarray(start, start + width), at);
        },
      };
    },
  };
}
