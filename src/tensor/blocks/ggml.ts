import { getFloat16, setFloat16 } from "@petamoriken/float16";
import { encodedCodes, type Format, rowLengthOf } from "../format.js";
import { blockCount, forEachBlock, largestMagnitude } from "./blocks.js";

/** How one block of a ggml type is written and read. */
export interface GgmlBlock {
  /** Values in a block. */
  readonly block: number;
  /** Bytes of a block, scales included. */
  readonly bytes: number;
  /** Writes finite values, `block` of them, to `bytes` bytes of zeros. */
  readonly write: (values: Float32Array, bytes: Uint8Array) => void;
  readonly read: (bytes: Uint8Array, values: Float32Array) => void;
  /** Writes scales of NaN, so that the block reads as NaN. */
  readonly poison: (bytes: Uint8Array) => void;
}

/**
 * A ggml type: whole blocks one after another, byte for byte as a GGUF file holds them. ggml wants rows of whole blocks;
 * the last block of a row that is none is filled up with zeros, which are stored and not read.
 */
export function ggmlFormat(
  { block, bytes, write, read, poison }: GgmlBlock,
  words: Omit<Format, "encode" | "decode" | "block" | "bitsPerValue" | "specials" | "source">,
): Format {
  return {
    ...words,
    specials: "NaN",
    block,
    bitsPerValue: (bytes * 8) / block,
    source: "ggml, ggml-quants.c",
    encode(values, options = {}) {
      const layout = { length: values.length, rowLength: rowLengthOf(values.length, options), block };
      const codes = new Uint8Array(blockCount(layout) * bytes);
      const padded = new Float32Array(block);
      forEachBlock(layout, (index, start, end) => {
        const target = codes.subarray(index * bytes, (index + 1) * bytes);
        padded.fill(0).set(values.subarray(start, end));
        if (Number.isNaN(largestMagnitude(padded, 0, block))) poison(target);
        else write(padded, target);
      });
      return encodedCodes(codes, layout);
    },
    decode(encoded) {
      const values = new Float32Array(encoded.length);
      const whole = new Float32Array(block);
      forEachBlock(encoded, (index, start, end) => {
        read(encoded.codes.subarray(index * bytes, (index + 1) * bytes), whole);
        values.set(whole.subarray(0, end - start), start);
      });
      return values;
    },
  };
}

const LARGEST_HALF = 65_504;

/** Writes a scale as fp16, little-endian. One beyond fp16 saturates: ggml's would be infinite, and the block NaN. */
export function writeScale(bytes: Uint8Array, at: number, scale: number): void {
  setFloat16(viewOf(bytes), at, Math.max(-LARGEST_HALF, Math.min(LARGEST_HALF, scale)), true);
}

export function readScale(bytes: Uint8Array, at: number): number {
  return getFloat16(viewOf(bytes), at, true);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** 1 / scale in float32 as ggml has it: 0 for a scale of 0, and for one so small that the inverse is infinite. */
export function inverseScale(scale: number): number {
  const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
  return Number.isFinite(inverse) ? inverse : 0;
}
