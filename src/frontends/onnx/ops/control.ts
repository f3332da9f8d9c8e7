import { tensor, tensorFrom } from "../../../tensor/tensor.js";
import type { OnnxGraph } from "../model.js";
import { type OnnxContext, type OnnxNode, type OnnxOperator, operand, refused } from "../operator.js";
import { constantValue, int64, integers, type Value } from "../value.js";

const family = "constants and control flow";

/** A tensor, a number or a list as an attribute of one of several names. */
const constant: OnnxOperator = {
  opType: "Constant",
  domain: "",
  family,
  support: "folded",
  lower(node, context) {
    const { value, value_float, value_floats, value_int, value_ints } = node.attributes;
    if (typeof value === "object" && "dtype" in value) return [constantValue(node.name, value)];
    if (typeof value_float === "number") return [constantValue(node.name, tensorFrom("float32", [], [value_float]))];
    if (typeof value_int === "number") return [constantValue(node.name, int64([], [value_int]))];
    if (Array.isArray(value_floats)) {
      return [constantValue(node.name, tensorFrom("float32", [value_floats.length], value_floats as number[]))];
    }
    if (Array.isArray(value_ints)) return [integers(node.name, value_ints as number[])];
    return context.refuse("it holds texts or a sparse tensor");
  },
};

function branch(node: OnnxNode, name: string, context: OnnxContext): OnnxGraph {
  const value = node.attributes[name];
  if (typeof value === "object" && "subgraph" in value) return value.subgraph;
  return context.refuse(`attribute "${name}" is missing`);
}

const conditional: OnnxOperator = {
  opType: "If",
  domain: "",
  family,
  support: "folded",
  note: "with a condition that does not depend on the input",
  lower(node, context) {
    const condition = operand(node, 0, context).constant?.data[0];
    if (condition === undefined) return context.refuse("its condition depends on the input");
    return context.subgraph(branch(node, Number(condition) !== 0 ? "then_branch" : "else_branch", context), []);
  },
};

/** Turns of a loop that are written out. */
const MOST_TURNS = 1024;

/** Written out turn by turn. Inputs: count, condition, carried values; outputs: carried values, then those of each turn. */
const loop: OnnxOperator = {
  opType: "Loop",
  domain: "",
  family,
  support: "folded",
  note: `of a known count, at most ${MOST_TURNS}`,
  lower(node, context) {
    const body = branch(node, "body", context);
    const [count, condition, ...initial] = node.inputs;
    const known = (value: Value | undefined, what: string): number => {
      const found = value?.constant?.data[0];
      return found === undefined ? context.refuse(`its ${what} depends on the input`) : Number(found);
    };
    const turns = count ? known(count, "count") : Number.POSITIVE_INFINITY;
    let goes = condition ? known(condition, "condition") !== 0 : true;
    let carried = initial.map((value) => value ?? context.refuse("a carried value is missing"));
    const scanned: Value[][] = [];
    for (let turn = 0; goes && turn < turns; turn++) {
      if (turn >= MOST_TURNS) return context.refuse(`it turns more than ${MOST_TURNS} times`);
      const number = constantValue(`${node.name}/turn_${turn}`, tensorFrom("int64", [], [turn]));
      const on = constantValue(`${node.name}/on`, tensor("bool", [], Uint8Array.of(1)));
      const [next, ...outputs] = context.subgraph(body, [number, on, ...carried]);
      goes = known(next, "condition") !== 0;
      carried = outputs.slice(0, carried.length);
      for (const [i, value] of outputs.slice(carried.length).entries()) scanned[i] = [...(scanned[i] ?? []), value];
    }
    const stacked = scanned.map((values) => {
      const rows = values.map((value) => context.one("Unsqueeze", [value, integers(`${node.name}/axes`, [0])]));
      return context.one("Concat", rows, { axis: 0 });
    });
    return [...carried, ...stacked];
  },
};

const sequences =
  "SequenceAt SequenceConstruct SequenceEmpty SequenceErase SequenceInsert SequenceLength SplitToSequence ConcatFromSequence SequenceMap Optional OptionalGetElement OptionalHasElement";
const texts = "StringNormalizer StringConcat StringSplit RegexFullMatch TfIdfVectorizer";
const random = "RandomNormal RandomNormalLike RandomUniform RandomUniformLike Multinomial Bernoulli";
const dynamic = "NonMaxSuppression Unique Compress";

const refusedAll = (names: string, note: string) => names.split(" ").map((name) => refused(family, name, note));

export const controls: readonly OnnxOperator[] = [
  constant,
  conditional,
  loop,
  refused(
    family,
    "Scan",
    "loops over slices are not supported: export the model with a recurrent operator (LSTM, GRU, RNN)",
  ),
  ...refusedAll(sequences, "values that are no tensors are not supported"),
  ...refusedAll(texts, "texts are not supported: tokenize before the model"),
  ...refusedAll(random, "it draws at random, so that no two runs agree"),
  ...refusedAll(dynamic, "how many elements it gives depends on the input: cut the model in front of it"),
];
