import { broadcastOffsets, copyPicked, pick, stridedOffsets, stridesOf } from "../../tensor/layout.js";
import { elementCount, type Tensor, zeros } from "../../tensor/tensor.js";
import { addDims, broadcastAll, multiplyDims, showShape } from "../dim.js";
import type { Dim } from "../graph.js";
import {
  type Attributes,
  constantIntegers,
  defineOperator,
  expectDType,
  expectScalarShape,
  given,
  int,
  integersOf,
  type KnownInputs,
  normalAxis,
  numberOf,
  text,
  textOf,
} from "./define.js";
import { type Operator, OperatorError } from "./operator.js";
import { normalAxes } from "./shape.js";

/** Operators that only move elements. */

interface SliceOfAxis {
  readonly start: number;
  readonly step: number;
  readonly length: Dim;
}

/** What Slice takes of one axis: ends are exclusive, negative ones count from the end, all are clamped. */
function sliceAxis(dim: Dim, start: number, end: number, step: number): SliceOfAxis {
  if (step === 0) throw new OperatorError("steps must not be 0");
  if (typeof dim === "string") {
    if (start === 0 && step === 1 && end >= 2 ** 31 - 1) return { start, step, length: dim };
    throw new OperatorError(`the open size ${dim} cannot be sliced`);
  }
  const fromFront = (index: number) => (index < 0 ? index + dim : index);
  const clamp = (index: number, low: number, high: number) => Math.max(low, Math.min(high, index));
  const first = step > 0 ? clamp(fromFront(start), 0, dim) : clamp(fromFront(start), 0, dim - 1);
  const last = step > 0 ? clamp(fromFront(end), 0, dim) : clamp(fromFront(end), -1, dim - 1);
  return { start: first, step, length: Math.max(0, Math.ceil((last - first) / step)) };
}

function slices(
  shape: readonly Dim[],
  starts: readonly number[],
  ends: readonly number[],
  axes: readonly number[] = starts.map((_, i) => i),
  steps: readonly number[] = starts.map(() => 1),
): SliceOfAxis[] {
  if (ends.length !== starts.length || axes.length !== starts.length || steps.length !== starts.length) {
    throw new OperatorError("starts, ends, axes and steps must be of equal length");
  }
  const result = shape.map((dim): SliceOfAxis => ({ start: 0, step: 1, length: dim }));
  for (const [i, axis] of normalAxes(axes, shape.length).entries()) {
    result[axis] = sliceAxis(shape[axis] ?? 0, starts[i] ?? 0, ends[i] ?? 0, steps[i] ?? 1);
  }
  return result;
}

const slice = defineOperator({
  opType: "Slice",
  inputs: [3, 5],
  infer(inputs) {
    const { type } = given(inputs, 0, "data");
    const [starts = [], ends = [], axes, steps] = ["starts", "ends", "axes", "steps"].map((name, i) => {
      const input = inputs[i + 1];
      return input && constantIntegers(input, name);
    });
    return [{ dtype: type.dtype, shape: slices(type.shape, starts, ends, axes, steps).map((s) => s.length) }];
  },
  evaluate(inputs) {
    const data = given(inputs, 0, "data");
    const [starts = [], ends = [], axes, steps] = inputs.slice(1).map((input) => input && integersOf(input));
    const taken = slices(data.shape, starts, ends, axes, steps);
    const strides = stridesOf(data.shape);
    const shape = taken.map((s) => s.length as number);
    const start = taken.reduce((sum, s, i) => sum + s.start * (strides[i] ?? 0), 0);
    const moves = taken.map((s, i) => s.step * (strides[i] ?? 0));
    return [pick(data, shape, stridedOffsets(shape, moves, start))];
  },
});

