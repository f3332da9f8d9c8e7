import { pick, stridesOf } from "../../tensor/layout.js";
import { elementCount, type Tensor, tensor, zeros } from "../../tensor/tensor.js";
import type { Dim } from "../graph.js";
import {
  constantIntegers,
  defineOperator,
  expectDType,
  expectRank,
  expectSameDim,
  expectScalarShape,
  expectShape,
  given,
  int,
  integersOf,
  type KnownInputs,
  normalAxis,
  numberOf,
} from "./define.js";
import { type Operator, OperatorError } from "./operator.js";

/** Operators that choose elements by their order, their place or a mask of places. */

function topShape(shape: readonly Dim[], axis: number, count: number): Dim[] {
  const length = shape[axis] ?? 0;
  if (count < 0 || (typeof length === "number" && count > length)) {
    throw new OperatorError(`the ${count} largest of ${length} elements do not exist`);
  }
  return shape.map((dim, i) => (i === axis ? count : dim));
}

/**
 * The K largest (or smallest) elements along an axis, in order, and their int64 places; of equal ones the first comes
 * first. Without `sorted` ONNX leaves the order open; it is the same here.
 */
const topK = defineOperator({
  opType: "TopK",
  inputs: [2, 2],
  outputs: [1, 2],
  attributes: { axis: int(-1), largest: int(1), sorted: int(1) },
  infer(inputs, attributes) {
    const { type } = given(inputs, 0, "X");
    expectDType(type, ["float32", "int32", "int64"], "X");
    const [count = 0] = constantIntegers(given(inputs, 1, "K"), "K");
    const shape = topShape(type.shape, normalAxis(numberOf(attributes, "axis"), type.shape.length), count);
    return [
      { dtype: type.dtype, shape },
      { dtype: "int64", shape },
    ];
  },
  evaluate(inputs, attributes) {
    const x = given(inputs, 0, "X");
    const axis = normalAxis(numberOf(attributes, "axis"), x.shape.length);
    const [count = 0] = integersOf(given(inputs, 1, "K"));
    const shape = topShape(x.shape, axis, count) as number[];
    const { offsets, places } = topPlaces(x, axis, count, numberOf(attributes, "largest") !== 0);
    return [pick(x, shape, offsets), tensor("int64", shape, places)];
  },
});

function topPlaces(x: Tensor, axis: number, count: number, largest: boolean) {
  const length = x.shape[axis] ?? 0;
  const inner = elementCount(x.shape.slice(axis + 1));
  const outer = elementCount(x.shape.slice(0, axis));
  const values = x.data as Float64Array;
  const offsets = new Int32Array(outer * count * inner);
  const places = new BigInt64Array(offsets.length);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const at = (place: number) => (o * length + place) * inner + i;
      const value = (place: number) => values[at(place)] as number;
      const order = Array.from({ length }, (_, place) => place).sort((a, b) => {
        const [first, second] = largest ? [value(b), value(a)] : [value(a), value(b)];
        return first < second ? -1 : first > second ? 1 : a - b;
      });
      for (let k = 0; k < count; k++) {
        const to = (o * count + k) * inner + i;
        offsets[to] = at(order[k] ?? 0);
        places[to] = BigInt(order[k] ?? 0);
      }
    }
  }
  return { offsets, places };
}

function oneHotShape(indices: readonly Dim[], depth: number, axis: number): Dim[] {
  if (!(depth >= 1)) throw new OperatorError(`depth ${depth} is not a count`);
  return [...indices.slice(0, axis), depth, ...indices.slice(axis)];
}

