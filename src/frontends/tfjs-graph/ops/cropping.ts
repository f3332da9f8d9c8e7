import { tensor, tensorFrom } from "../../../tensor/tensor.js";
import { floatAttribute, textAttribute } from "../attributes.js";
import type { Lower, OpContext, TensorValue } from "../definition.js";
import { badInputs, cast, ints, needRank, numbersOf, operand, refuse, scalar, sizesOf } from "../steps.js";

/** Where the rows (or columns) of the crops lie in the image. */
interface Places {
  /** In pixels, [boxes, places]; inside the image even where the box is not. */
  readonly at: TensorValue;
  /** Whether they lie in the image, [boxes, places]. */
  readonly inside: TensorValue;
}

/**
 * Places of `count` rows between two edges of each box, which are fractions of the last row: the box's first row falls on
 * the first edge and its last on the second; of a single row, its middle counts.
 */
function placesOf(context: OpContext, low: TensorValue, high: TensorValue, size: number, count: number): Places {
  const emit = context.emit;
  const last = size - 1;
  const start =
    count > 1 ? emit("Mul", [low, scalar(last)]) : emit("Mul", [emit("Add", [low, high]), scalar(last / 2)]);
  const step = emit("Mul", [emit("Sub", [high, low]), scalar(count > 1 ? last / (count - 1) : 0)]);
  const steps = tensorFrom(
    "float32",
    [count],
    Array.from({ length: count }, (_, i) => i),
  );
  const at = emit("Add", [start, emit("Mul", [step, steps])]);
  const above = emit("GreaterOrEqual", [at, scalar(0)]);
  const inside = emit("And", [above, emit("LessOrEqual", [at, scalar(last)])]);
  return { at: emit("Clip", [at, scalar(0), scalar(last)]), inside };
}

const INT32 = 6;

/** [boxes, places] to [boxes, places, 1] for rows and [boxes, 1, places] for columns. */
const along = (context: OpContext, value: TensorValue, axis: 1 | 2) => context.emit("Unsqueeze", [value, ints([axis])]);

/**
 * Pixels of the image of each box at a row and a column: [boxes, rows, columns, channels]. All images lie in one list of
 * pixels, so one index finds each.
 */
function pixelsAt(
  context: OpContext,
  pixels: TensorValue,
  first: TensorValue,
  rows: TensorValue,
  columns: TensorValue,
  width: number,
): TensorValue {
  const whole = (value: TensorValue) => context.emit("Cast", [value], { to: INT32 });
  const down = context.emit("Mul", [along(context, whole(rows), 2), tensor("int32", [], Int32Array.of(width))]);
  const place = context.emit("Add", [context.emit("Add", [first, down]), along(context, whole(columns), 1)]);
  return context.emit("Gather", [pixels, place], { axis: 0 });
}

/** a + (b - a) * share, the share being that of each row or column. */
function between(context: OpContext, a: TensorValue, b: TensorValue, share: TensorValue): TensorValue {
  return context.emit("Add", [a, context.emit("Mul", [context.emit("Sub", [b, a]), share])]);
}

/**
 * Boxes [boxes, 4] of images [batch, height, width, channels] as images of one size: from pixels between four neighbours,
 * or the nearest. What lies outside of its image has the value `extrapolation_value`.
 * @see CropAndResize of tfjs-backend-cpu
 */
export const cropAndResize: Lower = (context, inputs) => {
  const image = cast(context, operand(context, inputs, 0), "float32");
  const boxes = operand(context, inputs, 1);
  const owner = operand(context, inputs, 2);
  needRank(context, image, 4);
  needRank(context, boxes, 2);
  const [height = 1, width = 1, channels = 1] = sizesOf({ ...image, shape: image.shape.slice(1) }, "the image's size");
  const size = numbersOf(operand(context, inputs, 3), "the size of crops");
  const [tall = 0, wide = 0] = size;
  if (size.length !== 2 || tall < 1 || wide < 1) badInputs(context, inputs, "crops need a height and a width");
  const method = textAttribute(context.node, "method", "bilinear");
  if (method !== "bilinear" && method !== "nearest") refuse(context, `the method "${method}" is not known`);
  const edge = (at: number) => context.emit("Slice", [boxes, ints([at]), ints([at + 1]), ints([1])]);
  const rows = placesOf(context, edge(0), edge(2), height, tall);
  const columns = placesOf(context, edge(1), edge(3), width, wide);
  const pixels = context.emit("Reshape", [image, ints([-1, channels])]);
  const perImage = tensor("int32", [], Int32Array.of(height * width));
  const first = context.emit("Unsqueeze", [context.emit("Mul", [owner, perImage]), ints([1, 2])]);
  const pick = (y: TensorValue, x: TensorValue) => pixelsAt(context, pixels, first, y, x, width);
  const value =
    method === "nearest"
      ? pick(nearest(context, rows.at), nearest(context, columns.at))
      : smooth(context, rows.at, columns.at, pick);
  const inside = context.emit("And", [along(context, rows.inside, 2), along(context, columns.inside, 1)]);
  const outside = scalar(floatAttribute(context.node, "extrapolation_value", 0));
  return [context.emit("Where", [context.emit("Unsqueeze", [inside, ints([3])]), value, outside])];
};

/** Halves go up. */
const nearest = (context: OpContext, at: TensorValue) =>
  context.emit("Floor", [context.emit("Add", [at, scalar(0.5)])]);

function smooth(
  context: OpContext,
  y: TensorValue,
  x: TensorValue,
  pick: (y: TensorValue, x: TensorValue) => TensorValue,
): TensorValue {
  const { emit } = context;
  const [top, left] = [emit("Floor", [y]), emit("Floor", [x])];
  const [bottom, right] = [emit("Ceil", [y]), emit("Ceil", [x])];
  const down = emit("Unsqueeze", [emit("Sub", [y, top]), ints([2, 3])]);
  const across = emit("Unsqueeze", [emit("Sub", [x, left]), ints([1, 3])]);
  const above = between(context, pick(top, left), pick(top, right), across);
  const below = between(context, pick(bottom, left), pick(bottom, right), across);
  return between(context, above, below, down);
}
