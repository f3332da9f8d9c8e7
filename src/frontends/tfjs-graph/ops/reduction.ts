import { multiplyDims } from "../../../ir/dim.js";
import type { Attribute } from "../../../ir/graph.js";
import { tensorFrom } from "../../../tensor/tensor.js";
import { boolAttribute } from "../attributes.js";
import type { Lower, OpContext, OpDefinition, OpFamily, TensorValue } from "../definition.js";
import { isOpen } from "../sizes.js";
import { axisOf, cast, ints, knownDims, maybeDims, numberOf, numbersOf, operand, scalar, sizesOf } from "../steps.js";

/** The axes that a reduction removes, from the front, and whether they stay as 1: all of them, unless a list says which. */
function axesOf(context: OpContext, inputs: readonly TensorValue[]): { axes: number[]; keepdims: number } {
  const rank = operand(context, inputs, 0).shape.length;
  const keep = boolAttribute(context.node, "keep_dims", boolAttribute(context.node, "keepdims", false));
  const all = Array.from({ length: rank }, (_, i) => i);
  const axes = inputs[1] === undefined ? all : numbersOf(inputs[1], "the axes");
  return { axes: [...new Set(axes.map((axis) => axisOf(context, axis, rank)))], keepdims: keep ? 1 : 0 };
}

function reduced(context: OpContext, opType: string, value: TensorValue, inputs: readonly TensorValue[]): TensorValue {
  const { axes, keepdims } = axesOf(context, inputs);
  return axes.length === 0 ? value : context.emit(opType, [value, ints(axes)], { keepdims });
}

/** A reduction of numbers; truth values count as 0 and 1. */
function numeric(op: string, opType: string, summary: string, floats = false): OpDefinition {
  const lower: Lower = (context, inputs) => {
    const x = operand(context, inputs, 0);
    if (op === "Prod" && isOpen(x)) return [knownDims([multiplyDims(maybeDims(x) ?? [])], [])];
    const dtype = floats ? "float32" : x.dtype === "bool" ? "int32" : x.dtype;
    return [reduced(context, opType, cast(context, x, dtype), inputs)];
  };
  return { op, summary, support: "lowered", lower };
}

/** All is the smallest of truth values, Any the largest. */
function truth(op: string, opType: string, summary: string): OpDefinition {
  const lower: Lower = (context, inputs) => {
    const x = cast(context, cast(context, operand(context, inputs, 0), "bool"), "int32");
    return [cast(context, reduced(context, opType, x, inputs), "bool")];
  };
  return { op, summary, support: "lowered", lower };
}

function place(op: string, summary: string): OpDefinition {
  const lower: Lower = (context, inputs) => {
    const x = operand(context, inputs, 0);
    const asked = inputs[1] === undefined ? 0 : numberOf(context, inputs[1], "the axis");
    const axis = axisOf(context, asked, x.shape.length);
    const numbers = x.dtype === "bool" ? cast(context, x, "int32") : x;
    return [context.emit(op, [numbers], { axis, keepdims: 0 })];
  };
  return { op, summary, support: "lowered", lower };
}

function runningAttributes(context: OpContext): { exclusive: boolean; reverse: boolean } {
  const { node } = context;
  return { exclusive: boolAttribute(node, "exclusive", false), reverse: boolAttribute(node, "reverse", false) };
}

const cumsum: Lower = (context, inputs) => {
  const x = operand(context, inputs, 0);
  const axis = axisOf(context, numberOf(context, operand(context, inputs, 1), "the axis"), x.shape.length);
  const { exclusive, reverse } = runningAttributes(context);
  const attributes: Record<string, Attribute> = { exclusive: Number(exclusive), reverse: Number(reverse) };
  return [context.emit("CumSum", [x, tensorFrom("int64", [], [axis])], attributes)];
};

/**
 * Running products, of which ONNX has none, by doubling: after the step of 1, 2, 4 ... each element is the product of so
 * many up to it.
 * @see Hillis and Steele 1986, "Data parallel algorithms"
 */
const cumprod: Lower = (context, inputs) => {
  const x = cast(context, operand(context, inputs, 0), "float32");
  const axis = axisOf(context, numberOf(context, operand(context, inputs, 1), "the axis"), x.shape.length);
  const { exclusive, reverse } = runningAttributes(context);
  const length = sizesOf({ ...x, shape: x.shape.slice(axis, axis + 1) }, "the length of the product")[0] ?? 1;
  /** Moved by `step` along the axis, with 1 where nothing comes from. */
  const moved = (value: TensorValue, step: number): TensorValue => {
    const [before, after] = reverse ? [0, step] : [step, 0];
    const range = reverse ? [ints([step]), ints([length])] : [ints([0]), ints([length - step])];
    const kept = context.emit("Slice", [value, ...range, ints([axis])]);
    return context.emit("Pad", [kept, ints([before, after]), scalar(1), ints([axis])]);
  };
  let product = x;
  for (let step = 1; step < length; step *= 2) product = context.emit("Mul", [product, moved(product, step)]);
  return [cast(context, exclusive ? moved(product, 1) : product, operand(context, inputs, 0).dtype)];
};

/** Reductions and running sums. */
export const reductions: OpFamily = {
  family: "reduction",
  ops: [
    numeric("Sum", "ReduceSum", "sums over axes"),
    numeric("Mean", "ReduceMean", "means over axes", true),
    numeric("Max", "ReduceMax", "largest elements over axes"),
    numeric("Min", "ReduceMin", "smallest elements over axes"),
    numeric("Prod", "ReduceProd", "products over axes"),
    numeric("EuclideanNorm", "ReduceL2", "roots of the sums of squares over axes", true),
    truth("All", "ReduceMin", "whether all hold, over axes"),
    truth("Any", "ReduceMax", "whether any holds, over axes"),
    place("ArgMax", "places of the largest elements along an axis"),
    place("ArgMin", "places of the smallest elements along an axis"),
    { op: "Cumsum", summary: "running sums along an axis", support: "lowered", lower: cumsum },
    { op: "Cumprod", summary: "running products along an axis", support: "lowered", lower: cumprod },
  ],
};
