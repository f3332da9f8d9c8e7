import { fail } from "../../base/diagnostic.js";
import { elementCount, type Tensor, tensor } from "../../tensor/tensor.js";
import { decodeFloat16 } from "./float16.js";
import { arrayAt, type Json, type JsonObject, objectAt, shown, stringAt } from "./json.js";

/** How one weight lies in the weight files. */
export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: "float32" | "int32" | "bool";
  /** Stored as codes: `value = code * scale + min`; float16 is stored as its own bits. */
  readonly quantization?:
    | { readonly dtype: "uint8" | "uint16"; readonly scale: number; readonly min: number }
    | { readonly dtype: "float16" };
}

/** Weights whose bytes lie one after the other in some files, themselves one after the other. */
export interface WeightGroup {
  readonly paths: readonly string[];
  readonly weights: readonly WeightSpec[];
}

const STORED_BYTES = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2 } as const;

/** Elements of one weight; more than this is no weight that a CPU runs. */
const MAX_ELEMENTS = 2 ** 31 - 1;

/** Weight files of one model; converters write shards of 4 MB. */
const MAX_SHARDS = 10_000;

/** The groups of a `weightsManifest`. @param path what messages call the file */
export function weightGroups(json: Json | undefined, path: string): WeightGroup[] {
  const where = `"weightsManifest" of "${path}"`;
  let shards = 0;
  return arrayAt(json, where).map((item, index) => {
    const group = objectAt(item, `group ${index + 1} of ${where}`);
    shards += arrayAt(group.paths, `"paths" of ${where}`).length;
    if (shards > MAX_SHARDS) {
      fail("model-json-shape", { where, expected: `at most ${MAX_SHARDS} weight files`, found: "longer" });
    }
    return {
      paths: arrayAt(group.paths, `"paths" of ${where}`).map((shard) => stringAt(shard, `"paths" of ${where}`)),
      weights: weightSpecs(group.weights, where),
    };
  });
}

/** The weights of one group, or of the `weightSpecs` of artifacts in memory. */
export function weightSpecs(json: Json | undefined, where: string): WeightSpec[] {
  return arrayAt(json, `"weights" of ${where}`).map((item) => {
    const spec = weightSpec(item, where);
    if (/(^|\/)\d+$/.test(spec.name)) fail("keras3-archive-weights", { weight: spec.name });
    return spec;
  });
}

/** One weight of a manifest, whatever its name. */
export function weightSpec(item: Json, where: string): WeightSpec {
  const spec = objectAt(item, `a weight of ${where}`);
  const name = stringAt(spec.name, `"name" of a weight of ${where}`).replace(/:0$/, "");
  return {
    name,
    shape: shapeAt(spec.shape, `the shape of weight "${name}"`),
    dtype: dtypeOf(spec.dtype, name),
    ...(spec.quantization === undefined ? {} : { quantization: quantizationOf(spec.quantization, name) }),
  };
}

/** The sizes of a weight. */
export function shapeAt(json: Json | undefined, where: string): number[] {
  const shape = arrayAt(json, where).map((size) => {
    if (typeof size === "number" && Number.isInteger(size) && size >= 0 && size <= MAX_ELEMENTS) return size;
    return fail("model-json-shape", { where, expected: "a list of sizes", found: shown(json) });
  });
  if (elementCount(shape) > MAX_ELEMENTS) {
    fail("model-json-shape", { where, expected: `at most ${MAX_ELEMENTS} elements`, found: shown(json) });
  }
  return shape;
}

function dtypeOf(json: Json | undefined, weight: string): WeightSpec["dtype"] {
  if (json === "float32" || json === "int32" || json === "bool") return json;
  return fail("model-weight-type", { weight, dtype: typeof json === "string" ? json : shown(json) });
}

function quantizationOf(json: Json, weight: string): NonNullable<WeightSpec["quantization"]> {
  const where = `"quantization" of weight "${weight}"`;
  const { dtype, scale, min }: JsonObject = objectAt(json, where);
  if (dtype === "float16") return { dtype };
  if (dtype !== "uint8" && dtype !== "uint16") {
    return fail("model-weight-type", { weight, dtype: typeof dtype === "string" ? dtype : shown(dtype) });
  }
  if (typeof scale !== "number" || typeof min !== "number") {
    return fail("model-json-shape", { where, expected: "a record with scale and min", found: shown(json) });
  }
  return { dtype, scale, min };
}

/** Bytes that one weight takes in its file. */
export function storedBytes({ shape, dtype, quantization }: WeightSpec): number {
  return elementCount(shape) * STORED_BYTES[quantization?.dtype ?? dtype];
}

/**
 * Adds the weights of one group to `weights`, every stored type decoded to float32.
 * @param bytes as long as `storedBytes` of the group's weights together, little-endian
 */
export function decodeGroup(
  group: Pick<WeightGroup, "weights">,
  bytes: Uint8Array,
  weights: Map<string, Tensor<"float32">>,
): void {
  let offset = 0;
  for (const spec of group.weights) {
    const length = storedBytes(spec);
    const data = decodeWeight(spec, bytes.subarray(offset, offset + length));
    offset += length;
    addWeight(weights, spec.name, tensor("float32", spec.shape, data));
  }
}

/** Adds one weight, and refuses a second of its name and values that are not finite. */
export function addWeight(weights: Map<string, Tensor<"float32">>, name: string, value: Tensor<"float32">): void {
  if (weights.has(name)) fail("model-weight-duplicate", { weight: name });
  checkFinite(name, value.data);
  weights.set(name, value);
}

/** One weight's numbers. @param bytes as long as `storedBytes` of it, little-endian */
export function decodeWeight({ dtype, quantization }: WeightSpec, bytes: Uint8Array): Float32Array {
  if (quantization === undefined) {
    if (dtype === "float32") return new Float32Array(...aligned(bytes, 4));
    return Float32Array.from(
      dtype === "int32" ? new Int32Array(...aligned(bytes, 4)) : bytes.map((byte) => (byte === 0 ? 0 : 1)),
    );
  }
  if (quantization.dtype === "float16") return decodeFloat16(new Uint16Array(...aligned(bytes, 2)));
  const { scale, min } = quantization;
  const codes = quantization.dtype === "uint8" ? bytes : new Uint16Array(...aligned(bytes, 2));
  const value = (code: number) => code * scale + min;
  return Float32Array.from(codes, dtype === "float32" ? value : (code) => Math.round(value(code)));
}

/** Where a typed array of `size`-byte elements can lie over the bytes; a copy when they are not aligned. */
function aligned(bytes: Uint8Array, size: number): [ArrayBuffer, number, number] {
  const whole = bytes.byteOffset % size === 0 && bytes.buffer instanceof ArrayBuffer ? bytes : Uint8Array.from(bytes);
  return [whole.buffer as ArrayBuffer, whole.byteOffset, whole.byteLength / size];
}

function checkFinite(weight: string, data: Float32Array): void {
  let nan = 0;
  let infinite = 0;
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number;
    if (Number.isNaN(value)) nan++;
    else if (value === Infinity || value === -Infinity) infinite++;
  }
  if (nan + infinite > 0) fail("model-weight-not-finite", { weight, nan, infinite, of: data.length });
}
