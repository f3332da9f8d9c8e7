import { fail } from "../base/diagnostic.js";
import { elementCount } from "../tensor/tensor.js";
import { decodeElements, type ElementType, type NumberArray } from "./array.js";
import { clipped } from "./cells.js";

const kinds: Readonly<Record<string, ElementType["kind"]>> = { f: "float", i: "int", u: "uint", b: "bool" };
const dtypes = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"];

/** What the header of a .npy says. */
export interface NpyHeader {
  readonly type: ElementType;
  readonly littleEndian: boolean;
  readonly fortran: boolean;
  readonly shape: readonly number[];
  /** Position of the first element. */
  readonly start: number;
}

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** Bytes of the longest header that is read; numpy's are below 200 for plain arrays. */
export const longestNpyHeader = 65_536;

/**
 * Header of the NumPy format, versions 1 to 3. The Python literal in it is matched, never evaluated, and arrays of
 * objects (pickle) are refused.
 * @see NEP 1, "A Simple File Format for NumPy Arrays"
 */
export function parseNpyHeader(bytes: Uint8Array, path: string): NpyHeader {
  if (bytes.length === 0) fail("data-empty", { path, what: "bytes" });
  if (magic.some((byte, i) => bytes[i] !== byte)) {
    fail("data-corrupt", { path, format: "NumPy", reason: "it does not begin with \\x93NUMPY" });
  }
  const version = bytes[6] ?? 0;
  const [prefix, length] = headerLength(bytes, version);
  if (version < 1 || version > 3 || length > longestNpyHeader) {
    fail("data-corrupt", { path, format: "NumPy", reason: `version ${version} with a header of ${length} bytes` });
  }
  const start = prefix + length;
  if (bytes.length < start) {
    fail("data-truncated", { path, expectedBytes: start, actualBytes: bytes.length, what: "the header" });
  }
  return { ...parseLiteral(new TextDecoder("latin1").decode(bytes.subarray(prefix, start)), path), start };
}

/** Bytes before the literal, and its length: 16-bit in version 1, 32-bit since. */
function headerLength(bytes: Uint8Array, version: number): readonly [number, number] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (version === 1) return [10, bytes.length < 10 ? 0 : view.getUint16(8, true)];
  return [12, bytes.length < 12 ? 0 : view.getUint32(8, true)];
}

function parseLiteral(text: string, path: string): Omit<NpyHeader, "start"> {
  const descr = /'descr'\s*:\s*('[^']*'|\[)/.exec(text)?.[1];
  const fortran = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1];
  const sizes = /'shape'\s*:\s*\(([\d\sL,]*)\)/.exec(text)?.[1];
  if (descr === undefined || fortran === undefined || sizes === undefined) {
    fail("data-corrupt", { path, format: "NumPy", reason: `its header is ${clipped(text.trim())}` });
  }
  const dtype = descr === "[" ? "a record" : descr.slice(1, -1);
  const [, order, letter, size] = /^([<>|=]?)([fiub])([1248])$/.exec(dtype) ?? [];
  if (letter === undefined || !dtypes.includes(`${letter}${size}`)) {
    fail("data-dtype", { path, dtype: clipped(dtype), known: dtypes });
  }
  const shape = sizes.split(",").flatMap((part) => (/\d/.test(part) ? [Number.parseInt(part, 10)] : []));
  const kind = kinds[letter] as ElementType["kind"];
  const type = { kind, bytes: Number(size) as ElementType["bytes"] };
  return { type, littleEndian: order !== ">", fortran: fortran === "True", shape };
}

/** A whole .npy: its bytes must be as many as its header says. */
export function parseNpy(bytes: Uint8Array, path: string): NumberArray {
  const { type, littleEndian, fortran, shape, start } = parseNpyHeader(bytes, path);
  const expectedBytes = start + elementCount(shape) * type.bytes;
  const actualBytes = bytes.length;
  if (!Number.isSafeInteger(expectedBytes) || actualBytes < expectedBytes) {
    fail("data-truncated", { path, expectedBytes, actualBytes, what: `shape [${shape.join(", ")}]` });
  }
  if (actualBytes > expectedBytes) fail("data-trailing-bytes", { path, expectedBytes, actualBytes });
  const values = decodeElements(bytes.subarray(start), type, littleEndian);
  return { path, shape, values: fortran ? toRowMajor(values, shape) : values };
}

/** Column-major (first axis fastest) to row-major (last axis fastest). */
function toRowMajor(values: ArrayLike<number>, shape: readonly number[]): ArrayLike<number> {
  if (shape.length < 2) return values;
  const out = new Float64Array(values.length);
  const index = shape.map(() => 0);
  const strides = shape.map((_, axis) => elementCount(shape.slice(0, axis)));
  for (let i = 0; i < out.length; i++) {
    let from = 0;
    for (let axis = 0; axis < shape.length; axis++) from += (index[axis] as number) * (strides[axis] as number);
    out[i] = values[from] as number;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (shape[axis] as number)) break;
      index[axis] = 0;
    }
  }
  return out;
}
