import type { Dim, Node } from "../../../ir/graph.js";
import { completeAttributes } from "../../../ir/infer.js";
import { operatorOf } from "../../../ir/operators/registry.js";
import { inverseOf, reshaped, transposed } from "../../../tensor/layout.js";
import { type Tensor, tensorFrom } from "../../../tensor/tensor.js";
import { identityOf, keepsOrder, type Permutation, permuted, withoutAxes } from "./permutation.js";
import { integersOf } from "./rewrite.js";

/**
 * How operators act on a transposed input. With x = Transpose(x', perm), a rule turns `y = op(x)` into
 * `y = Transpose(op'(x'), outPerm)`: it says op's inputs and attributes in x' terms, and outPerm.
 */
export interface Moving {
  readonly node: Node;
  /** The common permutation of the inputs that are transposed. */
  readonly perm: Permutation;
  /** For each input: the value before its Transpose; undefined when the input is not transposed. */
  readonly sources: readonly (string | undefined)[];
  /** Shape of an input as the node sees it. */
  shapeOf(input: number): readonly Dim[];
  constant(input: number): Tensor | undefined;
  /** Stores a constant that takes the place of input `input`; returns its name. */
  store(input: number, value: Tensor): string;
  /**
   * Adds a Transpose of an input that is not transposed and returns the value's name. Undefined when nothing would be won,
   * because the transposed inputs are themselves of the kind whose Transpose moves no data.
   */
  transpose(input: number, perm: Permutation): string | undefined;
}

export interface Moved {
  readonly inputs: readonly string[];
  readonly attributes?: Node["attributes"];
  /** Permutation of every output of the node. */
  readonly outPerm: Permutation;
}

/** Undefined when the operator cannot take the input as it is. */
export type Rule = (moving: Moving) => Moved | undefined;

/** y = f(x) element by element; further inputs are scalars. */
const elementwise: Rule = ({ node, perm, sources }) => ({
  inputs: node.inputs.map((name, i) => sources[i] ?? name),
  outPerm: perm,
});

/** y = f(x, z, ...) with broadcasting: constants change their layout, small values are transposed where that moves no data. */
const broadcasting: Rule = (moving) => {
  const { node, perm, sources } = moving;
  const inputs: string[] = [];
  for (const i of node.inputs.keys()) {
    const name = sources[i] ?? operand(moving, i);
    if (name === undefined) return undefined;
    inputs.push(name);
  }
  // Where an operand has more dimensions than the transposed one, the permutation would have to grow.
  const fits = node.inputs.every((_, i) => moving.shapeOf(i).length <= perm.length);
  return fits ? { inputs, outPerm: perm } : undefined;
};

/** The name under which a not transposed operand can be read in the layout before the Transpose. */
function operand(moving: Moving, input: number): string | undefined {
  const { node, perm } = moving;
  const back = inverseOf(perm);
  const shape = moving.shapeOf(input);
  if (shape.length > perm.length) return undefined;
  if (shape.every((size) => size === 1)) return node.inputs[input];
  const constant = moving.constant(input);
  if (constant) {
    const full = [...new Array<number>(perm.length - shape.length).fill(1), ...constant.shape];
    return moving.store(input, transposed(reshaped(constant, full), back));
  }
  return shape.length === perm.length && keepsOrder(shape, back) ? moving.transpose(input, back) : undefined;
}

/** One axis, as an attribute: Softmax, Concat, Split, ArgMax with keepdims. */
const alongAxis: Rule = (moving) => {
  const { node, perm } = moving;
  const axis = axisOf(node, perm.length);
  const mapped = perm[axis];
  const base = node.opType === "Concat" ? joined(moving) : elementwise(moving);
  if (!base || mapped === undefined) return undefined;
  return { ...base, attributes: { ...node.attributes, axis: mapped } };
};

/** Inputs of a Concat: every one transposed, or a constant of full rank. */
function joined(moving: Moving): Moved | undefined {
  const { node, perm, sources } = moving;
  const inputs: string[] = [];
  for (const i of node.inputs.keys()) {
    const constant = moving.constant(i);
    const name = sources[i] ?? (constant && moving.store(i, transposed(constant, inverseOf(perm))));
    if (name === undefined) return undefined;
    inputs.push(name);
  }
  return { inputs, outPerm: perm };
}

const argMax: Rule = (moving) => {
  const { node, perm } = moving;
  const axis = axisOf(node, perm.length);
  const moved = alongAxis(moving);
  const keeps = completeAttributes(operatorOrFail(node), node).keepdims !== 0;
  return moved && { ...moved, outPerm: keeps ? perm : withoutAxes(perm, new Set([axis])) };
};

/** Axes as a constant input: ReduceMean and its kin, Squeeze. */
const reducing: Rule = (moving) => {
  const { node, perm, sources } = moving;
  const axes = integersInput(moving, 1);
  const hasAxes = (node.inputs[1] ?? "") !== "";
  if (!axes) return hasAxes || node.opType === "Squeeze" ? undefined : reducingAll(moving);
  if (axes.length === 0) return undefined;
  const normal = axes.map((axis) => (axis < 0 ? axis + perm.length : axis));
  const mapped = normal.map((axis) => perm[axis] ?? 0);
  const keeps = node.opType !== "Squeeze" && completeAttributes(operatorOrFail(node), node).keepdims !== 0;
  return {
    inputs: [sources[0] ?? "", moving.store(1, int64(mapped))],
    outPerm: keeps ? perm : withoutAxes(perm, new Set(normal)),
  };
};

