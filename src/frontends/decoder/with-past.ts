import { fail } from "../../base/diagnostic.js";
import { type GraphBuilder, graphBuilder } from "../../ir/builder.js";
import type { Graph, Node } from "../../ir/graph.js";
import { codeOfDType } from "../../ir/operators/element-type.js";
import { type Tensor, tensorFrom } from "../../tensor/tensor.js";
import { isElementwise } from "./per-step.js";
import { longerTable } from "./rotary-table.js";
import { type Steps, stepsOf } from "./steps.js";

/** Names of the open sizes, as exporters of language models call them. */
export const SEQUENCE = "sequence_length";
export const PAST = "past_sequence_length";

/** The tokens' name, as exporters of language models call it. */
export const TOKENS = "input_ids";

/** Names of what block `i` keeps of the tokens before, and of what it hands on. */
export const pastNames = (i: number) => [`past_key_values.${i}.key`, `past_key_values.${i}.value`];
export const presentNames = (i: number) => [`present.${i}.key`, `present.${i}.value`];

export interface WithPastOptions {
  /** Tokens that the model can hold, earlier and new ones together; as many as a sequence of the graph has unless given. */
  readonly positions?: number;
}

/**
 * A graph of whole sequences, tokens [batch, steps] to logits [batch, steps, classes], as the graph that reads a prompt or
 * goes on from one: inputs `input_ids` int64 [1, n] and for block i `past_key_values.i.key` and `.value` [1, heads, p, size],
 * outputs `logits` [1, n, classes], `present.i.key` and `.value` [1, heads, p + n, size]. n and p are open; p is 0 for a
 * prompt, n is 1 when decoding.
 *
 * Float and quantized graphs alike: weights, scales and names of nodes stay what they are, so what was measured of the one
 * holds for the other. What does not attend must treat each step by itself. A constant with a row for each step (learned
 * positions) gives the rows of the new tokens; tables of rotary positions are made longer as they need. A batch is one
 * sequence: the engine's attention takes no larger one with several tokens behind a cache.
 * @throws {DiagnosticError} for a graph that is no decoder, and more positions than it has
 */
export function withPast(graph: Graph, { positions }: WithPastOptions = {}): Graph {
  const steps = stepsOf(graph);
  const builder = graphBuilder(graph.name);
  const ids = builder.input(TOKENS, "int64", [1, SEQUENCE]);
  const pasts = [...steps.attention.values()].map(({ keyHeads, size }, i) =>
    pastNames(i).map((name) => builder.input(name, "float32", [1, keyHeads, PAST, size])),
  );
  const tokens = builder.node("Cast", [ids], { to: codeOfDType(steps.dtype) }, { name: `${TOKENS}/as_${steps.dtype}` });
  const place = placeFor({ graph, steps, builder, ids, tokens, pasts, positions: positions ?? steps.count });
  const attention = [...steps.attention.keys()];
  for (const node of steps.nodes) {
    const i = attention.indexOf(node);
    if (i >= 0) addAttention(place, node, pasts[i] ?? [], i);
    else addNode(place, node);
  }
  const outputs = graph.outputs.map(({ name }) => read(place, name));
  return builder.build([...outputs, ...attention.flatMap((_, i) => presentNames(i))]);
}

/** The same graph with the cache as further outputs: `present.i.key` and `present.i.value` [batch, heads, steps, size]. */
export function withPresent(graph: Graph): Graph {
  const { attention, batch, count } = stepsOf(graph);
  const order = [...attention.keys()];
  const nodes = graph.nodes.map((node): Node => {
    const i = order.indexOf(node);
    return i < 0 ? node : { ...node, outputs: [node.outputs[0] ?? "", ...presentNames(i)] };
  });
  const presents = [...attention.values()].flatMap(({ keyHeads, size }, i) =>
    presentNames(i).map((name) => ({
      name,
      type: { dtype: "float32" as const, shape: [batch, keyHeads, count, size] },
    })),
  );
  return { ...graph, nodes, outputs: [...graph.outputs, ...presents] };
}

interface Given {
  readonly graph: Graph;
  readonly steps: Steps;
  readonly builder: GraphBuilder;
  readonly ids: string;
  /** The same in the dtype that the graph takes. */
  readonly tokens: string;
  readonly pasts: readonly (readonly string[])[];
  readonly positions: number;
}

interface Place extends Given {
  /** Adds an initializer once and returns its name. */
  constant(name: string, make: () => Tensor): string;
  /** Adds what says how long things are when it is first asked for, and returns its name. */
  length(what: keyof typeof lengths): string;
}

function placeFor(all: Given): Place {
  const made = new Map<string, Tensor>();
  const known = new Map<string, string>();
  const place: Place = {
    ...all,
    constant(name, make) {
      const value = made.get(name) ?? make();
      made.set(name, value);
      return all.builder.constant(name, value);
    },
    length(what) {
      const name = known.get(what) ?? lengths[what](place);
      known.set(what, name);
      return name;
    },
  };
  return place;
}

const INT32 = codeOfDType("int32");
const INT64 = codeOfDType("int64");

