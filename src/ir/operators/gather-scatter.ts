import { pick, stridesOf } from "../../tensor/layout.js";
import { elementCount, type Tensor, tensor } from "../../tensor/tensor.js";
import { showShape } from "../dim.js";
import type { Dim, ValueType } from "../graph.js";
import {
  type Attributes,
  defineOperator,
  expectDType,
  expectSameDim,
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

/** Elements picked and placed by tensors of indices; negative indices count from the end. */

function placeAlong(index: number, length: number): number {
  const place = index < 0 ? index + length : index;
  if (place < 0 || place >= length) throw new OperatorError(`index ${index} lies outside of ${length} elements`);
  return place;
}

/** The last size of indices: how many leading axes one index names. */
function indexDepth(data: readonly Dim[], indices: readonly Dim[], batchDims: number): number {
  const depth = indices.at(-1);
  if (typeof depth !== "number")
    throw new OperatorError(`the last size of indices ${showShape(indices)} must be known`);
  if (
    batchDims < 0 ||
    batchDims >= Math.min(data.length, indices.length) ||
    depth < 1 ||
    batchDims + depth > data.length
  ) {
    throw new OperatorError(
      `indices ${showShape(indices)} do not fit data ${showShape(data)}${batchDims === 0 ? "" : ` after ${batchDims} batch axes`}`,
    );
  }
  for (let i = 0; i < batchDims; i++) expectSameDim(data[i] ?? 1, indices[i] ?? 1, `batch axis ${i}`);
  return depth;
}

/** The offset of the slice that the `depth` integers of `indices` from `at` on name. */
function sliceOffset(
  indices: readonly number[],
  at: number,
  depth: number,
  sizes: readonly number[],
  strides: readonly number[],
): number {
  let offset = 0;
  for (let k = 0; k < depth; k++) offset += placeAlong(indices[at + k] ?? 0, sizes[k] ?? 0) * (strides[k] ?? 0);
  return offset;
}

/** Slices of data that vectors of indices name: output is [...indices without the last axis, ...axes of data not named]. */
const gatherND = defineOperator({
  opType: "GatherND",
  inputs: [2, 2],
  attributes: { batch_dims: int(0) },
  infer(inputs, attributes) {
    const data = given(inputs, 0, "data").type;
    const indices = given(inputs, 1, "indices").type;
    expectDType(indices, ["int64"], "indices");
    const batchDims = numberOf(attributes, "batch_dims");
    const depth = indexDepth(data.shape, indices.shape, batchDims);
    return [{ dtype: data.dtype, shape: [...indices.shape.slice(0, -1), ...data.shape.slice(batchDims + depth)] }];
  },
  evaluate(inputs, attributes) {
    const data = given(inputs, 0, "data");
    const indices = given(inputs, 1, "indices");
    const batchDims = numberOf(attributes, "batch_dims");
    const depth = indexDepth(data.shape, indices.shape, batchDims);
    const [sizes, strides] = [data.shape.slice(batchDims), stridesOf(data.shape).slice(batchDims)];
    const run = elementCount(data.shape.slice(batchDims + depth));
    const batch = elementCount(data.shape.slice(batchDims));
    const rows = elementCount(indices.shape.slice(batchDims, -1));
    const numbers = integersOf(indices);
    const offsets = new Int32Array((numbers.length / depth) * run);
    for (let row = 0; row * depth < numbers.length; row++) {
      const from = Math.floor(row / rows) * batch + sliceOffset(numbers, row * depth, depth, sizes, strides);
      for (let i = 0; i < run; i++) offsets[row * run + i] = from + i;
    }
    return [pick(data, [...indices.shape.slice(0, -1), ...data.shape.slice(batchDims + depth)], offsets)];
  },
});

/** For every place of indices, the offset into data when its coordinate along `axis` is the index. */
function elementOffsets(data: readonly number[], indices: Tensor, axis: number): Int32Array {
  const strides = stridesOf(data);
  const own = stridesOf(indices.shape);
  return Int32Array.from(integersOf(indices), (index, at) => {
    let offset = placeAlong(index, data[axis] ?? 0) * (strides[axis] ?? 0);
    for (const [i, stride] of own.entries()) {
      if (i !== axis) offset += (Math.floor(at / stride) % (indices.shape[i] ?? 1)) * (strides[i] ?? 0);
    }
    return offset;
  });
}

function expectElements(inputs: KnownInputs, attributes: Attributes): { data: ValueType; indices: ValueType } {
  const data = given(inputs, 0, "data").type;
  const indices = given(inputs, 1, "indices").type;
  expectDType(indices, ["int32", "int64"], "indices");
  normalAxis(numberOf(attributes, "axis"), data.shape.length);
  if (indices.shape.length !== data.shape.length) {
    throw new OperatorError(`indices ${showShape(indices.shape)} and data ${showShape(data.shape)} differ in rank`);
  }
  return { data, indices };
}

/** output[i][j] = data[indices[i][j]][j] along axis 0, and so for other axes. */
const gatherElements = defineOperator({
  opType: "GatherElements",
  inputs: [2, 2],
  attributes: { axis: int(0) },
  infer(inputs, attributes) {
    const { data, indices } = expectElements(inputs, attributes);
    return [{ dtype: data.dtype, shape: indices.shape }];
  },
  evaluate(inputs, attributes) {
    const data = given(inputs, 0, "data");
    const indices = given(inputs, 1, "indices");
    const axis = normalAxis(numberOf(attributes, "axis"), data.shape.length);
    return [pick(data, indices.shape, elementOffsets(data.shape, indices, axis))];
  },
});

const reductions = ["none", "add", "mul", "max", "min"] as const;

/** Writes `updates` over a copy of data at the offsets, in order; equal offsets meet by `reduction`. */
function scattered(data: Tensor, updates: Tensor, offsets: Int32Array, reduction: string): Tensor {
  const result = data.data.slice() as Float64Array;
  const from = updates.data as Float64Array;
  for (const [i, offset] of offsets.entries()) {
    const [old, update] = [result[offset] as number, from[i] as number];
    if (reduction === "add") result[offset] = old + update;
    else if (reduction === "mul") result[offset] = old * update;
    else if (reduction === "max") result[offset] = old > update ? old : update;
    else if (reduction === "min") result[offset] = old < update ? old : update;
    else result[offset] = update;
  }
  return tensor(data.dtype, data.shape, result as unknown as Tensor["data"]);
}

/** A copy of data with slices that vectors of indices name replaced by updates, or combined with them. */
const scatterND = defineOperator({
  opType: "ScatterND",
  inputs: [3, 3],
  attributes: { reduction: text("none") },
  infer(inputs, attributes) {
    const data = given(inputs, 0, "data").type;
    const indices = given(inputs, 1, "indices").type;
    const updates = given(inputs, 2, "updates").type;
    expectDType(indices, ["int64"], "indices");
    expectDType(updates, [data.dtype], "updates");
    textOf(attributes, "reduction", reductions);
    const depth = indexDepth(data.shape, indices.shape, 0);
    const wanted = [...indices.shape.slice(0, -1), ...data.shape.slice(depth)];
    if (wanted.length !== updates.shape.length) {
      throw new OperatorError(`updates ${showShape(updates.shape)} must be ${showShape(wanted)}`);
    }
    for (const [i, dim] of wanted.entries()) expectSameDim(dim, updates.shape[i] ?? 1, `axis ${i} of updates`);
    return [data];
  },
  evaluate(inputs, attributes) {
    const data = given(inputs, 0, "data");
    const indices = given(inputs, 1, "indices");
    const depth = indexDepth(data.shape, indices.shape, 0);
    const strides = stridesOf(data.shape);
    const run = elementCount(data.shape.slice(depth));
    const numbers = integersOf(indices);
    const offsets = new Int32Array((numbers.length / depth) * run);
    for (let row = 0; row * depth < numbers.length; row++) {
      const to = sliceOffset(numbers, row * depth, depth, data.shape, strides);
      for (let i = 0; i < run; i++) offsets[row * run + i] = to + i;
    }
    return [scattered(data, given(inputs, 2, "updates"), offsets, textOf(attributes, "reduction", reductions))];
  },
});

/** A copy of data with output[indices[i][j]][j] = updates[i][j] along axis 0, and so for other axes. */
const scatterElements = defineOperator({
  opType: "ScatterElements",
  inputs: [3, 3],
  attributes: { axis: int(0), reduction: text("none") },
  infer(inputs, attributes) {
    const { data, indices } = expectElements(inputs, attributes);
    const updates = given(inputs, 2, "updates").type;
    expectDType(updates, [data.dtype], "updates");
    textOf(attributes, "reduction", reductions);
    if (updates.shape.length !== indices.shape.length) {
      throw new OperatorError(`updates ${showShape(updates.shape)} must be ${showShape(indices.shape)}`);
    }
    for (const [i, dim] of indices.shape.entries()) expectSameDim(dim, updates.shape[i] ?? 1, `axis ${i} of updates`);
    return [data];
  },
  evaluate(inputs, attributes) {
    const data = given(inputs, 0, "data");
    const axis = normalAxis(numberOf(attributes, "axis"), data.shape.length);
    const offsets = elementOffsets(data.shape, given(inputs, 1, "indices"), axis);
    return [scattered(data, given(inputs, 2, "updates"), offsets, textOf(attributes, "reduction", reductions))];
  },
});

export const gatherScatter: readonly Operator[] = [gatherND, gatherElements, scatterND, scatterElements];
