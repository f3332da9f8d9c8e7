import { reshaped, transposed } from "../../tensor/layout.js";
import { elementCount, tensorFrom } from "../../tensor/tensor.js";
import { divideDims, multiplyDims, showShape } from "../dim.js";
import type { Dim } from "../graph.js";
import {
  type Attributes,
  constantIntegers,
  defineOperator,
  given,
  int,
  integersOf,
  ints,
  normalAxis,
  numberOf,
  optionalNumber,
  optionalNumbers,
} from "./define.js";
import { type KnownInput, type Operator, OperatorError } from "./operator.js";

/**
 * The shape that Reshape gives: 0 copies the input's size at that place (unless allowzero), -1 takes what is left.
 * Works on open sizes wherever the quotient is exact: ["batch", 4, 8] to [-1, 32] is ["batch", 32].
 */
export function reshapedShape(from: readonly Dim[], target: readonly number[], allowZero: boolean): Dim[] {
  const refuse = () => new OperatorError(`${showShape(from)} cannot be reshaped to ${showShape(target)}`);
  const copied = target.map((size, i): Dim => {
    if (size !== 0 || allowZero) return size;
    const dim = from[i];
    if (dim === undefined) throw refuse();
    return dim;
  });
  const open = copied.indexOf(-1);
  if (copied.lastIndexOf(-1) !== open || target.some((size) => size < -1)) throw refuse();
  if (open < 0) {
    if (multiplyDims(copied) !== multiplyDims(from)) throw refuse();
    return copied;
  }
  const rest = divideDims(multiplyDims(from), multiplyDims(copied.filter((_, i) => i !== open)));
  if (rest === undefined) throw refuse();
  return copied.map((dim, i) => (i === open ? rest : dim));
}

const reshape = defineOperator({
  opType: "Reshape",
  inputs: [2, 2],
  attributes: { allowzero: int(0) },
  infer(inputs, attributes) {
    const { type } = given(inputs, 0, "data");
    const target = constantIntegers(given(inputs, 1, "shape"), "shape");
    return [{ dtype: type.dtype, shape: reshapedShape(type.shape, target, numberOf(attributes, "allowzero") !== 0) }];
  },
  evaluate(inputs, attributes) {
    const data = given(inputs, 0, "data");
    const target = integersOf(given(inputs, 1, "shape"));
    const shape = reshapedShape(data.shape, target, numberOf(attributes, "allowzero") !== 0) as number[];
    return [reshaped(data, shape)];
  },
});

/** [product of the sizes before `axis`, product of the rest]. */
const flatten = defineOperator({
  opType: "Flatten",
  attributes: { axis: int(1) },
  infer(inputs, attributes) {
    const { type } = given(inputs, 0, "input");
    const axis = normalAxis(numberOf(attributes, "axis"), type.shape.length, true);
    return [
      { dtype: type.dtype, shape: [multiplyDims(type.shape.slice(0, axis)), multiplyDims(type.shape.slice(axis))] },
    ];
  },
  evaluate(inputs, attributes) {
    const x = given(inputs, 0, "input");
    const axis = normalAxis(numberOf(attributes, "axis"), x.shape.length, true);
    return [reshaped(x, [elementCount(x.shape.slice(0, axis)), elementCount(x.shape.slice(axis))])];
  },
});

/** Axes counted from the front, without repetition. */
export function normalAxes(axes: readonly number[], rank: number): number[] {
  const normal = axes.map((axis) => normalAxis(axis, rank));
  if (new Set(normal).size !== normal.length) throw new OperatorError(`axes ${showShape(axes)} name one axis twice`);
  return normal;
}

function squeezedShape<D extends Dim>(shape: readonly D[], axes: readonly number[] | undefined): D[] {
  if (!axes) return shape.filter((dim) => dim !== 1);
  const dropped = new Set(normalAxes(axes, shape.length));
  for (const axis of dropped) {
    if (shape[axis] !== 1) throw new OperatorError(`axis ${axis} of ${showShape(shape)} is not 1`);
  }
  return shape.filter((_, i) => !dropped.has(i));
}