/** A new axis of `depth` elements: values[1] at the index, values[0] elsewhere. Indices outside -depth..depth-1 give none. */
const oneHot = defineOperator({
  opType: "OneHot",
  inputs: [3, 3],
  attributes: { axis: int(-1) },
  infer(inputs, attributes) {
    const indices = given(inputs, 0, "indices").type;
    const depth = given(inputs, 1, "depth");
    const values = given(inputs, 2, "values").type;
    expectDType(indices, ["int32", "int64", "float32"], "indices");
    expectShape(values, [2], "values");
    expectScalarShape(depth.type, "depth");
    if (!depth.constant) throw new OperatorError("depth must be an initializer, so that the output's type is known");
    const axis = normalAxis(numberOf(attributes, "axis"), indices.shape.length + 1);
    return [{ dtype: values.dtype, shape: oneHotShape(indices.shape, Number(depth.constant.data[0]), axis) }];
  },
  evaluate(inputs, attributes) {
    const indices = given(inputs, 0, "indices");
    const values = given(inputs, 2, "values");
    const depth = Number(given(inputs, 1, "depth").data[0]);
    const axis = normalAxis(numberOf(attributes, "axis"), indices.shape.length + 1);
    const inner = elementCount(indices.shape.slice(axis));
    const choice = new Int32Array(indices.data.length * depth);
    for (const [i, index] of integersOf(indices).entries()) {
      const place = index < 0 ? index + depth : index;
      if (place < 0 || place >= depth) continue;
      choice[(Math.floor(i / inner) * depth + Math.trunc(place)) * inner + (i % inner)] = 1;
    }
    return [pick(values, oneHotShape(indices.shape, depth, axis) as number[], choice)];
  },
});

function diagonalOf(inputs: KnownInputs): void {
  const k = inputs[1];
  if (!k) return;
  expectDType(k.type, ["int64"], "k");
  expectScalarShape(k.type, "k");
}

/** The upper (or lower) triangle of the last two axes from the k-th diagonal on; zeros elsewhere. */
const trilu = defineOperator({
  opType: "Trilu",
  inputs: [1, 2],
  attributes: { upper: int(1) },
  infer(inputs) {
    const { type } = given(inputs, 0, "input");
    expectRank(type, 2, "input", Number.POSITIVE_INFINITY);
    diagonalOf(inputs);
    return [type];
  },
  evaluate(inputs, attributes) {
    const x = given(inputs, 0, "input");
    const k = Number(inputs[1]?.data[0] ?? 0);
    const [rows = 0, columns = 0] = x.shape.slice(-2);
    const upper = numberOf(attributes, "upper") !== 0;
    const result: Tensor = zeros(x.dtype, x.shape);
    const [from, to] = [x.data, result.data] as unknown as [Float64Array, Float64Array];
    for (let i = 0; i < from.length; i++) {
      const distance = (i % columns) - (Math.floor(i / columns) % rows);
      if (upper ? distance >= k : distance <= k) to[i] = from[i] as number;
    }
    return [result];
  },
});

/** The first sequence_lens[b] steps of each sequence backwards, the rest as they are. */
const reverseSequence = defineOperator({
  opType: "ReverseSequence",
  inputs: [2, 2],
  attributes: { batch_axis: int(1), time_axis: int(0) },
  infer(inputs, attributes) {
    const { type } = given(inputs, 0, "input");
    const lengths = given(inputs, 1, "sequence_lens").type;
    const [batch, time] = [numberOf(attributes, "batch_axis"), numberOf(attributes, "time_axis")];
    if (batch + time !== 1 || batch * time !== 0) throw new OperatorError("batch_axis and time_axis must be 0 and 1");
    expectRank(type, 2, "input", Number.POSITIVE_INFINITY);
    expectDType(lengths, ["int64"], "sequence_lens");
    expectRank(lengths, 1, "sequence_lens");
    expectSameDim(lengths.shape[0] ?? 1, type.shape[batch] ?? 1, "sequence_lens and the batch axis");
    return [type];
  },
  evaluate(inputs, attributes) {
    const x = given(inputs, 0, "input");
    const lengths = integersOf(given(inputs, 1, "sequence_lens"));
    const [batch, time] = [numberOf(attributes, "batch_axis"), numberOf(attributes, "time_axis")];
    const strides = stridesOf(x.shape);
    const steps = x.shape[time] ?? 0;
    const offsets = Int32Array.from({ length: x.data.length }, (_, i) => {
      const step = Math.floor(i / (strides[time] ?? 1)) % steps;
      const length = lengths[Math.floor(i / (strides[batch] ?? 1)) % (x.shape[batch] ?? 1)] ?? 0;
      if (length < 0 || length > steps) throw new OperatorError(`${length} of ${steps} steps do not exist`);
      return step < length ? i + (length - 1 - 2 * step) * (strides[time] ?? 1) : i;
    });
    return [pick(x, x.shape, offsets)];
  },
});

export const selections: readonly Operator[] = [topK, oneHot, trilu, reverseSequence];
