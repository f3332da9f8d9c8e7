import { tensorFrom } from "../../../tensor/tensor.js";
import type { OpDefinition, OpFamily } from "../definition.js";
import { known, operand } from "../steps.js";

/** Hands its first input on: it means nothing to inference. */
function passing(op: string, summary: string): OpDefinition {
  return { op, summary, support: "folded", lower: (context, inputs) => [operand(context, inputs, 0)] };
}

/** Operators that compute nothing. Placeholder and Const are read with the graph itself (`lower.ts`). */
export const passings: OpFamily = {
  family: "passing on",
  ops: [
    passing("Identity", "the input itself"),
    {
      op: "IdentityN",
      summary: "the inputs themselves",
      support: "folded",
      lower: (_, inputs) => inputs,
    },
    passing("Snapshot", "the input itself"),
    passing("StopGradient", "the input itself, without a gradient"),
    passing("PreventGradient", "the input itself, without a gradient"),
    passing("FakeQuantWithMinMaxVars", "the input itself, as TF.js has it"),
    passing("PlaceholderWithDefault", "its default, unless it is an input of the model"),
    passing("EnsureShape", "the input itself"),
    passing("CheckNumerics", "the input itself"),
    passing("Print", "the input itself; nothing is printed"),
    {
      op: "NoOp",
      summary: "nothing",
      support: "folded",
      lower: () => [known(tensorFrom("int32", [], [0]))],
    },
  ],
};