const optionalAxes = (input: KnownInput | undefined) => input && constantIntegers(input, "axes");

const squeeze = defineOperator({
  opType: "Squeeze",
  inputs: [1, 2],
  infer(inputs) {
    const { type } = given(inputs, 0, "data");
    return [{ dtype: type.dtype, shape: squeezedShape(type.shape, optionalAxes(inputs[1])) }];
  },
  evaluate(inputs) {
    const data = given(inputs, 0, "data");
    return [reshaped(data, squeezedShape(data.shape, inputs[1] && integersOf(inputs[1])))];
  },
});

function unsqueezedShape<D extends Dim>(shape: readonly D[], axes: readonly number[]): (D | 1)[] {
  const rank = shape.length + axes.length;
  const added = new Set(normalAxes(axes, rank));
  const rest = [...shape];
  return Array.from({ length: rank }, (_, i) => (added.has(i) ? 1 : (rest.shift() as D)));
}

const unsqueeze = defineOperator({
  opType: "Unsqueeze",
  inputs: [2, 2],
  infer(inputs) {
    const { type } = given(inputs, 0, "data");
    return [
      { dtype: type.dtype, shape: unsqueezedShape(type.shape, constantIntegers(given(inputs, 1, "axes"), "axes")) },
    ];
  },
  evaluate(inputs) {
    const data = given(inputs, 0, "data");
    return [reshaped(data, unsqueezedShape(data.shape, integersOf(given(inputs, 1, "axes"))))];
  },
});

/** The order of axes; reversed when `perm` is absent. */
function permutationOf(perm: readonly number[] | undefined, rank: number): readonly number[] {
  if (!perm) return Array.from({ length: rank }, (_, i) => rank - 1 - i);
  if (perm.length !== rank || [...perm].sort((a, b) => a - b).some((axis, i) => axis !== i)) {
    throw new OperatorError(`perm ${showShape(perm)} is no permutation of ${rank} axes`);
  }
  return perm;
}

const transpose = defineOperator({
  opType: "Transpose",
  attributes: { perm: ints() },
  infer(inputs, attributes) {
    const { type } = given(inputs, 0, "data");
    const perm = permutationOf(optionalNumbers(attributes, "perm"), type.shape.length);
    return [{ dtype: type.dtype, shape: perm.map((axis) => type.shape[axis] ?? 1) }];
  },
  evaluate(inputs, attributes) {
    const data = given(inputs, 0, "data");
    return [transposed(data, permutationOf(optionalNumbers(attributes, "perm"), data.shape.length))];
  },
});

/** Places of a list from the front, as Shape takes `start` and `end`: negative ones count from the end, all are clamped. */
function shownAxes(attributes: Attributes, rank: number): readonly [start: number, end: number] {
  const place = (index: number) => Math.max(0, Math.min(rank, index < 0 ? index + rank : index));
  const start = place(numberOf(attributes, "start"));
  return [start, Math.max(start, place(optionalNumber(attributes, "end") ?? rank))];
}

/** The sizes of a value from axis `start` to before axis `end`, int64: what is open until run time is a number then. */
const shape = defineOperator({
  opType: "Shape",
  attributes: { start: int(0), end: int() },
  infer(inputs, attributes) {
    const [start, end] = shownAxes(attributes, given(inputs, 0, "data").type.shape.length);
    return [{ dtype: "int64", shape: [end - start] }];
  },
  evaluate(inputs, attributes) {
    const sizes = given(inputs, 0, "data").shape;
    const shown = sizes.slice(...shownAxes(attributes, sizes.length));
    return [tensorFrom("int64", [shown.length], shown)];
  },
});

export const shapeOperators: readonly Operator[] = [reshape, flatten, squeeze, unsqueeze, transpose, shape];