/** Pads at the beginning and end of every axis; negative ones crop. */
function padPairs(rank: number, pads: readonly number[], axes: readonly number[] | undefined): [number, number][] {
  const named = axes ? normalAxes(axes, rank) : Array.from({ length: rank }, (_, i) => i);
  if (pads.length !== 2 * named.length)
    throw new OperatorError(`pads ${showShape(pads)} need two numbers for each axis`);
  const pairs = Array.from({ length: rank }, (): [number, number] => [0, 0]);
  for (const [i, axis] of named.entries()) pairs[axis] = [pads[i] ?? 0, pads[i + named.length] ?? 0];
  return pairs;
}

/** Where position `at` of a padded axis comes from; -1 for the constant. */
function paddedSource(at: number, length: number, mode: string): number {
  if (at >= 0 && at < length) return at;
  if (mode === "constant" || length === 0) return -1;
  if (mode === "edge") return at < 0 ? 0 : length - 1;
  if (mode === "wrap") return ((at % length) + length) % length;
  const period = Math.max(1, 2 * (length - 1));
  const folded = ((at % period) + period) % period;
  return folded < length ? folded : period - folded;
}

const padModes = ["constant", "edge", "reflect", "wrap"] as const;

const pad = defineOperator({
  opType: "Pad",
  inputs: [2, 4],
  attributes: { mode: text("constant") },
  infer(inputs, attributes) {
    const { type } = given(inputs, 0, "data");
    textOf(attributes, "mode", padModes);
    const value = inputs[2]?.type;
    if (value) {
      expectDType(value, [type.dtype], "constant_value");
      expectScalarShape(value, "constant_value");
    }
    const axes = inputs[3] && constantIntegers(inputs[3], "axes");
    const pairs = padPairs(type.shape.length, constantIntegers(given(inputs, 1, "pads"), "pads"), axes);
    const shape = type.shape.map((dim, i) => {
      const [before, after] = pairs[i] ?? [0, 0];
      const size = before + after === 0 ? dim : addDims(dim, before + after);
      if (typeof size === "number" && size < 0) throw new OperatorError(`pads crop more than axis ${i} has`);
      return size;
    });
    return [{ dtype: type.dtype, shape }];
  },
  evaluate(inputs, attributes) {
    const data = given(inputs, 0, "data");
    const pairs = padPairs(data.shape.length, integersOf(given(inputs, 1, "pads")), inputs[3] && integersOf(inputs[3]));
    return [padded(data, pairs, textOf(attributes, "mode", padModes), inputs[2])];
  },
});

function padded(data: Tensor, pairs: readonly [number, number][], mode: string, value: Tensor | undefined): Tensor {
  const shape = data.shape.map((size, i) => size + (pairs[i]?.[0] ?? 0) + (pairs[i]?.[1] ?? 0));
  const result: Tensor = zeros(data.dtype, shape);
  if (value) (result.data as Float64Array).fill(value.data[0] as number);
  const strides = stridesOf(data.shape);
  let offsets = Int32Array.of(0);
  for (const [axis, size] of shape.entries()) {
    const sources = Array.from({ length: size }, (_, at) =>
      paddedSource(at - (pairs[axis]?.[0] ?? 0), data.shape[axis] ?? 0, mode),
    );
    const next = new Int32Array(offsets.length * size);
    for (let i = 0; i < next.length; i++) {
      const before = offsets[Math.floor(i / size)] as number;
      const source = sources[i % size] as number;
      next[i] = before < 0 || source < 0 ? -1 : before + source * (strides[axis] ?? 0);
    }
    offsets = next;
  }
  copyPicked(data.data, result.data, offsets);
  return result;
}

