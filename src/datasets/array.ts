import { fail } from "../base/diagnostic.js";
import type { ContentHash } from "../base/hash.js";
import { elementCount } from "../tensor/tensor.js";
import type { Samples } from "./assemble.js";
import { finite } from "./cells.js";
import { keyOfWords } from "./keys.js";
import type { RawLabels } from "./labels.js";
import type { DataSettings } from "./settings.js";
import { sampleShape } from "./table.js";

/** A dense array of a file, row-major; its first axis counts samples. */
export interface NumberArray {
  readonly path: string;
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

/** One element type of IDX or NumPy. */
export interface ElementType {
  readonly kind: "float" | "int" | "uint" | "bool";
  readonly bytes: 1 | 2 | 4 | 8;
}

/**
 * Elements of a file as numbers: one typed array, without a copy where the machine's own order allows. 64-bit integers
 * and floats become float64, float16 becomes float32.
 */
export function decodeElements(bytes: Uint8Array, type: ElementType, littleEndian: boolean): ArrayLike<number> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = bytes.byteLength / type.bytes;
  if (type.bytes === 1) return type.kind === "int" ? new Int8Array(bytes.buffer, bytes.byteOffset, count) : bytes;
  const out = containerOf(type, count);
  const read = elementReader(view, type, littleEndian);
  for (let i = 0; i < count; i++) out[i] = read(i * type.bytes);
  return out;
}

function containerOf({ kind, bytes }: ElementType, count: number) {
  if (bytes === 8) return new Float64Array(count);
  if (kind === "float") return new Float32Array(count);
  if (bytes === 2) return kind === "int" ? new Int16Array(count) : new Uint16Array(count);
  return kind === "int" ? new Int32Array(count) : new Uint32Array(count);
}

function elementReader(view: DataView, { kind, bytes }: ElementType, little: boolean): (at: number) => number {
  if (kind === "float") {
    if (bytes === 2) return (at) => float16(view.getUint16(at, little));
    return bytes === 4 ? (at) => view.getFloat32(at, little) : (at) => view.getFloat64(at, little);
  }
  if (bytes === 2) return kind === "int" ? (at) => view.getInt16(at, little) : (at) => view.getUint16(at, little);
  if (bytes === 4) return kind === "int" ? (at) => view.getInt32(at, little) : (at) => view.getUint32(at, little);
  return kind === "int" ? (at) => Number(view.getBigInt64(at, little)) : (at) => Number(view.getBigUint64(at, little));
}

/** IEEE 754 binary16 from its code. */
function float16(code: number): number {
  const sign = code & 0x8000 ? -1 : 1;
  const exponent = (code >> 10) & 31;
  const fraction = code & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/**
 * Samples of one array for each input, with labels of another.
 * @throws {DiagnosticError} for arrays of unequal length, values that are not finite, a `shape` that does not fit
 */
export function arraySamples(
  arrays: readonly NumberArray[],
  labels: NumberArray | undefined,
  settings: DataSettings,
  hash: ContentHash,
): Samples {
  const [first] = arrays;
  if (!first) throw new Error("datasets: samples of no array");
  const size = first.shape[0] ?? 0;
  if (size === 0) fail("data-empty", { path: first.path, what: "samples" });
  for (const other of labels ? [...arrays, labels] : arrays) {
    const count = other.shape[0] ?? 0;
    if (count !== size) {
      fail("data-labels-count", { path: first.path, labelPath: other.path, samples: size, labels: count });
    }
  }
  const inputs = arrays.map((array) => arrayInput(array, arrays.length === 1 ? settings : undefined));
  return {
    size,
    inputs,
    ...(labels ? { labels: arrayLabels(labels, settings.choice("task") === "regression") } : {}),
    keys: checkedKeys(arrays, inputs, size),
    place: (sample) => ({ file: labels?.path ?? first.path, sample }),
    hash: () => hash,
  };
}

/** The shape of one sample of an array with `shape`, after the `shape` setting. */
export function arraySampleShape(
  shape: readonly number[],
  path: string,
  settings: DataSettings | undefined,
): readonly number[] {
  const own = shape.length > 1 ? shape.slice(1) : [1];
  return settings ? sampleShape(elementCount(own), own, path, settings, "sample") : own;
}

function arrayInput({ path, shape, values }: NumberArray, settings: DataSettings | undefined) {
  const width = elementCount(shape.slice(1));
  return {
    shape: arraySampleShape(shape, path, settings),
    fill(index: number, out: Float32Array, at: number) {
      const start = index * width;
      for (let i = 0; i < width; i++) out[at + i] = values[start + i] as number;
    },
  };
}

/** One pass over all samples: every value must be finite as float32; the first input's content is the key. */
function checkedKeys(arrays: readonly NumberArray[], inputs: Samples["inputs"], size: number): Float64Array {
  const keys = new Float64Array(size);
  inputs.forEach((input, n) => {
    const row = new Float32Array(elementCount(input.shape));
    const words = new Int32Array(row.buffer);
    const file = arrays[n]?.path ?? "";
    for (let sample = 0; sample < size; sample++) {
      input.fill(sample, row, 0);
      for (const value of row) if (!Number.isFinite(value)) finite(value, () => ({ file, sample }));
      if (n === 0) keys[sample] = keyOfWords(words, 0, words.length);
    }
  });
  return keys;
}

/** [n] or [n, 1]: classes or values; [n, classes]: one-hot rows, or `width` values a sample with regression. */
function arrayLabels({ path, shape, values }: NumberArray, real: boolean): RawLabels {
  const width = elementCount(shape.slice(1));
  const size = shape[0] ?? 0;
  if (width === 0) fail("data-empty", { path, what: "labels" });
  if (real) {
    const place = (i: number) => () => ({ file: path, sample: Math.floor(i / width) });
    return { kind: "value", values: Float32Array.from(values, (value, i) => finite(value, place(i))), width };
  }
  if (width === 1) return { kind: "class", values: Array.from(values) };
  return { kind: "class", values: Array.from({ length: size }, (_, sample) => hotIndex(values, sample, width, path)) };
}

function hotIndex(values: ArrayLike<number>, sample: number, width: number, path: string): number {
  let hot = -1;
  for (let i = 0; i < width; i++) {
    const value = values[sample * width + i];
    if (value === 0) continue;
    if (value !== 1 || hot >= 0) fail("data-label-one-hot", { place: { file: path, sample } });
    hot = i;
  }
  return hot >= 0 ? hot : fail("data-label-one-hot", { place: { file: path, sample } });
}
