import { fail } from "../../base/diagnostic.js";
import type { Dim, Graph, Node, ValueType } from "../../ir/graph.js";
import { inferTypes } from "../../ir/infer.js";
import type { DType } from "../../tensor/tensor.js";
import { isCachedAttention, isPerStep, layoutOf } from "./per-step.js";

/** A graph of sequences in which nothing but attention looks at other steps. */
export interface Steps {
  /** Name and dtype of the tokens. */
  readonly tokens: string;
  readonly dtype: DType;
  readonly batch: Dim;
  /** Tokens of a sequence. */
  readonly count: number;
  /** What the outputs need, in order; attention without what says how long its sequences are. */
  readonly nodes: readonly Node[];
  readonly attention: ReadonlyMap<Node, Heads>;
  readonly types: ReadonlyMap<string, ValueType>;
  /** Whether a value has steps. */
  readonly timed: (value: string) => boolean;
}

/** Keys and values of an attention node: how many heads, of how many elements. */
export interface Heads {
  readonly keyHeads: number;
  readonly size: number;
}

/**
 * Looks through a graph that shall give one token at a time.
 * @throws {DiagnosticError} `decoder-none`, `decoder-mixes-steps`
 */
export function stepsOf(graph: Graph): Steps {
  const { name: tokens, batch, count, dtype } = tokensOf(graph);
  const types = inferTypes(graph);
  const nodes = neededNodes(graph);
  const attention = new Map<Node, Heads>();
  const timed = new Set([tokens]);
  for (const node of nodes) {
    const inputs = node.inputs.map((input) => timed.has(input));
    if (!inputs.includes(true)) continue;
    const shape = types.get(node.outputs[0] ?? "")?.shape ?? [];
    const layout = layoutOf(shape, batch, count);
    if (isCachedAttention(node) && layout === "rows") attention.set(node, headsOf(node, types));
    else if (layout === undefined || !isPerStep(node, inputs, shape, layout)) {
      fail("decoder-mixes-steps", { node: node.name, opType: node.opType });
    }
    for (const output of node.outputs) timed.add(output);
  }
  if (attention.size === 0) fail("decoder-none", { model: graph.name, reason: "it has no causal attention" });
  return { tokens, dtype, batch, count, nodes, attention, types, timed: (value) => timed.has(value) };
}

function tokensOf(graph: Graph) {
  const [input] = graph.inputs;
  const [batch, count] = input?.type.shape ?? [];
  if (!input || graph.inputs.length !== 1 || input.type.shape.length !== 2 || batch === undefined) {
    return fail("decoder-none", { model: graph.name, reason: "its input is not tokens [batch, steps]" });
  }
  if (typeof count !== "number" || count < 2) {
    return fail("decoder-none", { model: graph.name, reason: "the length of its sequences is open, or 1" });
  }
  return { name: input.name, batch, count, dtype: input.type.dtype };
}

/** Without the nodes that only say to attention how long sequences are, which the cache will say. */
function neededNodes(graph: Graph): Node[] {
  const needed = new Set(graph.outputs.map(({ name }) => name));
  const nodes: Node[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    nodes.push(node);
    const inputs = isCachedAttention(node) ? [...node.inputs.slice(0, 3), ...node.inputs.slice(7, 9)] : node.inputs;
    for (const input of inputs) needed.add(input);
  }
  return nodes.reverse();
}

function headsOf(node: Node, types: ReadonlyMap<string, ValueType>): Heads {
  const { num_heads: heads, kv_num_heads: shared } = node.attributes;
  const keyHeads = Number(shared ?? heads);
  return { keyHeads, size: Number(types.get(node.inputs[1] ?? "")?.shape[2]) / keyHeads };
}
