import { fail } from "../../base/diagnostic.js";
import { elementCount, type Tensor, tensor, tensorFrom } from "../../tensor/tensor.js";
import type { DataFormat } from "./config.js";
import type { LayerContext, LayerSite, Value } from "./layer.js";

/** Small steps that lowerings share. Shapes are without the batch; axes of IR attributes count it as axis 0. */

/** ONNX's TensorProto.DataType, for `to` of Cast. */
export const FLOAT = 1;
export const INT32 = 6;

/** The one input of a layer that takes one. */
export function single(site: LayerSite, inputs: readonly Value[]): Value {
  const [value] = inputs;
  if (value === undefined || inputs.length !== 1) {
    const { name: layer, className } = site;
    return fail("layer-input-count", { layer, className, expected: "one input", found: inputs.length });
  }
  return value;
}

/** Refuses inputs whose sizes do not fit the layer. */
export function badSizes(site: LayerSite, inputs: readonly Value[], problem: string): never {
  const { name: layer, className } = site;
  return fail("layer-sizes", { layer, className, shapes: inputs.map(({ shape }) => shape), problem });
}

/** Refuses a value that has not `rank` dimensions, the batch not counted. */
export function needRank(site: LayerSite, value: Value, rank: number): void {
  if (value.shape.length !== rank) {
    badSizes(site, [value], `it needs ${rank} ${rank === 1 ? "dimension" : "dimensions"} without the batch`);
  }
}

/** The sizes of a value of two dimensions (time, features), or a diagnostic. */
export function pair(site: LayerSite, value: Value): [number, number] {
  needRank(site, value, 2);
  return [value.shape[0] ?? 0, value.shape[1] ?? 0];
}

/** An initializer of int64 values: a shape, axes, pads. Equal lists of one layer share it. */
export function ints(context: LayerContext, values: readonly number[]): string {
  const name = `${context.name}/const/${values.join("_")}`;
  return context.constant(name, () => tensorFrom("int64", [values.length], values));
}

/** A scalar float32 initializer. */
export function scalar(context: LayerContext, value: number): string {
  return context.constant(`${context.name}/const/f${value}`, () => tensorFrom("float32", [], [value]));
}

/** An initializer of a weight, called like the weight, with the data that `make` gives. */
export function weightConstant(context: LayerContext, variable: string, make: () => Tensor): string {
  return context.constant(context.weightName(variable), make);
}

/** `permutation` counts the batch, which stays first: `[0, 3, 1, 2]` takes NHWC to NCHW. */
export function transpose(context: LayerContext, value: Value, permutation: readonly number[]): Value {
  if (permutation.every((axis, i) => axis === i)) return value;
  const shape = permutation.slice(1).map((axis) => value.shape[axis - 1] ?? 0);
  return { ...value, name: context.node("Transpose", [value.name], { perm: permutation }), shape };
}

/** The value with its channels, now last, moved behind the batch: `[batch, channels, ...space]`. */
export function toChannelsFirst(context: LayerContext, value: Value): Value {
  const rank = value.shape.length + 1;
  return transpose(context, value, [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, i) => i + 1)]);
}

/** The way back. */
export function toChannelsLast(context: LayerContext, value: Value): Value {
  const rank = value.shape.length + 1;
  return transpose(context, value, [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1]);
}

/** Runs `body` on the value with channels first, as ONNX wants it, and gives the result in the layer's own format. */
export function inChannelsFirst(
  context: LayerContext,
  value: Value,
  format: DataFormat,
  body: (value: Value) => Value,
): Value {
  if (format === "channelsFirst") return body(value);
  return toChannelsLast(context, body(toChannelsFirst(context, value)));
}

/** Another shape of as many elements for each sample. */
export function reshape(context: LayerContext, value: Value, shape: readonly number[]): Value {
  if (shape.length === value.shape.length && shape.every((size, i) => size === value.shape[i])) return value;
  if (elementCount(shape) !== elementCount(value.shape)) {
    badSizes(context, [value], `[${shape.join(", ")}] has another number of elements`);
  }
  // 0 copies the size of the batch from the input.
  return { ...value, name: context.node("Reshape", [value.name, ints(context, [0, ...shape])]), shape };
}

/** float32 data filled with one value. */
export function filled(shape: readonly number[], value: number): Tensor<"float32"> {
  return tensor("float32", shape, new Float32Array(elementCount(shape)).fill(value));
}
