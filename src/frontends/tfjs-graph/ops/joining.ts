import { intAttribute } from "../attributes.js";
import type { Lower, OpContext, OpFamily, TensorValue } from "../definition.js";
import { NotStatic } from "../not-static.js";
import { movingSizes } from "../sizes.js";
import { axisOf, badInputs, ints, numberOf, numbersOf, operand, reshape } from "../steps.js";

/** Laid end to end; tensors without elements are left out, as in TF.js. */
function joined(context: OpContext, parts: readonly TensorValue[], axis: number): TensorValue {
  const first = operand(context, parts, 0);
  const along = axisOf(context, axis, first.shape.length);
  const full = parts.filter(({ shape }) => !shape.includes(0));
  if (full.length < 2) return full[0] ?? first;
  return context.emit("Concat", full, { axis: along });
}

const concat: Lower = (context, inputs) => {
  const axis = numberOf(context, operand(context, inputs, 0), "the axis");
  return [joined(context, inputs.slice(1), axis)];
};

const concatV2: Lower = (context, inputs) => {
  const axis = numberOf(context, operand(context, inputs, inputs.length - 1), "the axis");
  return [joined(context, inputs.slice(0, -1), axis)];
};

const pack: Lower = (context, inputs) => {
  const first = operand(context, inputs, 0);
  const axis = axisOf(context, intAttribute(context.node, "axis", 0), first.shape.length + 1);
  const parts = inputs.map((part) => context.emit("Unsqueeze", [reshape(context, part, first.shape), ints([axis])]));
  return [joined(context, parts, axis)];
};

/** Pieces of these lengths along an axis. */
function pieces(context: OpContext, x: TensorValue, axis: number, lengths: readonly number[]): readonly TensorValue[] {
  if (lengths.length === 1) return [x];
  return context.emitAll("Split", [x, ints(lengths)], { axis }, lengths.length);
}

function lengthOf(x: TensorValue, axis: number): number {
  const size = x.shape[axis];
  if (typeof size !== "number") throw new NotStatic("it takes the batch apart");
  return size;
}

const unpack: Lower = (context, inputs) => {
  const x = operand(context, inputs, 0);
  const axis = axisOf(context, intAttribute(context.node, "axis", 0), x.shape.length);
  const ones = Array.from({ length: lengthOf(x, axis) }, () => 1);
  return pieces(context, x, axis, ones).map((piece) => context.emit("Squeeze", [piece, ints([axis])]));
};

const split: Lower = (context, inputs) => {
  const x = operand(context, inputs, 1);
  const axis = axisOf(context, numberOf(context, operand(context, inputs, 0), "the axis"), x.shape.length);
  const count = intAttribute(context.node, "num_split", 1);
  const length = count === 1 ? 0 : lengthOf(x, axis);
  if (count < 1 || length % count !== 0) badInputs(context, inputs, `${length} does not divide into ${count}`);
  return pieces(
    context,
    x,
    axis,
    Array.from({ length: count }, () => length / count),
  );
};

const splitV: Lower = (context, inputs) => {
  const x = operand(context, inputs, 0);
  const given = numbersOf(operand(context, inputs, 1), "the sizes of the pieces");
  const axis = axisOf(context, numberOf(context, operand(context, inputs, 2), "the axis"), x.shape.length);
  if (given.length === 1) return [x];
  const rest = given.filter((length) => length !== -1).reduce((sum, length) => sum + length, 0);
  const lengths = given.map((length) => (length === -1 ? lengthOf(x, axis) - rest : length));
  return pieces(context, x, axis, lengths);
};

const all = () => true;

/** Tensors put together and taken apart. */
export const joinings: OpFamily = {
  family: "joining and splitting",
  ops: [
    {
      op: "Concat",
      summary: "laid end to end along an axis",
      support: "lowered",
      lower: movingSizes(concat, (index) => index > 0),
    },
    {
      op: "ConcatV2",
      summary: "laid end to end along an axis",
      support: "lowered",
      lower: movingSizes(concatV2, (index, count) => index < count - 1),
    },
    { op: "Pack", summary: "laid side by side along a new axis", support: "lowered", lower: movingSizes(pack, all) },
    {
      op: "Unpack",
      summary: "the parts along an axis, without it",
      support: "lowered",
      lower: movingSizes(unpack, all),
    },
    {
      op: "Split",
      summary: "pieces of one size along an axis",
      support: "lowered",
      lower: movingSizes(split, (index) => index === 1),
    },
    {
      op: "SplitV",
      summary: "pieces of given sizes along an axis",
      support: "lowered",
      lower: movingSizes(splitV, (index) => index === 0),
    },
  ],
};
