import type { Dim } from "../../../ir/graph.js";
import { intAttribute } from "../attributes.js";
import type { Lower, OpContext, OpFamily, TensorValue } from "../definition.js";
import { NotStatic } from "../not-static.js";
import { movingFirst } from "../sizes.js";
import { axisOf, badInputs, dimsOf, ints, numbersOf, operand } from "../steps.js";
import { type AxisSlice, planStridedSlice, StridedSliceError, type StridedSlicePlan } from "../strided-slice.js";

/** Beyond every axis: Slice clamps. */
const FAR = 2 ** 31 - 1;

/** A Slice of some axes; none when nothing is cut off. `undefined` ends lie beyond the axis. */
function sliceOf(context: OpContext, x: TensorValue, slices: ReadonlyMap<number, AxisSlice>): TensorValue {
  const cut = [...slices].flatMap(([axis, { start, end, stride }]) => {
    const size = x.shape[axis] ?? 1;
    const backwards = stride < 0;
    const from = start === undefined ? (backwards ? FAR : 0) : fixed(start, size);
    // Backwards from in front of the first element there is nothing; ONNX's Slice would begin at the first.
    const nothing = backwards && typeof size === "number" && from < -size;
    const last = end === undefined || (end === size && !backwards) ? (backwards ? -FAR : FAR) : fixed(end, size);
    const to = nothing ? FAR : last;
    const whole = stride === 1 && from === 0 && (to === FAR || to === size);
    return whole ? [] : [{ axis, from, to, stride }];
  });
  if (cut.length === 0) return x;
  return context.emit("Slice", [
    x,
    ints(cut.map(({ from }) => from)),
    ints(cut.map(({ to }) => to)),
    ints(cut.map(({ axis }) => axis)),
    ints(cut.map(({ stride }) => stride)),
  ]);
}

/** A place within an axis; the length of an open axis is its end. */
function fixed(place: Dim, size: Dim): number {
  if (typeof place === "number") return place;
  if (place === size) return FAR;
  throw new NotStatic("where it cuts depends on the batch");
}

const slice: Lower = (context, inputs) => {
  const x = operand(context, inputs, 0);
  const begin = numbersOf(operand(context, inputs, 1), "where it begins");
  const length = dimsOf(operand(context, inputs, 2), "how much it takes");
  if (begin.length !== x.shape.length || length.length !== begin.length) {
    badInputs(context, inputs, "begin and size need a number for each axis");
  }
  const slices = begin.map((start, axis): [number, AxisSlice] => {
    const taken = length[axis] ?? -1;
    const size = x.shape[axis] ?? 1;
    const rest = taken === -1 || (start === 0 && taken === size);
    if (typeof taken === "string" && !rest) throw new NotStatic("how much it takes depends on the batch");
    const end = rest ? undefined : start + Number(taken);
    const beyond = typeof size === "number" && (end ?? start) > size;
    if (start < 0 || beyond || (end !== undefined && end < start)) badInputs(context, inputs, "it leaves the tensor");
    return [axis, { start, end, stride: 1 }];
  });
  return [sliceOf(context, x, new Map(slices))];
};

function planOf(context: OpContext, inputs: readonly TensorValue[], rank: number): StridedSlicePlan {
  const { node } = context;
  const mask = (name: string) => intAttribute(node, name, 0);
  try {
    return planStridedSlice(
      {
        begin: dimsOf(operand(context, inputs, 1), "where it begins"),
        end: dimsOf(operand(context, inputs, 2), "where it ends"),
        strides: numbersOf(operand(context, inputs, 3), "the strides"),
        beginMask: mask("begin_mask"),
        endMask: mask("end_mask"),
        ellipsisMask: mask("ellipsis_mask"),
        newAxisMask: mask("new_axis_mask"),
        shrinkAxisMask: mask("shrink_axis_mask"),
      },
      rank,
    );
  } catch (error) {
    if (error instanceof StridedSliceError) return badInputs(context, inputs, error.message);
    throw error;
  }
}

const stridedSlice: Lower = (context, inputs) => {
  const x = operand(context, inputs, 0);
  const plan = planOf(context, inputs, x.shape.length);
  for (const axis of plan.dropped) {
    const [size, place] = [x.shape[axis] ?? 1, Number(plan.slices.get(axis)?.start)];
    const outside = typeof size === "number" && (place >= size || place < -size);
    if (outside) badInputs(context, inputs, `element ${place} of axis ${axis} does not exist`);
  }
  const cut = sliceOf(context, x, plan.slices);
  const dropped = plan.dropped.length === 0 ? cut : context.emit("Squeeze", [cut, ints(plan.dropped)]);
  return [plan.added.length === 0 ? dropped : context.emit("Unsqueeze", [dropped, ints(plan.added)])];
};

function backwards(context: OpContext, x: TensorValue, axes: readonly number[]): TensorValue {
  const rank = x.shape.length;
  const reversed = axes.map((axis): [number, AxisSlice] => [
    axisOf(context, axis, rank),
    { start: undefined, end: undefined, stride: -1 },
  ]);
  return sliceOf(context, x, new Map(reversed));
}

const reverse: Lower = (context, inputs) => {
  const flags = numbersOf(operand(context, inputs, 1), "which axes it turns");
  const axes = flags.flatMap((flag, axis) => (flag === 0 ? [] : [axis]));
  return [backwards(context, operand(context, inputs, 0), axes)];
};

const reverseV2: Lower = (context, inputs) => [
  backwards(context, operand(context, inputs, 0), numbersOf(operand(context, inputs, 1), "which axes it turns")),
];

/** Parts of a tensor, and its elements backwards. */
export const slicings: OpFamily = {
  family: "slicing",
  ops: [
    {
      op: "Slice",
      summary: "so many elements of each axis from a place on",
      support: "lowered",
      lower: movingFirst(slice),
    },
    {
      op: "StridedSlice",
      summary: "ranges with steps of some axes; single elements, new axes and an ellipsis by masks",
      support: "lowered",
      lower: movingFirst(stridedSlice),
    },
    { op: "Reverse", summary: "axes backwards", support: "lowered", lower: movingFirst(reverse) },
    { op: "ReverseV2", summary: "axes backwards", support: "lowered", lower: movingFirst(reverseV2) },
  ],
};
