import { fail } from "../../base/diagnostic.js";
import { divideDims, multiplyDims, showShape } from "../../ir/dim.js";
import type { Dim } from "../../ir/graph.js";
import { type Tensor, tensor, tensorFrom } from "../../tensor/tensor.js";
import { badAttribute, textAttribute } from "./attributes.js";
import type { OpContext, TensorValue, ValueDType } from "./definition.js";
import { NotStatic } from "./not-static.js";

/** Small steps that lowerings share. Axes count the batch, which is an axis like any other here. */

/** ONNX's TensorProto.DataType, for `to` of Cast. */
const CODES = { float32: 1, int32: 6, bool: 9 } as const;

/** Refuses a node for good: `reason` completes "cannot be lowered: ...". */
export function refuse({ node }: OpContext, reason: string): never {
  return fail("graph-op-unsupported", { node: node.name, op: node.op, reason });
}

/** Refuses a node whose inputs do not fit it: the model is damaged, or its input shape is not one it works with. */
export function badInputs({ node }: OpContext, inputs: readonly TensorValue[], problem: string): never {
  const shapes = inputs.map(({ shape }) => showShape(shape));
  return fail("graph-op-inputs", { node: node.name, op: node.op, shapes, problem });
}

/** The input at `index`; a diagnostic where the node has too few. */
export function operand(context: OpContext, inputs: readonly TensorValue[], index: number): TensorValue {
  const value = inputs[index];
  return value ?? badInputs(context, inputs, `input ${index + 1} is missing`);
}

/** An int64 vector, as ONNX wants shapes, axes and pads. */
export function ints(values: readonly number[]): Tensor<"int64"> {
  return tensorFrom("int64", [values.length], values);
}

/** A float32 scalar. */
export function scalar(value: number): Tensor<"float32"> {
  return tensorFrom("float32", [], [value]);
}

/** A constant of the model, which is not in the graph until a node reads it. */
export function known(constant: Tensor<ValueDType>, label?: string): TensorValue {
  return { dtype: constant.dtype, shape: constant.shape, constant, ...(label === undefined ? {} : { label }) };
}

/** An int32 vector of sizes, some of which may be open. */
export function knownDims(dims: readonly Dim[], shape: readonly number[] = [dims.length]): TensorValue {
  if (dims.every((dim) => typeof dim === "number")) return known(tensor("int32", shape, Int32Array.from(dims)));
  return { dtype: "int32", shape, dims };
}

/** The elements of a small integer value, open sizes among them; undefined where they are not known. */
export function maybeDims(value: TensorValue): readonly Dim[] | undefined {
  if (value.dims !== undefined) return value.dims;
  return value.constant === undefined
    ? undefined
    : Array.from(value.constant.data as ArrayLike<number | bigint>, Number);
}

/** The elements of a small integer value, open sizes among them. @throws {NotStatic} where they are not known */
export function dimsOf(value: TensorValue, what: string): readonly Dim[] {
  const dims = maybeDims(value);
  if (dims === undefined) throw new NotStatic(`${what} depends on the values of the inputs`);
  return dims;
}

/** The elements of a value as numbers. @throws {NotStatic} where they are not known */
export function numbersOf(value: TensorValue, what: string): number[] {
  return dimsOf(value, what).map((dim) => {
    if (typeof dim !== "number") throw new NotStatic(`${what} depends on the batch`);
    return dim;
  });
}

/** The one number of a value. @throws {NotStatic} where it is not known */
export function numberOf(context: OpContext, value: TensorValue, what: string): number {
  const [number, ...more] = numbersOf(value, what);
  if (number === undefined || more.length > 0) badInputs(context, [value], `${what} must be one number`);
  return number;
}

/** The sizes of a value. @throws {NotStatic} where one is open */
export function sizesOf(value: TensorValue, what: string): number[] {
  return value.shape.map((size) => {
    if (typeof size !== "number") throw new NotStatic(`${what} depends on the batch`);
    return size;
  });
}