/** What is read off the shapes of the inputs at run time. */
const lengths = {
  /** Tokens in the cache, int64 [1]. */
  past: ({ builder, pasts }: Place) =>
    builder.node("Shape", [pasts[0]?.[0]], { start: 2, end: 3 }, { name: "lengths/past" }),
  /** Tokens in the cache and new ones, int64 [1]. */
  all(place: Place): string {
    const fresh = place.builder.node("Shape", [place.ids], { start: 1, end: 2 }, { name: "lengths/new" });
    return place.builder.node("Add", [place.length("past"), fresh], {}, { name: "lengths/all" });
  },
  /** The last step of the sequence, int32 [1]: `seqlens_k` of attention. */
  last(place: Place): string {
    const one = place.constant("lengths/one", () => tensorFrom("int64", [1], [1]));
    const last = place.builder.node("Sub", [place.length("all"), one], {}, { name: "lengths/last" });
    return place.builder.node("Cast", [last], { to: INT32 }, { name: "lengths/seqlens_k" });
  },
  /** int32 []: `total_sequence_length` of attention. */
  total(place: Place): string {
    const whole = place.builder.node("Squeeze", [place.length("all")], {}, { name: "lengths/total" });
    return place.builder.node("Cast", [whole], { to: INT32 }, { name: "lengths/total_sequence_length" });
  },
  /** Positions of the new tokens, int64 [n]: one behind another from where the cache ends. */
  positions(place: Place): string {
    const { builder, ids } = place;
    const ones = builder.node("Cast", [builder.node("Equal", [ids, ids], {}, { name: "positions/true" })], {
      to: INT64,
    });
    const axis = place.constant("positions/axis", () => tensorFrom("int64", [], [1]));
    const fresh = builder.node("CumSum", [ones, axis], { exclusive: 1 }, { name: "positions/new" });
    const rows = builder.node("Add", [fresh, place.length("past")], {}, { name: "positions/all" });
    const flat = place.constant("positions/flat", () => tensorFrom("int64", [1], [-1]));
    return builder.node("Reshape", [rows, flat], {}, { name: "positions" });
  },
};

/** What the first output of the graph is called. */
const LOGITS = "logits";

/** A value of the old graph in the new one: an initializer is taken along when it is read. */
function read({ graph, steps, builder, tokens }: Place, name: string): string {
  const constant = graph.initializers.get(name);
  if (constant) return builder.constant(name, constant);
  if (name === steps.tokens) return tokens;
  return name === graph.outputs[0]?.name ? LOGITS : name;
}

function add(place: Place, node: Node, inputs: readonly string[], outputs = node.outputs): void {
  const { opType, attributes, name, domain, layer } = node;
  const called = outputs.map((output) => (output === "" ? "" : read(place, output)));
  place.builder.node(opType, inputs, attributes, {
    ...{ name, domain, outputs: called },
    ...(layer === undefined ? {} : { layer }),
  });
}

/** Attention to the cache, behind which come the new tokens' keys and values. */
function addAttention(place: Place, node: Node, past: readonly string[], i: number): void {
  const own = node.inputs.slice(0, 3).map((name) => read(place, name));
  const outputs = [node.outputs[0] ?? "", ...presentNames(i)];
  if (node.opType === "MultiHeadAttention") {
    if (node.inputs.slice(3).some((name) => name !== "")) {
      fail("decoder-none", {
        model: place.graph.name,
        reason: `the attention "${node.name}" has a bias or a cache already`,
      });
    }
    add(place, node, [...own, "", "", "", ...past], outputs);
    return;
  }
  const sizes = [place.length("last"), place.length("total")];
  add(place, node, [...own, ...past, ...sizes, ...tablesOf(place, node)], outputs);
}

/** Names of rotary tables that reach to the last token, or none where there are no rotary positions. */
function tablesOf({ graph, positions, constant }: Place, node: Node): string[] {
  const names = node.inputs.slice(7, 9);
  const [cos, sin] = names.map((name) => graph.initializers.get(name));
  const [cosName = "", sinName = ""] = names;
  if (!cos || !sin) return [];
  const long = longerTable(cos, sin, positions);
  if (!long) return fail("decoder-context", { context: positions - 1, positions: cos.shape[0] ?? 0, table: cosName });
  return [constant(cosName, () => long.cos), constant(sinName, () => long.sin)];
}

/** A node that treats each step by itself, for as many steps as there are. */
function addNode(place: Place, node: Node): void {
  const { steps, graph, builder, constant } = place;
  const shape = steps.types.get(node.outputs[0] ?? "")?.shape ?? [];
  const timed = node.inputs.some((name) => steps.timed(name));
  const inputs = node.inputs.map((name) => {
    if (name === "" || !timed) return read(place, name);
    return isElementwise(node) && !steps.timed(name) ? rowsOf(place, name, shape.length) : read(place, name);
  });
  if (node.opType === "Reshape" && timed && graph.initializers.has(node.inputs[1] ?? "")) {
    const isRows = shape[0] === steps.batch && shape[1] === steps.count;
    const open = isRows ? [1, -1, ...shape.slice(2).map(Number)] : [-1, ...shape.slice(1).map(Number)];
    const name = builder.freeName(`${node.name}/open_steps`);
    inputs[1] = constant(name, () => tensorFrom("int64", [open.length], open));
  }
  add(place, node, inputs);
}

/** Of an operand with a row for each step the rows of the new tokens; every other operand as it is. */
function rowsOf(place: Place, name: string, rank: number): string {
  const { steps, positions, builder } = place;
  const shape = steps.types.get(name)?.shape ?? [];
  const axis = shape.length - rank + 1;
  const value = read(place, name);
  if (axis < 0 || shape[axis] !== steps.count) return value;
  if (positions > steps.count) fail("decoder-context", { context: positions - 1, positions: steps.count, table: name });
  return builder.node(
    "Gather",
    [value, place.length("positions")],
    { axis },
    { name: builder.freeName(`${name}/rows`) },
  );
}
