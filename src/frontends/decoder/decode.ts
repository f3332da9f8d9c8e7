import { fail } from "../../base/diagnostic.js";
import { type GraphBuilder, graphBuilder } from "../../ir/builder.js";
import type { Graph, Node } from "../../ir/graph.js";
import { type Tensor, tensorFrom } from "../../tensor/tensor.js";
import { isElementwise } from "./per-step.js";
import { longerTable } from "./rotary-table.js";
import { type Steps, stepsOf } from "./steps.js";

export interface DecodeOptions {
  /** Tokens that were read before the one that is given: the length of the cache. */
  readonly pastLength: number;
}

/**
 * A graph of whole sequences, tokens [batch, steps] to logits [batch, steps, classes], as the graph of one more token:
 * inputs tokens [1, 1] and for attention node i `past_key_i` and `past_value_i` [1, heads, pastLength, size], outputs
 * logits [1, 1, classes], `present_key_i` and `present_value_i` [1, heads, pastLength + 1, size].
 *
 * Float and quantized graphs alike: weights, scales and names stay what they are, so what was measured of the one holds
 * for the other. What does not attend must treat each step by itself. A constant with a row for each step (learned
 * positions) gives the row of the new token; tables of rotary positions are made longer as they need.
 * @throws {DiagnosticError} for a graph that is no decoder, and a context that its positions do not reach
 */
export function decodeForm(graph: Graph, { pastLength }: DecodeOptions): Graph {
  const steps = stepsOf(graph);
  const builder = graphBuilder(graph.name);
  builder.input(steps.tokens, steps.dtype, [1, 1]);
  const pasts = [...steps.attention.values()].map(({ keyHeads, size }, i) =>
    ["key", "value"].map((what) => builder.input(`past_${what}_${i}`, "float32", [1, keyHeads, pastLength, size])),
  );
  const place = placeFor(graph, steps, builder, pastLength);
  const attention = [...steps.attention.keys()];
  for (const node of steps.nodes) {
    const i = attention.indexOf(node);
    if (i >= 0) addAttention(place, node, pasts[i] ?? [], i);
    else addNode(place, node);
  }
  const outputs = graph.outputs.map(({ name }) => name);
  for (const name of outputs) read(place, name);
  return builder.build([...outputs, ...attention.flatMap((_, i) => presentNames(i))]);
}

/** The same graph with the cache as further outputs: `present_key_i` and `present_value_i` [batch, heads, steps, size]. */
export function prefillForm(graph: Graph): Graph {
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

const presentNames = (i: number) => [`present_key_${i}`, `present_value_${i}`];

interface Place {
  readonly graph: Graph;
  readonly steps: Steps;
  readonly builder: GraphBuilder;
  readonly pastLength: number;
  /** Adds an initializer once and returns its name. */
  constant(name: string, make: () => Tensor): string;
}

function placeFor(graph: Graph, steps: Steps, builder: GraphBuilder, pastLength: number): Place {
  const made = new Map<string, Tensor>();
  const constant = (name: string, make: () => Tensor) => {
    const value = made.get(name) ?? make();
    made.set(name, value);
    return builder.constant(name, value);
  };
  return { graph, steps, builder, pastLength, constant };
}

/** A value of the old graph in the new one: an initializer is taken along when it is read. */
function read({ graph, builder }: Place, name: string): string {
  const constant = graph.initializers.get(name);
  return constant ? builder.constant(name, constant) : name;
}

function add({ builder }: Place, node: Node, inputs: readonly string[], outputs = node.outputs): void {
  const { opType, attributes, name, domain, layer } = node;
  builder.node(opType, inputs, attributes, { name, domain, outputs, ...(layer === undefined ? {} : { layer }) });
}

/** Attention to the cache, behind which come the new token's key and value. */
function addAttention(place: Place, node: Node, past: readonly string[], i: number): void {
  const { pastLength, constant } = place;
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
  const last = constant("past_length", () => tensorFrom("int32", [1], [pastLength]));
  const total = constant("total_length", () => tensorFrom("int32", [], [pastLength + 1]));
  add(place, node, [...own, ...past, last, total, ...tablesOf(place, node)], outputs);
}

/** Names of rotary tables that reach to the new token, or none where there are no rotary positions. */
function tablesOf(place: Place, node: Node): string[] {
  const names = node.inputs.slice(7, 9);
  const [cos, sin] = names.map((name) => place.graph.initializers.get(name));
  const [cosName = "", sinName = ""] = names;
  if (!cos || !sin) return [];
  const long = longerTable(cos, sin, place.pastLength + 1);
  if (!long) {
    return fail("decoder-context", { context: place.pastLength, positions: cos.shape[0] ?? 0, table: cosName });
  }
  return [place.constant(cosName, () => long.cos), place.constant(sinName, () => long.sin)];
}

/** A node that treats each step by itself, for the one step. */
function addNode(place: Place, node: Node): void {
  const { steps, builder, constant } = place;
  const shape = steps.types.get(node.outputs[0] ?? "")?.shape ?? [];
  const timed = node.inputs.some((name) => steps.timed(name));
  const inputs = node.inputs.map((name) => {
    if (name === "" || !timed) return read(place, name);
    return isElementwise(node) && !steps.timed(name) ? rowOf(place, name, shape.length) : read(place, name);
  });
  const [, target = ""] = node.inputs;
  const sizes = node.opType === "Reshape" && timed ? place.graph.initializers.get(target) : undefined;
  if (sizes && shape[1] === steps.count && shape[0] === steps.batch) {
    const one = Array.from(sizes.data, Number).with(1, 1);
    const name = builder.freeName(`${node.name}/one_step`);
    inputs[1] = constant(name, () => tensorFrom("int64", [one.length], one));
  }
  add(place, node, inputs);
}

/** Of an operand with a row for each step the row of the new token; every other operand as it is. */
function rowOf(place: Place, name: string, rank: number): string {
  const { steps, pastLength, builder, constant } = place;
  const shape = steps.types.get(name)?.shape ?? [];
  const axis = shape.length - rank + 1;
  const value = read(place, name);
  if (axis < 0 || shape[axis] !== steps.count) return value;
  if (pastLength >= steps.count) {
    fail("decoder-context", { context: pastLength, positions: steps.count, table: name });
  }
  const list = (what: string, number: number) =>
    constant(`decode/${what}_${number}`, () => tensorFrom("int64", [1], [number]));
  const operands = [value, list("from", pastLength), list("to", pastLength + 1), list("axis", axis)];
  return builder.node("Slice", operands, {}, { name: builder.freeName(`${name}/row`) });
}
