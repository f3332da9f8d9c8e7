import { broadcastAll, multiplyDims, showShape } from "../../../ir/dim.js";
import type { Dim } from "../../../ir/graph.js";
import { tensor } from "../../../tensor/tensor.js";
import { dtypeAttribute, intsAttribute } from "../attributes.js";
import type { Lower, OpContext, OpFamily, TensorValue } from "../definition.js";
import { movingFirst } from "../sizes.js";
import {
  axisOf,
  badInputs,
  cast,
  dimsOf,
  ints,
  known,
  knownDims,
  numberOf,
  numbersOf,
  operand,
  reshape,
  transpose,
} from "../steps.js";

const reshaped: Lower = (context, inputs) => [
  reshape(context, operand(context, inputs, 0), dimsOf(operand(context, inputs, 1), "the shape")),
];

const expanded: Lower = (context, inputs) => {
  const x = operand(context, inputs, 0);
  const axis = axisOf(context, numberOf(context, operand(context, inputs, 1), "the axis"), x.shape.length + 1);
  return [context.emit("Unsqueeze", [x, ints([axis])])];
};

/** Without axes every size of 1 goes; an open batch stays, whatever it turns out to be. */
const squeezed: Lower = (context, inputs) => {
  const x = operand(context, inputs, 0);
  const rank = x.shape.length;
  const named = intsAttribute(context.node, "squeeze_dims") ?? intsAttribute(context.node, "axis") ?? [];
  const axes = named.map((axis) => axisOf(context, axis, rank));
  const ones = axes.length > 0 ? axes : x.shape.flatMap((size, i) => (size === 1 ? [i] : []));
  return ones.length === 0 ? [x] : [context.emit("Squeeze", [x, ints([...ones].sort((a, b) => a - b))])];
};

const transposed: Lower = (context, inputs) => {
  const x = operand(context, inputs, 0);
  const rank = x.shape.length;
  const reversed = x.shape.map((_, i) => rank - 1 - i);
  const perm = inputs[1] === undefined ? reversed : numbersOf(inputs[1], "the order of axes");
  const order = perm.map((axis) => axisOf(context, axis, rank));
  if (order.length !== rank) badInputs(context, inputs, `${perm.length} axes are named where there are ${rank}`);
  return [transpose(context, x, order)];
};

const broadcast: Lower = (context, inputs) => {
  const x = operand(context, inputs, 0);
  const target = dimsOf(operand(context, inputs, 1), "the shape");
  const shape = broadcastAll([x.shape, target]);
  if (shape === undefined || shape.length !== target.length) {
    return badInputs(context, inputs, `it cannot be broadcast to ${showShape(target)}`);
  }
  return [expandTo(context, x, shape)];
};

/** Expand goes both ways, so an open size of the value itself is asked for as 1. */
function expandTo(context: OpContext, x: TensorValue, shape: readonly Dim[]): TensorValue {
  const lead = shape.length - x.shape.length;
  const sizes = shape.map((size, i) => {
    const own = i < lead ? 1 : x.shape[i - lead];
    if (own === size) return 1;
    return typeof size === "number"
      ? size
      : badInputs(context, [x], "it would be repeated as often as the batch is long");
  });
  return shape.length === x.shape.length && sizes.every((size) => size === 1)
    ? x
    : context.emit("Expand", [x, ints(sizes)]);
}

const broadcastArgs: Lower = (context, inputs) => {
  const shapes = inputs.map((input) => dimsOf(input, "a shape"));
  const shape = broadcastAll(shapes);
  if (shape === undefined)
    return badInputs(context, inputs, `${shapes.map(showShape).join(" and ")} do not go together`);
  return [knownDims(shape)];
};

const tiled: Lower = (context, inputs) => {
  const x = operand(context, inputs, 0);
  const repeats = numbersOf(operand(context, inputs, 1), "how often it is repeated");
  return repeats.every((count) => count === 1) && repeats.length === x.shape.length
    ? [x]
    : [context.emit("Tile", [x, ints(repeats)])];
};

/** Every other type of integers is int32, as in TF.js; floats lose their fraction, and what is not 0 is true. */
const casted: Lower = (context, inputs) => {
  const x = operand(context, inputs, 0);
  return [cast(context, x, dtypeAttribute(context.node, "DstT", x.dtype))];
};

const size: Lower = (context, inputs) => [knownDims([...operand(context, inputs, 0).shape])];

/** The number of elements; an open batch stays in it. */
const elements: Lower = (context, inputs) => [knownDims([multiplyDims(operand(context, inputs, 0).shape)], [])];

/** Shapes, and other views of the same elements. */
export const shapings: OpFamily = {
  family: "shape",
  ops: [
    { op: "Reshape", summary: "the same elements in another shape", support: "lowered", lower: movingFirst(reshaped) },
    { op: "ExpandDims", summary: "with one more axis, of size 1", support: "lowered", lower: movingFirst(expanded) },
    { op: "Squeeze", summary: "without axes of size 1", support: "lowered", lower: movingFirst(squeezed) },
    { op: "Transpose", summary: "axes in another order", support: "lowered", lower: transposed },
    { op: "BroadcastTo", summary: "repeated to a shape", support: "lowered", lower: broadcast },
    { op: "BroadcastArgs", summary: "the shape that two shapes broadcast to", support: "folded", lower: broadcastArgs },
    { op: "Tile", summary: "repeated along its axes", support: "lowered", lower: movingFirst(tiled) },
    { op: "Cast", summary: "as another type of elements", support: "lowered", lower: casted },
    { op: "Shape", summary: "its sizes", support: "folded", lower: size },
    {
      op: "ShapeN",
      summary: "the sizes of several",
      support: "folded",
      lower: (_, inputs) => inputs.map(({ shape }) => knownDims([...shape])),
    },
    {
      op: "Rank",
      summary: "the number of its axes",
      support: "folded",
      lower: (context, inputs) => [known(tensor("int32", [], Int32Array.of(operand(context, inputs, 0).shape.length)))],
    },
    { op: "Size", summary: "the number of its elements", support: "folded", lower: elements },
  ],
};
