import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { DiagnosticError, fail } from "../../base/diagnostic.js";
import { elementCount, type Tensor, tensor } from "../../tensor/tensor.js";
import { decodeFloat16 } from "../tfjs/float16.js";
import { isArray, isObject, type Json, type JsonObject, parseJson } from "../tfjs/json.js";

/**
 * The safetensors format: 8 bytes with the length of a header, little endian; the header, JSON; the data.
 * @see https://huggingface.co/docs/safetensors, "Format"
 */

/** The format's own limit is 100 MB; models of hundreds of layers have some hundred kB. */
const MAX_HEADER_BYTES = 32 * 2 ** 20;
const MAX_TENSORS = 100_000;
const MAX_RANK = 8;

/** Bytes of an element, of the types that weights have. */
const sizes: Readonly<Record<string, number>> = { F32: 4, F16: 2, BF16: 2 };

/** A tensor of a file: where it lies, without its data. */
export interface StoredTensor {
  readonly file: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** From the start of the file. */
  readonly offset: number;
  readonly bytes: number;
}

/**
 * What a file holds; nothing but its header is read.
 * @throws {DiagnosticError} `safetensors-corrupt` for lengths, offsets and shapes that contradict each other or the file
 */
export function readHeader(file: string): Map<string, StoredTensor> {
  return withFile(file, (descriptor, size) => {
    const length = headerLength(descriptor, file, size);
    const text = Buffer.alloc(length);
    readFully(descriptor, text, 8, file);
    const header = parseJson(text.toString("utf8"), file);
    if (!isObject(header)) return corrupt(file, "its header is no JSON object");
    const entries = Object.entries(header).filter(([name]) => name !== "__metadata__");
    if (entries.length > MAX_TENSORS)
      corrupt(file, `it has ${entries.length} tensors; at most ${MAX_TENSORS} are read`);
    const start = 8 + length;
    const tensors = new Map(entries.map(([name, entry]) => [name, storedTensor(file, name, entry, start)]));
    checkLayout(file, tensors, start, size);
    return tensors;
  });
}

/** The values of a tensor as float32; half and brain floats are widened, which is exact. One read, of its bytes alone. */
export function readTensor({ file, dtype, shape, offset, bytes }: StoredTensor, name: string): Tensor<"float32"> {
  const raw = withFile(file, (descriptor) => {
    const buffer = new Uint8Array(bytes);
    readFully(descriptor, buffer, offset, file);
    return buffer;
  });
  const data = widened(raw, dtype);
  const bad = data.reduce((count, value) => count + (Number.isFinite(value) ? 0 : 1), 0);
  if (bad > 0) {
    const nan = data.reduce((count, value) => count + (Number.isNaN(value) ? 1 : 0), 0);
    fail("model-weight-not-finite", { weight: name, nan, infinite: bad - nan, of: data.length });
  }
  return tensor("float32", shape, data);
}

function widened(raw: Uint8Array, dtype: string): Float32Array {
  if (dtype === "F32") return new Float32Array(raw.buffer, 0, raw.length / 4);
  const codes = new Uint16Array(raw.buffer, 0, raw.length / 2);
  if (dtype === "F16") return decodeFloat16(codes);
  // A brain float is the upper half of a float32.
  const words = new Uint32Array(codes.length);
  for (let i = 0; i < codes.length; i++) words[i] = (codes[i] ?? 0) << 16;
  return new Float32Array(words.buffer);
}

function headerLength(descriptor: number, file: string, size: number): number {
  if (size < 8) corrupt(file, `it has ${size} bytes, fewer than the length of its header takes`);
  const head = Buffer.alloc(8);
  readFully(descriptor, head, 0, file);
  const length = head.readBigUInt64LE(0);
  if (length > BigInt(MAX_HEADER_BYTES))
    corrupt(file, `it says that its header has ${length} bytes; at most ${MAX_HEADER_BYTES} are read`);
  if (Number(length) + 8 > size) corrupt(file, `its header of ${length} bytes does not fit into the file's ${size}`);
  return Number(length);
}

function storedTensor(file: string, name: string, entry: Json, start: number): StoredTensor {
  const { dtype, shape, data_offsets: offsets } = isObject(entry) ? entry : ({} as JsonObject);
  const wholes = (list: Json | undefined, most: number) =>
    isArray(list) &&
    list.length <= most &&
    list.every((n) => typeof n === "number" && Number.isSafeInteger(n) && n >= 0)
      ? (list as readonly number[])
      : undefined;
  const [dims, range] = [wholes(shape, MAX_RANK), wholes(offsets, 2)];
  const [from = 0, to = 0] = range ?? [];
  if (typeof dtype !== "string" || !dims || range?.length !== 2 || to < from) {
    return corrupt(file, `its entry "${name}" has no dtype, shape and data_offsets that make sense`);
  }
  const size = sizes[dtype];
  if (size !== undefined && elementCount(dims) * size !== to - from) {
    corrupt(file, `"${name}" has ${to - from} bytes; ${dtype} [${dims.join(", ")}] takes ${elementCount(dims) * size}`);
  }
  return { file, dtype, shape: dims, offset: start + from, bytes: to - from };
}

/** Tensors lie one after another and fill the file, as the format demands: no byte is two tensors', none is nobody's. */
function checkLayout(file: string, tensors: ReadonlyMap<string, StoredTensor>, start: number, size: number): void {
  let at = start;
  for (const [name, { offset, bytes }] of [...tensors].sort(
    ([, a], [, b]) => a.offset - b.offset || a.bytes - b.bytes,
  )) {
    if (offset !== at)
      corrupt(file, `"${name}" begins at byte ${offset - start} of the data, where ${at - start} is expected`);
    at += bytes;
  }
  if (at !== size) corrupt(file, `its tensors take ${at} bytes with the header; the file has ${size}`);
}

function withFile<T>(file: string, body: (descriptor: number, size: number) => T): T {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch (error) {
    return unreadable(file, error);
  }
  try {
    const info = fstatSync(descriptor);
    if (!info.isFile()) fail("model-unreadable", { path: file, reason: "it is no file" });
    return body(descriptor, info.size);
  } finally {
    closeSync(descriptor);
  }
}

/** One call reads at most 2 GiB, so it may take several. */
function readFully(descriptor: number, into: Uint8Array, position: number, file: string): void {
  for (let done = 0; done < into.length; ) {
    const read = readSync(descriptor, into, done, Math.min(into.length - done, 2 ** 30), position + done);
    if (read === 0) corrupt(file, "it ends in the middle");
    done += read;
  }
}

/** Turns a failure of the file system into a diagnostic. */
export function unreadable(path: string, error: unknown): never {
  if (error instanceof DiagnosticError) throw error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOENT" || code === "ENOTDIR") fail("model-not-found", { path });
  return fail("model-unreadable", { path, reason: code ?? String(error) });
}

function corrupt(path: string, reason: string): never {
  return fail("safetensors-corrupt", { path, reason });
}
