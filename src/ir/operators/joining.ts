import { elementCount, type Tensor, zeros } from "../../tensor/tensor.js";
import { addDims, showShape } from "../dim.js";
import type { Dim } from "../graph.js";
import {
  type Attributes,
  constantIntegers,
  defineOperator,
  expectDType,
  given,
  int,
  integersOf,
  type KnownInputs,
  normalAxis,
  numberOf,
  optionalNumber,
  required,
} from "./define.js";
import { type Operator, OperatorError } from "./operator.js";

/** The shape of several laid end to end along `axis`; the other sizes must be equal. */
export function concatenatedShape(shapes: readonly (readonly Dim[])[], axis: number): Dim[] {
  const [first = []] = shapes;
  const along = normalAxis(axis, first.length);
  for (const shape of shapes) {
    if (shape.length !== first.length || shape.some((dim, i) => i !== along && dim !== first[i])) {
      throw new OperatorError(`${showShape(first)} and ${showShape(shape)} do not join along axis ${along}`);
    }
  }
  return first.map((dim, i) => (i === along ? shapes.slice(1).reduce((sum, s) => addDims(sum, s[i] ?? 0), dim) : dim));
}

/** Tensors of one dtype laid end to end along `axis`. */
export function concatenated(parts: readonly Tensor[], axis: number): Tensor {
  const first = given(parts, 0, "inputs");
  const shape = concatenatedShape(
    parts.map((part) => part.shape),
    axis,
  ) as number[];
  const along = normalAxis(axis, first.shape.length);
  const outer = elementCount(shape.slice(0, along));
  const result: Tensor = zeros(first.dtype, shape);
  const target = result.data as Float64Array;
  let at = 0;
  for (let o = 0; o < outer; o++) {
    for (const part of parts) {
      const run = part.data.length / outer;
      target.set((part.data as Float64Array).subarray(o * run, (o + 1) * run), at);
      at += run;
    }
  }
  return result;
}

const concat = defineOperator({
  opType: "Concat",
  inputs: [1, Number.POSITIVE_INFINITY],
  attributes: { axis: required(int()) },
  infer(inputs, attributes) {
    const types = inputs.map((_, i) => given(inputs, i, "inputs").type);
    const { dtype } = given(types, 0, "inputs");
    for (const type of types) expectDType(type, [dtype], "input");
    return [
      {
        dtype,
        shape: concatenatedShape(
          types.map((type) => type.shape),
          numberOf(attributes, "axis"),
        ),
      },
    ];
  },
  evaluate: (inputs, attributes) => [
    concatenated(
      inputs.map((_, i) => given(inputs, i, "inputs")),
      numberOf(attributes, "axis"),
    ),
  ],
});

/** Lengths of the pieces: input `split`, or `num_outputs` equal pieces of which the last may be shorter. */
function pieceLengths(length: Dim, split: readonly number[] | undefined, attributes: Attributes): number[] {
  if (typeof length === "string") throw new OperatorError(`the open size ${length} cannot be split`);
  if (split) {
    if (split.some((size) => size < 0) || split.reduce((a, b) => a + b, 0) !== length) {
      throw new OperatorError(`split ${showShape(split)} does not add up to ${length}`);
    }
    return [...split];
  }
  const count = optionalNumber(attributes, "num_outputs");
  if (count === undefined || count < 1) throw new OperatorError("needs the input split or num_outputs >= 1");
  const size = Math.ceil(length / count);
  const last = length - size * (count - 1);
  if (last < 0) throw new OperatorError(`${length} does not divide into ${count} pieces`);
  return Array.from({ length: count }, (_, i) => (i < count - 1 ? size : last));
}

function splitInput(inputs: KnownInputs): number[] | undefined {
  return inputs[1] && constantIntegers(inputs[1], "split");
}

const split = defineOperator({
  opType: "Split",
  inputs: [1, 2],
  outputs: [1, Number.POSITIVE_INFINITY],
  attributes: { axis: int(0), num_outputs: int() },
  infer(inputs, attributes) {
    const { type } = given(inputs, 0, "input");
    const axis = normalAxis(numberOf(attributes, "axis"), type.shape.length);
    return pieceLengths(type.shape[axis] ?? 0, splitInput(inputs), attributes).map((size) => ({
      dtype: type.dtype,
      shape: type.shape.map((dim, i) => (i === axis ? size : dim)),
    }));
  },
  evaluate(inputs, attributes) {
    const x = given(inputs, 0, "input");
    const axis = normalAxis(numberOf(attributes, "axis"), x.shape.length);
    const sizes = pieceLengths(x.shape[axis] ?? 0, inputs[1] && integersOf(inputs[1]), attributes);
    const inner = elementCount(x.shape.slice(axis + 1));
    const row = (x.shape[axis] ?? 0) * inner;
    const outer = elementCount(x.shape.slice(0, axis));
    let start = 0;
    return sizes.map((size) => {
      const piece: Tensor = zeros(
        x.dtype,
        x.shape.map((dim, i) => (i === axis ? size : dim)),
      );
      for (let o = 0; o < outer; o++) {
        const from = o * row + start;
        (piece.data as Float64Array).set(
          (x.data as Float64Array).subarray(from, from + size * inner),
          o * size * inner,
        );
      }
      start += size * inner;
      return piece;
    });
  },
});

export const joining: readonly Operator[] = [concat, split];