/** A reduction over everything does not see the order of the dimensions. */
const reducingAll: Rule = ({ node, perm, sources }) => {
  const attributes = completeAttributes(operatorOrFail(node), node);
  if (attributes.noop_with_empty_axes === 1) return undefined;
  return { inputs: [sources[0] ?? ""], outPerm: attributes.keepdims === 0 ? [] : perm };
};

/** Per-channel normalization: the channels must stay dimension 1; InstanceNormalization needs the batch too. */
const channelsFirst: Rule = (moving) => {
  const { node, perm } = moving;
  const fits = perm[1] === 1 && (node.opType === "BatchNormalization" || perm[0] === 0);
  return fits ? elementwise(moving) : undefined;
};

const pad: Rule = (moving) => {
  const { node, perm, sources } = moving;
  const pads = integersInput(moving, 1);
  const [, , value = "", axesName = ""] = node.inputs;
  const axes = axesName === "" ? identityOf(perm.length) : integersInput(moving, 3);
  if (!pads || !axes) return undefined;
  const full = new Array<number>(2 * perm.length).fill(0);
  for (const [i, axis] of axes.entries()) {
    const mapped = perm[axis < 0 ? axis + perm.length : axis] ?? 0;
    full[mapped] = pads[i] ?? 0;
    full[mapped + perm.length] = pads[i + axes.length] ?? 0;
  }
  const inputs = [sources[0] ?? "", moving.store(1, int64(full))];
  return { inputs: value === "" ? inputs : [...inputs, value], outPerm: perm };
};

const slice: Rule = (moving) => {
  const { node, perm, sources } = moving;
  const [, starts = "", ends = "", axesName = "", steps = ""] = node.inputs;
  const count = moving.constant(1)?.data.length ?? 0;
  const axes = axesName === "" ? identityOf(count) : integersInput(moving, 3);
  if (!axes || count === 0) return undefined;
  const mapped = axes.map((axis) => perm[axis < 0 ? axis + perm.length : axis] ?? 0);
  const inputs = [sources[0] ?? "", starts, ends, moving.store(3, int64(mapped))];
  return { inputs: steps === "" ? inputs : [...inputs, steps], outPerm: perm };
};

/** Only towards channels first: engines resize the last two dimensions fast, and some modes nothing else. */
const resize: Rule = (moving) => {
  const { node, perm, sources } = moving;
  const [, roi = "", scales = "", sizes = ""] = node.inputs;
  if (roi !== "" || node.attributes.axes !== undefined || (scales === "") === (sizes === "")) return undefined;
  const index = scales === "" ? 3 : 2;
  const constant = moving.constant(index);
  if (!constant) return undefined;
  const values = permuted(Array.from(constant.data as ArrayLike<number | bigint>, Number), inverseOf(perm));
  const kept = permuted(moving.shapeOf(0), inverseOf(perm));
  const staysPut = [0, 1].every((axis) => (index === 2 ? values[axis] === 1 : values[axis] === kept[axis]));
  if (!staysPut) return undefined;
  const stored = moving.store(index, tensorFrom(constant.dtype, constant.shape, values));
  return { inputs: [sources[0] ?? "", "", ...(index === 2 ? [stored] : ["", stored])], outPerm: perm };
};

function axisOf(node: Node, rank: number): number {
  const axis = Number(completeAttributes(operatorOrFail(node), node).axis ?? 0);
  return axis < 0 ? axis + rank : axis;
}

function operatorOrFail(node: Node) {
  const operator = operatorOf(node.domain, node.opType);
  if (!operator) throw new Error(`operator ${node.opType} is not in the registry`);
  return operator;
}

function integersInput(moving: Moving, input: number): readonly number[] | undefined {
  const value = (moving.node.inputs[input] ?? "") === "" ? undefined : moving.constant(input);
  return value && Array.from(value.data as ArrayLike<number | bigint>, Number);
}

function int64(values: readonly number[]): Tensor {
  return tensorFrom("int64", [values.length], values);
}

const unary =
  "Relu LeakyRelu Elu Selu Sigmoid HardSigmoid HardSwish Tanh Softplus Softsign Gelu Mish ThresholdedRelu Clip " +
  "Neg Abs Sqrt Exp Log Erf Reciprocal Floor Ceil Round Sign Sin Cos Not Cast Identity";
const binary = "Add Sub Mul Div Pow Max Min PRelu Equal Greater Less And Or Where";
const reductions = "ReduceMean ReduceSum ReduceMax ReduceMin Squeeze";

/** The rule of each operator of domain "" that a Transpose can be moved past. */
export const transposeRules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ...unary.split(" ").map((opType) => [opType, elementwise] as const),
  ...binary.split(" ").map((opType) => [opType, broadcasting] as const),
  ...reductions.split(" ").map((opType) => [opType, reducing] as const),
  ...["Softmax", "LogSoftmax", "Concat", "Split"].map((opType) => [opType, alongAxis] as const),
  ...["BatchNormalization", "InstanceNormalization"].map((opType) => [opType, channelsFirst] as const),
  ["ArgMax", argMax],
  ["Pad", pad],
  ["Slice", slice],
  ["Resize", resize],
]);

/** The permutation of a Transpose; without the attribute it reverses the dimensions. */
export function permOf(node: Node, rank: number): Permutation {
  return integersOf(node, "perm") ?? [...identityOf(rank)].reverse();
}
