import { functionAttribute } from "../attributes.js";
import type { Lower, OpContext, OpDefinition, OpFamily, TensorValue } from "../definition.js";
import { NotStatic } from "../not-static.js";
import { operand } from "../steps.js";

/** Rounds of a loop that are unrolled. */
const MAX_ROUNDS = 1000;

/** Whether a condition holds. @throws {NotStatic} where that is not known */
function holds(value: TensorValue | undefined, what: string): boolean {
  if (value?.constant === undefined) throw new NotStatic(`${what} depends on the values of the inputs`);
  return Number(value.constant.data[0] ?? 0) !== 0;
}

/** The value on the branch that is taken: output 0 when the condition is false, output 1 when it is true. */
const branch: Lower = (context, inputs) => {
  const value = operand(context, inputs, 0);
  const isTrue = holds(operand(context, inputs, 1), "the branch that is taken");
  return isTrue ? [undefined, value] : [value, undefined];
};

/** The function of the branch that is taken, in place of the node. */
const ifElse: Lower = (context, inputs) => {
  const [condition, ...rest] = inputs;
  const isTrue = holds(condition, "the branch that is taken");
  return context.call(functionAttribute(context.node, isTrue ? "then_branch" : "else_branch"), rest);
};

/** The body as often as the condition says. */
const whileLoop: Lower = (context, inputs) => {
  const condition = functionAttribute(context.node, "cond");
  const body = functionAttribute(context.node, "body");
  let values = inputs;
  for (let round = 0; isAnother(context, condition, values); round++) {
    if (round >= MAX_ROUNDS) throw new NotStatic(`it has more than ${MAX_ROUNDS} rounds`);
    values = context.call(body, values);
  }
  return values;
};

function isAnother(context: OpContext, condition: string, values: readonly TensorValue[]): boolean {
  return holds(context.call(condition, values)[0], "the number of rounds of a loop");
}

function folded(op: string, summary: string, lower: Lower): OpDefinition {
  return { op, summary, support: "folded", lower, note: "where the condition is known when the model is read" };
}

const passes: Lower = (context, inputs) => [operand(context, inputs, 0)];

/** Control flow, which is decided when the model is read. Merge and loops of Enter and Exit are walked by `evaluate.ts`. */
export const controls: OpFamily = {
  family: "control flow",
  ops: [
    folded("Switch", "a value on one of two branches", branch),
    folded("Merge", "the value of the branch that is taken", passes),
    folded("If", "one of two functions", ifElse),
    folded("StatelessIf", "one of two functions", ifElse),
    folded("While", "a function, as often as another says", whileLoop),
    folded("StatelessWhile", "a function, as often as another says", whileLoop),
    folded("Enter", "a value that enters a loop", passes),
    folded("Exit", "a value that leaves a loop", passes),
    folded("NextIteration", "a value for the next round", passes),
    folded("LoopCond", "whether there is another round", passes),
  ],
};
