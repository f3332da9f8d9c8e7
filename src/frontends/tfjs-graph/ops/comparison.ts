import type { Lower, OpContext, OpDefinition, OpFamily, TensorValue } from "../definition.js";
import { cast, operand } from "../steps.js";
import { matched } from "../types.js";

/** Both operands with one type; those that ONNX compares as numbers alone get truth values as integers. */
function operands(context: OpContext, inputs: readonly TensorValue[], ordered: boolean): [TensorValue, TensorValue] {
  const [a, b] = matched(context, operand(context, inputs, 0), operand(context, inputs, 1));
  return ordered && a.dtype === "bool" ? [cast(context, a, "int32"), cast(context, b, "int32")] : [a, b];
}

const relation = (op: string, opType: string, summary: string, ordered = true): OpDefinition => ({
  op,
  summary,
  support: "lowered",
  lower: (context, inputs) => [context.emit(opType, operands(context, inputs, ordered))],
});

const logic = (op: string, opType: string, summary: string): OpDefinition => ({
  op,
  summary,
  support: "lowered",
  lower: (context, inputs) => [
    context.emit(
      opType,
      inputs.map((input) => cast(context, input, "bool")),
    ),
  ],
});

const notEqual: Lower = (context, inputs) => [
  context.emit("Not", [context.emit("Equal", operands(context, inputs, false))]),
];

/** condition ? a : b, all three broadcast together (TF.js does so for Select as well). Truth values go as integers. */
const select: Lower = (context, inputs) => {
  const condition = cast(context, operand(context, inputs, 0), "bool");
  const [a, b] = matched(context, operand(context, inputs, 1), operand(context, inputs, 2));
  if (a.dtype !== "bool") return [context.emit("Where", [condition, a, b])];
  const chosen = context.emit("Where", [condition, cast(context, a, "int32"), cast(context, b, "int32")]);
  return [cast(context, chosen, "bool")];
};

/** Comparison, logic and choice. */
export const comparisons: OpFamily = {
  family: "comparison and logic",
  ops: [
    relation("Equal", "Equal", "a = b", false),
    { op: "NotEqual", summary: "a and b differ", support: "lowered", lower: notEqual },
    relation("Greater", "Greater", "a > b"),
    relation("GreaterEqual", "GreaterOrEqual", "a >= b"),
    relation("Less", "Less", "a < b"),
    relation("LessEqual", "LessOrEqual", "a <= b"),
    logic("LogicalAnd", "And", "a and b"),
    logic("LogicalOr", "Or", "a or b"),
    logic("LogicalNot", "Not", "not a"),
    {
      op: "BitwiseAnd",
      summary: "bits that are set in both integers",
      support: "refused",
      reason: "TF.js 4.22 cannot run it in a graph-model itself: it looks for inputs that the operator does not have",
    },
    { op: "Select", summary: "elements of a where the condition holds, else of b", support: "lowered", lower: select },
    {
      op: "SelectV2",
      summary: "elements of a where the condition holds, else of b",
      support: "lowered",
      lower: select,
    },
  ],
};