/** An axis counted from the front. */
export function axisOf(context: OpContext, axis: number, rank: number): number {
  const normal = axis < 0 ? axis + rank : axis;
  const legal = Number.isInteger(axis) && normal >= 0 && normal < rank;
  return legal ? normal : badInputs(context, [], `axis ${axis} does not exist at rank ${rank}`);
}

/** Refuses a value that has not `rank` dimensions. */
export function needRank(context: OpContext, value: TensorValue, rank: number): void {
  if (value.shape.length !== rank) badInputs(context, [value], `it needs ${rank} dimensions`);
}

/** `permutation[i]` is the axis of the input that becomes axis i. */
export function transpose(context: OpContext, value: TensorValue, permutation: readonly number[]): TensorValue {
  if (permutation.every((axis, i) => axis === i)) return value;
  return context.emit("Transpose", [value], { perm: permutation });
}

/** Where the channels of a value lie: behind the batch, or last. */
export type DataFormat = "channelsFirst" | "channelsLast";

/** The attribute `data_format`: NHWC and NDHWC, or NCHW and NCDHW. */
export function dataFormatOf({ node }: OpContext): DataFormat {
  const format = textAttribute(node, "data_format", "NHWC");
  if (format === "NHWC" || format === "NDHWC" || format === "NWC") return "channelsLast";
  if (format === "NCHW" || format === "NCDHW" || format === "NCW") return "channelsFirst";
  return badAttribute(node, "data_format", "NHWC or NCHW", format);
}

/** The value with its last axis moved behind the batch. */
export function toChannelsFirst(context: OpContext, value: TensorValue): TensorValue {
  const rank = value.shape.length;
  return transpose(context, value, [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, i) => i + 1)]);
}

/** The way back. */
export function toChannelsLast(context: OpContext, value: TensorValue): TensorValue {
  const rank = value.shape.length;
  return transpose(context, value, [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1]);
}

/** Runs `body` on the value with channels first, as ONNX wants it, and gives the result in the node's own format. */
export function inChannelsFirst(
  context: OpContext,
  value: TensorValue,
  format: DataFormat,
  body: (value: TensorValue) => TensorValue,
): TensorValue {
  if (format === "channelsFirst") return body(value);
  return toChannelsLast(context, body(toChannelsFirst(context, value)));
}

/**
 * The value in another shape of as many elements, at most one size of which is open or -1.
 * A model that fixes the batch at 1 reshapes to [1, ...]; where the batch is left open that 1 stands for it.
 */
export function reshape(context: OpContext, value: TensorValue, target: readonly Dim[]): TensorValue {
  const from = value.shape;
  if (target.length === from.length && target.every((size, i) => size === from[i])) return value;
  const shape = withBatch(from, target);
  const sizes = shape.map((size, i) => (typeof size === "number" ? size : size === from[i] ? 0 : -1));
  if (sizes.filter((size) => size === -1).length > 1) throw new NotStatic("the shape it makes depends on the batch");
  // A size that is 0 copies here; there are no empty tensors in what is lowered.
  if (shape.includes(0)) return badInputs(context, [value], `${showShape(shape)} is empty`);
  return context.emit("Reshape", [value, ints(sizes)]);
}

/** The target with the open batch in the place of a leading 1, where only that gives the right number of elements. */
function withBatch(from: readonly Dim[], target: readonly Dim[]): readonly Dim[] {
  const all = multiplyDims(from);
  if (typeof all === "number" || target.includes(-1)) return target;
  const product = multiplyDims(target);
  if (product === all || typeof product !== "number" || target[0] !== 1) return target;
  const batch = divideDims(all, product);
  return batch === undefined || batch !== from[0] ? target : [batch, ...target.slice(1)];
}

/** The value as another type of elements. */
export function cast(context: OpContext, value: TensorValue, dtype: ValueDType): TensorValue {
  if (value.dtype === dtype) return value;
  // Sizes that are open stay known when they pass through other integers; as floats they are not followed.
  if (value.dims !== undefined && value.constant === undefined)
    throw new NotStatic("a size that depends on the batch is computed with");
  return context.emit("Cast", [value], { to: CODES[dtype] });
}
