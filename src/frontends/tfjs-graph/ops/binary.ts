import { addDims, divideDims, multiplyDims } from "../../../ir/dim.js";
import type { Dim } from "../../../ir/graph.js";
import { textAttribute } from "../attributes.js";
import type { Lower, OpContext, OpDefinition, OpFamily, TensorValue } from "../definition.js";
import { NotStatic } from "../not-static.js";
import { isOpen } from "../sizes.js";
import { badInputs, cast, ints, knownDims, maybeDims, operand, scalar } from "../steps.js";
import { matched } from "../types.js";

type Pairwise = (context: OpContext, a: TensorValue, b: TensorValue) => TensorValue;

/** What an operator makes of two sizes of which one is open; undefined where that is not known. */
type OfSizes = (a: Dim, b: Dim) => Dim | undefined;

/** An operator of two values that broadcast. Both become the wider of their types, as in TF.js. */
function binary(op: string, summary: string, f: Pairwise, ofSizes?: OfSizes): OpDefinition {
  const lower: Lower = (context, inputs) => {
    const a = operand(context, inputs, 0);
    const b = operand(context, inputs, 1);
    if (isOpen(a) || isOpen(b)) return [sizesTogether(context, a, b, ofSizes)];
    const [x, y] = matched(context, a, b);
    const numbers = x.dtype === "bool" ? ([cast(context, x, "int32"), cast(context, y, "int32")] as const) : [x, y];
    return [f(context, ...(numbers as [TensorValue, TensorValue]))];
  };
  return { op, summary, support: "lowered", lower };
}

function sizesTogether(context: OpContext, a: TensorValue, b: TensorValue, ofSizes: OfSizes | undefined): TensorValue {
  const [x, y] = [maybeDims(a) ?? [], maybeDims(b) ?? []];
  const wider = x.length >= y.length ? a : b;
  const dims = Array.from({ length: Math.max(x.length, y.length) }, (_, i) => {
    const [left, right] = [x[x.length === 1 ? 0 : i], y[y.length === 1 ? 0 : i]];
    const both = left === undefined || right === undefined ? undefined : ofSizes?.(left, right);
    if (both === undefined) throw new NotStatic(`${context.node.op} of a size that depends on the batch`);
    return both;
  });
  return knownDims(dims, wider.shape.map(Number));
}

const onnx =
  (opType: string): Pairwise =>
  (context, a, b) =>
    context.emit(opType, [a, b]);

/** The remainder with the sign of the divisor. */
const floorMod: Pairwise = (context, a, b) => {
  if (a.dtype === "int32") return context.emit("Mod", [a, b]);
  const times = context.emit("Floor", [context.emit("Div", [a, b])]);
  return context.emit("Sub", [a, context.emit("Mul", [times, b])]);
};

/** The quotient rounded down; ONNX rounds integers towards zero, so the remainder goes first. */
const floorDiv: Pairwise = (context, a, b) => {
  if (a.dtype !== "int32") return context.emit("Floor", [context.emit("Div", [a, b])]);
  return context.emit("Div", [context.emit("Sub", [a, floorMod(context, a, b)]), b]);
};

/** Of integers TF.js's division is that of FloorDiv. */
const divide: Pairwise = (context, a, b) =>
  a.dtype === "int32" ? floorDiv(context, a, b) : onnx("Div")(context, a, b);

/** 0 wherever the divisor is 0. */
const divideNoNan: Pairwise = (context, x, y) => {
  const [a, b] = [cast(context, x, "float32"), cast(context, y, "float32")];
  const none = context.emit("Equal", [b, scalar(0)]);
  return context.emit("Where", [none, scalar(0), context.emit("Div", [a, b])]);
};

const squaredDifference: Pairwise = (context, a, b) => {
  const difference = context.emit("Sub", [a, b]);
  return context.emit("Mul", [difference, difference]);
};

const subtractSizes: OfSizes = (a, b) => (a === b ? 0 : b === 0 ? a : undefined);
const divideSizes: OfSizes = (a, b) => divideDims(a, b);

/** A bias of one number a channel. */
const biasAdd: Lower = (context, inputs) => {
  const x = operand(context, inputs, 0);
  const bias = operand(context, inputs, 1);
  const rank = x.shape.length;
  if (!textAttribute(context.node, "data_format", "NHWC").startsWith("NC") || rank < 3) {
    return [context.emit("Add", [x, bias])];
  }
  const shape = [-1, ...new Array<number>(rank - 2).fill(1)];
  return [context.emit("Add", [x, context.emit("Reshape", [bias, ints(shape)])])];
};

const addAll: Lower = (context, inputs) => {
  const [first, ...rest] = inputs;
  if (first === undefined) return badInputs(context, inputs, "it needs an input");
  return [rest.reduce((sum, value) => context.emit("Add", matched(context, sum, value)), first)];
};

/** Operators of two values, which broadcast. */
export const binaries: OpFamily = {
  family: "arithmetic",
  ops: [
    binary("Add", "a + b", onnx("Add"), addDims),
    binary("AddV2", "a + b", onnx("Add"), addDims),
    { op: "AddN", summary: "sum of any number of values", support: "lowered", lower: addAll },
    { op: "BiasAdd", summary: "a bias for each channel", support: "lowered", lower: biasAdd },
    binary("Sub", "a - b", onnx("Sub"), subtractSizes),
    binary("Mul", "a * b", onnx("Mul"), (a, b) => multiplyDims([a, b])),
    binary("RealDiv", "a / b", divide, divideSizes),
    binary("Div", "a / b", divide, divideSizes),
    binary("DivNoNan", "a / b, or 0 where b is 0", divideNoNan),
    binary("FloorDiv", "a / b rounded down", floorDiv, divideSizes),
    binary("Maximum", "the larger", onnx("Max")),
    binary("Minimum", "the smaller", onnx("Min")),
    binary("Pow", "a^b", onnx("Pow")),
    binary("SquaredDifference", "(a - b)^2", squaredDifference),
    binary("Mod", "remainder with the sign of b", floorMod),
    binary("FloorMod", "remainder with the sign of b", floorMod),
  ],
};
