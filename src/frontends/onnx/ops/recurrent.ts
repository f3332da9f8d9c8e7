import { numberAttribute, type OnnxContext, type OnnxNode, type OnnxOperator, operand } from "../operator.js";
import { sharedAttributes } from "../same.js";
import type { Value } from "../value.js";

const family = "recurrent";

/** An initial state of zeros is what its absence means. */
function state(value: Value | undefined): Value | undefined {
  if (value?.fill === 0) return undefined;
  return value?.constant?.data.every((each) => Number(each) === 0) ? undefined : value;
}

/** Lengths that are the whole sequence for every sample say nothing. */
function lengths(node: OnnxNode, x: Value, context: OnnxContext): undefined {
  const given = node.inputs[4];
  if (!given) return undefined;
  const [steps] = x.type.shape;
  const known = given.fill ?? (given.constant?.data.every((each) => Number(each) === steps) ? steps : undefined);
  if (known !== steps) context.refuse("sequence_lens: sequences of different lengths are not supported");
  return undefined;
}

function swapped(value: Value, context: OnnxContext): Value {
  const perm = value.type.shape.map((_, i) => (i === 0 ? 1 : i === 1 ? 0 : i));
  return context.one("Transpose", [value], { perm });
}

/** With layout 1 (opset 14) the batch is first in everything but the weights. */
function recurrentNode(opType: string, states: readonly number[]): OnnxOperator {
  return {
    opType,
    domain: "",
    family,
    support: "lowered",
    note: "sequences of one length",
    lower(node, context) {
      const batchFirst = numberAttribute(node, "layout", 0) === 1;
      const own = operand(node, 0, context);
      const x = batchFirst ? swapped(own, context) : own;
      const inputs = node.inputs.map((input, i) => {
        if (!states.includes(i)) return input;
        const known = state(input);
        return known && batchFirst ? swapped(known, context) : known;
      });
      inputs[0] = x;
      inputs[4] = lengths(node, x, context);
      const { layout: _, ...attributes } = sharedAttributes(node, context, opType, "");
      const outputs = context.emit(opType, inputs, attributes, { outputs: node.outputs });
      if (!batchFirst) return outputs;
      // Y [T, D, N, H] becomes [N, T, D, H]; the last states [D, N, H] become [N, D, H].
      return outputs.map((value, i) =>
        i === 0 ? context.one("Transpose", [value], { perm: [2, 0, 1, 3] }) : swapped(value, context),
      );
    },
  };
}

export const recurrences: readonly OnnxOperator[] = [
  recurrentNode("RNN", [5]),
  recurrentNode("GRU", [5]),
  recurrentNode("LSTM", [5, 6]),
];