/** data[..., indices, ...] along `axis`; negative indices count from the end. */
const gather = defineOperator({
  opType: "Gather",
  inputs: [2, 2],
  attributes: { axis: int(0) },
  infer(inputs, attributes) {
    const data = given(inputs, 0, "data").type;
    const indices = given(inputs, 1, "indices").type;
    expectDType(indices, ["int32", "int64"], "indices");
    const axis = normalAxis(numberOf(attributes, "axis"), data.shape.length);
    return [
      { dtype: data.dtype, shape: [...data.shape.slice(0, axis), ...indices.shape, ...data.shape.slice(axis + 1)] },
    ];
  },
  evaluate(inputs, attributes) {
    const data = given(inputs, 0, "data");
    const indices = given(inputs, 1, "indices");
    return [gathered(data, integersOf(indices), indices.shape, attributes)];
  },
});

function gathered(
  data: Tensor,
  indices: readonly number[],
  indexShape: readonly number[],
  attributes: Attributes,
): Tensor {
  const axis = normalAxis(numberOf(attributes, "axis"), data.shape.length);
  const length = data.shape[axis] ?? 0;
  const inner = elementCount(data.shape.slice(axis + 1));
  const outer = elementCount(data.shape.slice(0, axis));
  const offsets = new Int32Array(outer * indices.length * inner);
  let at = 0;
  for (let o = 0; o < outer; o++) {
    for (const index of indices) {
      const row = index < 0 ? index + length : index;
      if (row < 0 || row >= length) throw new OperatorError(`index ${index} lies outside of ${length} elements`);
      for (let i = 0; i < inner; i++) offsets[at++] = (o * length + row) * inner + i;
    }
  }
  return pick(data, [...data.shape.slice(0, axis), ...indexShape, ...data.shape.slice(axis + 1)], offsets);
}

/** Broadcasts to a shape, in both directions: a target size of 1 keeps the input's. */
const expand = defineOperator({
  opType: "Expand",
  inputs: [2, 2],
  infer(inputs) {
    const { type } = given(inputs, 0, "input");
    return [
      { dtype: type.dtype, shape: expandedShape(type.shape, constantIntegers(given(inputs, 1, "shape"), "shape")) },
    ];
  },
  evaluate(inputs) {
    const x = given(inputs, 0, "input");
    const shape = expandedShape(x.shape, integersOf(given(inputs, 1, "shape"))) as number[];
    return [pick(x, shape, broadcastOffsets(x.shape, shape))];
  },
});

function expandedShape(from: readonly Dim[], target: readonly number[]): Dim[] {
  const shape = broadcastAll([from, target]);
  if (!shape) throw new OperatorError(`${showShape(from)} does not expand to ${showShape(target)}`);
  return shape;
}

const tile = defineOperator({
  opType: "Tile",
  inputs: [2, 2],
  infer(inputs) {
    const { type } = given(inputs, 0, "input");
    return [{ dtype: type.dtype, shape: tiledShape(type.shape, repeatsOf(inputs)) }];
  },
  evaluate(inputs) {
    const x = given(inputs, 0, "input");
    const shape = tiledShape(x.shape, integersOf(given(inputs, 1, "repeats"))) as number[];
    const strides = stridesOf(x.shape);
    let offsets = Int32Array.of(0);
    for (const [axis, size] of shape.entries()) {
      const length = x.shape[axis] ?? 1;
      const before = offsets;
      offsets = Int32Array.from(
        { length: before.length * size },
        (_, i) => (before[Math.floor(i / size)] as number) + ((i % size) % length) * (strides[axis] ?? 0),
      );
    }
    return [pick(x, shape, offsets)];
  },
});

const repeatsOf = (inputs: KnownInputs) => constantIntegers(given(inputs, 1, "repeats"), "repeats");

function tiledShape(shape: readonly Dim[], repeats: readonly number[]): Dim[] {
  if (repeats.length !== shape.length || repeats.some((count) => count < 0)) {
    throw new OperatorError(`repeats ${showShape(repeats)} do not fit ${showShape(shape)}`);
  }
  return shape.map((dim, i) => multiplyDims([dim, repeats[i] ?? 1]));
}

export const indexing: readonly Operator[] = [slice, pad, gather, expand, tile];
