import { tensor, tensorFrom } from "../../../tensor/tensor.js";
import type { Lower, OpDefinition, OpFamily } from "../definition.js";
import { cast, ints, numberOf, operand, refuse, sizesOf } from "../steps.js";
import { matched } from "../types.js";

/** The k largest along the last axis, in order, and their places; of equal ones the first comes first. */
const topK: Lower = (context, inputs) => {
  const x = operand(context, inputs, 0);
  const count = numberOf(context, operand(context, inputs, 1), "how many");
  const numbers = x.dtype === "bool" ? cast(context, x, "int32") : x;
  const [values, places] = context.emitAll("TopK", [numbers, ints([count])], {}, 2);
  return values === undefined || places === undefined ? [] : [cast(context, values, x.dtype), places];
};

/** How many of the sorted elements lie before each value: rows [batch, n] and values [batch, m]. */
const bound = (op: string, opType: string, summary: string): OpDefinition => ({
  op,
  summary,
  support: "lowered",
  lower: (context, inputs) => {
    const [sorted, values] = matched(context, operand(context, inputs, 0), operand(context, inputs, 1));
    const rank = values.shape.length;
    const [row, column] = [
      context.emit("Unsqueeze", [sorted, ints([rank - 1])]),
      context.emit("Unsqueeze", [values, ints([rank])]),
    ];
    const before = cast(context, context.emit(opType, [row, column]), "int32");
    return [context.emit("ReduceSum", [before, ints([rank])], { keepdims: 0 })];
  },
});

/**
 * The matrices with what lies outside of a band around the diagonal set to 0. A negative width takes that whole side.
 * TF.js reads the width below for both sides, so only bands that are as wide above are what the model means.
 */
const bandPart: Lower = (context, inputs) => {
  const x = operand(context, inputs, 0);
  const lower = numberOf(context, operand(context, inputs, 1), "the width of the band");
  const upper = numberOf(context, operand(context, inputs, 2), "the width of the band");
  if (lower !== upper) {
    refuse(
      context,
      `TF.js 4.22 takes ${lower} for both widths, where the model says ${upper} above; multiply by a constant mask instead`,
    );
  }
  const [rows = 0, columns = 0] = sizesOf({ ...x, shape: x.shape.slice(-2) }, "the size of matrices");
  const band = Uint8Array.from({ length: rows * columns }, (_, i) => {
    const distance = (i % columns) - Math.floor(i / columns);
    return (lower < 0 || distance >= -lower) && (upper < 0 || distance <= upper) ? 1 : 0;
  });
  const numbers = x.dtype === "bool" ? cast(context, x, "int32") : x;
  const zero = tensorFrom(numbers.dtype, [], [0]);
  return [cast(context, context.emit("Where", [tensor("bool", [rows, columns], band), numbers, zero]), x.dtype)];
};

/** Elements chosen by their order or their place in a matrix. */
export const orderings: OpFamily = {
  family: "order and place",
  ops: [
    { op: "TopKV2", summary: "the largest elements and their places", support: "lowered", lower: topK },
    bound("LowerBound", "Less", "how many sorted elements are smaller"),
    bound("UpperBound", "LessOrEqual", "how many sorted elements are not larger"),
    { op: "MatrixBandPart", summary: "a band around the diagonal", support: "lowered", lower: bandPart },
  ],
};
