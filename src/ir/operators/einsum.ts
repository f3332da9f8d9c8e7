import { stridedOffsets, stridesOf } from "../../tensor/layout.js";
import { elementCount, type Tensor, tensor } from "../../tensor/tensor.js";
import { broadcastDim, showShape } from "../dim.js";
import type { Dim } from "../graph.js";
import { defineOperator, expectDType, float32Of, given, required, text, textOf } from "./define.js";
import { type EinsumEquation, parseEquation } from "./einsum-equation.js";
import { OperatorError } from "./operator.js";

/** The size of every axis of an equation; sizes of 1 broadcast under an ellipsis alone. */
export function einsumSizes(equation: EinsumEquation, shapes: readonly (readonly Dim[])[]): ReadonlyMap<string, Dim> {
  const sizes = new Map<string, Dim>();
  for (const [i, axes] of equation.operands.entries()) {
    for (const [at, axis] of axes.entries()) {
      const dim = shapes[i]?.[at] ?? 1;
      const known = sizes.get(axis);
      const common = known === undefined ? dim : broadcastDim(known, dim);
      const fits = axis.startsWith(".") || known === undefined || known === dim || typeof known !== typeof dim;
      if (common === undefined || !fits) {
        throw new OperatorError(`axis "${axis}" is ${known} and ${dim} in ${shapes.map(showShape).join(" and ")}`);
      }
      sizes.set(axis, common);
    }
  }
  return sizes;
}

/**
 * Products of elements of all operands, summed over the axes that the output does not name. A letter twice in one
 * operand takes its diagonal. In float64, rounded to float32 at the store.
 */
export const einsum = defineOperator({
  opType: "Einsum",
  inputs: [1, Number.POSITIVE_INFINITY],
  attributes: { equation: required(text()) },
  infer(inputs, attributes) {
    const types = inputs.map((_, i) => given(inputs, i, "Inputs").type);
    for (const type of types) expectDType(type, ["float32"], "Inputs");
    const shapes = types.map((type) => type.shape);
    const equation = parseEquation(
      textOf(attributes, "equation"),
      shapes.map((shape) => shape.length),
    );
    const sizes = einsumSizes(equation, shapes);
    return [{ dtype: "float32", shape: equation.output.map((axis) => sizes.get(axis) ?? 1) }];
  },
  evaluate(inputs, attributes) {
    const tensors = inputs.map((_, i) => given(inputs, i, "Inputs"));
    const shapes = tensors.map((t) => t.shape);
    const equation = parseEquation(
      textOf(attributes, "equation"),
      shapes.map((shape) => shape.length),
    );
    return [contracted(equation, tensors, einsumSizes(equation, shapes) as ReadonlyMap<string, number>)];
  },
});

function contracted(equation: EinsumEquation, tensors: readonly Tensor[], sizes: ReadonlyMap<string, number>): Tensor {
  const summed = [...sizes.keys()].filter((axis) => !equation.output.includes(axis));
  const sizesOf = (axes: readonly string[]) => axes.map((axis) => sizes.get(axis) ?? 1);
  const shape = sizesOf(equation.output);
  const inner = sizesOf(summed);
  const parts = tensors.map((t, i) => {
    const moves = axisMoves(equation.operands[i] ?? [], t.shape);
    const along = (axes: readonly string[]) => axes.map((axis) => moves.get(axis) ?? 0);
    return {
      data: float32Of(t),
      outer: stridedOffsets(shape, along(equation.output)),
      inner: stridedOffsets(inner, along(summed)),
    };
  });
  const terms = elementCount(inner);
  const y = Float32Array.from({ length: elementCount(shape) }, (_, o) => {
    let sum = 0;
    for (let k = 0; k < terms; k++) {
      let product = 1;
      for (const part of parts) product *= part.data[(part.outer[o] as number) + (part.inner[k] as number)] as number;
      sum += product;
    }
    return sum;
  });
  return tensor("float32", shape, y);
}

/** How far a step along each axis moves in the data; 0 where a size of 1 is repeated. */
function axisMoves(axes: readonly string[], shape: readonly number[]): Map<string, number> {
  const strides = stridesOf(shape);
  const moves = new Map<string, number>();
  for (const [i, axis] of axes.entries()) {
    if (shape[i] !== 1) moves.set(axis, (moves.get(axis) ?? 0) + (strides[i] ?? 0));
  }
  return moves;
}
