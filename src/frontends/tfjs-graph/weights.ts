import { fail } from "../../base/diagnostic.js";
import { elementCount, type Tensor, tensor } from "../../tensor/tensor.js";
import { arrayAt, isObject, type Json, objectAt, stringAt } from "../tfjs/json.js";
import { decodeWeight, shapeAt, storedBytes, type WeightSpec, weightSpec } from "../tfjs/manifest.js";
import type { ValueDType } from "./definition.js";

/** Weights as they were decoded, and the names of those that are texts or complex numbers. */
export interface GraphWeights {
  readonly weights: Map<string, Tensor<ValueDType>>;
  readonly texts: Set<string>;
}

/** A weight without numbers: only the bytes themselves say how long texts are. */
interface TextSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: "string" | "complex64";
}

export type GraphWeightSpec = WeightSpec | TextSpec;

/** The weights of one group of a manifest, texts among them. */
export function graphWeightSpecs(json: Json | undefined, where: string): GraphWeightSpec[] {
  return arrayAt(json ?? [], `"weights" of ${where}`).map((item): GraphWeightSpec => {
    const dtype = isObject(item) ? item.dtype : undefined;
    if (dtype !== "string" && dtype !== "complex64") return weightSpec(item, where);
    const spec = objectAt(item, `a weight of ${where}`);
    const name = stringAt(spec.name, `"name" of a weight of ${where}`);
    return { name, shape: shapeAt(spec.shape, `the shape of weight "${name}"`), dtype };
  });
}

const isText = (spec: GraphWeightSpec): spec is TextSpec => spec.dtype === "string" || spec.dtype === "complex64";

/** Bytes of a group; undefined where texts are among its weights. */
export function groupBytes(specs: readonly GraphWeightSpec[]): number | undefined {
  let sum = 0;
  for (const spec of specs) {
    if (spec.dtype === "string") return undefined;
    sum += isText(spec) ? 8 * elementCount(spec.shape) : storedBytes(spec);
  }
  return sum;
}

/**
 * Adds the weights of one group. Each keeps the manifest's type, for shapes and axes are among them.
 * @param shards what messages call the files that the bytes come from
 */
export function decodeGraphGroup(
  specs: readonly GraphWeightSpec[],
  bytes: Uint8Array,
  { weights, texts }: GraphWeights,
  shards: readonly string[],
): void {
  let offset = 0;
  for (const spec of specs) {
    if (weights.has(spec.name) || texts.has(spec.name)) fail("model-weight-duplicate", { weight: spec.name });
    const length = isText(spec) ? textBytes(spec, bytes, offset) : storedBytes(spec);
    if (offset + length > bytes.length) fail("shard-size", { shards, bytes: offset + length, found: bytes.length });
    if (isText(spec)) texts.add(spec.name);
    else weights.set(spec.name, decoded(spec, bytes.subarray(offset, offset + length)));
    offset += length;
  }
  if (offset !== bytes.length) fail("shard-size", { shards, bytes: offset, found: bytes.length });
}

/** Texts lie one after the other, each behind its length in four bytes. */
function textBytes({ dtype, shape }: TextSpec, bytes: Uint8Array, start: number): number {
  const count = elementCount(shape);
  if (dtype === "complex64") return 8 * count;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = start;
  for (let i = 0; i < count && offset + 4 <= bytes.length; i++) offset += 4 + view.getUint32(offset, true);
  return offset - start;
}

function decoded(spec: WeightSpec, bytes: Uint8Array): Tensor<ValueDType> {
  const { dtype, shape } = spec;
  if (dtype === "bool") return tensor("bool", shape, Uint8Array.from(decodeWeight(spec, bytes)));
  // Read as they are: float32 holds no integers beyond 2^24.
  if (dtype === "int32" && spec.quantization === undefined) {
    return tensor("int32", shape, new Int32Array(Uint8Array.from(bytes).buffer));
  }
  const values = decodeWeight(spec, bytes);
  if (dtype === "int32") return tensor("int32", shape, Int32Array.from(values));
  checkNumbers(spec.name, values);
  return tensor("float32", shape, values);
}

/** Refuses NaN, and infinities but for a single number, which may be a bound (padding of a maximum, a mask). */
function checkNumbers(weight: string, data: Float32Array): void {
  let nan = 0;
  let infinite = 0;
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number;
    if (Number.isNaN(value)) nan++;
    else if (value === Infinity || value === -Infinity) infinite++;
  }
  if (nan > 0 || (infinite > 0 && data.length > 1)) {
    fail("model-weight-not-finite", { weight, nan, infinite, of: data.length });
  }
}
