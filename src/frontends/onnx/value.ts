import type { Dim, ValueType } from "../../ir/graph.js";
import { typeOfTensor } from "../../ir/infer.js";
import { type Tensor, tensor, tensorFrom } from "../../tensor/tensor.js";

/** A value while a graph is lowered: a node's output, or something that is known before the model runs. */
export interface Value {
  readonly type: ValueType;
  /** What it is, or would be called in the graph. */
  readonly name: string;
  /** Contents, where they do not depend on the input. */
  readonly constant?: Tensor;
  /** Integer contents of which some are open sizes: what Shape gives. Row-major, as many as the shape has. */
  readonly dims?: readonly Dim[];
  /** The one number that every element is, where the shape has open sizes (ConstantOfShape of an open batch). */
  readonly fill?: number;
  /** Contents that depend on nothing but the size of the batch. */
  readonly batched?: Batched;
}

/** One sample, of size 1 along the batch's axis, that is the same for all; or all contents for each of {@link BATCHES}. */
export type Batched =
  | { readonly kind: "same"; readonly sample: Tensor; readonly axis: number }
  | { readonly kind: "each"; readonly contents: readonly Tensor[] };

/** Sizes of the batch that stand for all: what holds for both is taken to hold for every one. */
export const BATCHES: readonly number[] = [2, 3];

/** A value that is known. */
export function constantValue(name: string, contents: Tensor): Value {
  return { name, type: typeOfTensor(contents), constant: contents };
}

/** Integers of which some may be open sizes; a plain constant when none is. */
export function dimsValue(
  name: string,
  shape: readonly number[],
  dims: readonly Dim[],
  dtype: "int64" | "int32" = "int64",
): Value {
  if (dims.every((dim) => typeof dim === "number")) {
    return constantValue(name, dtype === "int64" ? int64(shape, dims) : tensorFrom("int32", shape, dims));
  }
  return { name, type: { dtype, shape }, dims };
}

/** The integers of a value, open sizes included; undefined where they are not known. */
export function knownDims(value: Value | undefined): readonly Dim[] | undefined {
  if (value?.dims) return value.dims;
  const contents = value?.constant;
  if (contents?.dtype !== "int64" && contents?.dtype !== "int32") return undefined;
  return Array.from(contents.data as ArrayLike<number | bigint>, Number);
}

const LARGEST = 2n ** 63n - 1n;

/** An int64 tensor; what float64 has rounded beyond 64 bits (the end of a Slice to the end) is cut to them. */
export function int64(shape: readonly number[], values: readonly number[]): Tensor<"int64"> {
  const cut = (value: bigint) => (value > LARGEST ? LARGEST : value < -LARGEST ? -LARGEST : value);
  return tensor(
    "int64",
    shape,
    BigInt64Array.from(values, (value) => cut(BigInt(Math.trunc(value)))),
  );
}

/** A list of integers as the operand that newer opsets have in place of an attribute. */
export function integers(name: string, values: readonly number[]): Value {
  return constantValue(name, int64([values.length], values));
}

/** A scalar float32. */
export function scalar(name: string, value: number): Value {
  return constantValue(name, tensor("float32", [], Float32Array.of(value)));
}
