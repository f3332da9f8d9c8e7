import type { Graph, Node, Pass, ValueType } from "../../../ir/graph.js";
import { inferTypes } from "../../../ir/infer.js";
import { removeUnread, renamedOutputs } from "./rewrite.js";

/**
 * Drops nodes that change nothing: Identity, a Reshape or Flatten to the shape that is there, a Cast to the type that is
 * there, a Concat with nothing, a Slice from end to end. Readers of such a node read its input instead. Where the node names an output of the graph,
 * the producer of its input takes over that name; if that cannot be (an input of the graph, or another output), it stays.
 */
export const removeIdentity: Pass = {
  name: "remove-identity",
  summary: "drop nodes that change nothing",
  run(graph) {
    const types = inferTypes(graph);
    const outputs = new Set(graph.outputs.map(({ name }) => name));
    const alias = new Map<string, string>();
    const kept: Node[] = [];
    for (const node of graph.nodes) {
      const resolved = { ...node, inputs: node.inputs.map((name) => alias.get(name) ?? name) };
      const [input, output] = [resolved.inputs[0] ?? "", node.outputs[0] ?? ""];
      if (changesNothing(node, types, graph) && !outputs.has(output)) alias.set(output, input);
      else kept.push(resolved);
    }
    const named = nameOutputs({ ...graph, nodes: kept }, types);
    if (alias.size === 0 && named.nodes.length === graph.nodes.length) return graph;
    return removeUnread(named);
  },
};

function changesNothing(
  node: Node,
  types: ReadonlyMap<string, ValueType>,
  { initializers }: Pick<Graph, "initializers">,
): boolean {
  const [input, output] = [types.get(node.inputs[0] ?? ""), types.get(node.outputs[0] ?? "")];
  if (!input || !output) return false;
  const sameShape =
    input.shape.length === output.shape.length && input.shape.every((dim, i) => dim === output.shape[i]);
  switch (node.opType) {
    case "Identity":
      return true;
    case "Reshape":
    case "Flatten":
      return sameShape;
    case "Cast":
      return input.dtype === output.dtype;
    case "Concat":
      // Of one value, or with others that are empty.
      return sameShape;
    case "Slice": {
      const steps = initializers.get(node.inputs[4] ?? "");
      const isForward = (node.inputs[4] ?? "") === "" || steps?.data.every((step) => Number(step) === 1);
      return sameShape && isForward === true;
    }
    default:
      return false;
  }
}

/** Drops a do-nothing node before an output of the graph by giving the output's name to the value before it. */
function nameOutputs(graph: Graph, types: ReadonlyMap<string, ValueType>): Graph {
  let nodes = graph.nodes;
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  for (const output of outputs) {
    const last = nodes.find((node) => node.outputs[0] === output);
    const input = last?.inputs[0] ?? "";
    const producer = nodes.find((node) => node.outputs[0] === input);
    if (!last || !producer || outputs.has(input) || !changesNothing(last, types, graph)) continue;
    nodes = nodes
      .filter((node) => node !== last)
      .map((node) => (node === producer ? { ...node, outputs: renamedOutputs(node, output) } : node))
      .map((node) => ({ ...node, inputs: node.inputs.map((name) => (name === input ? output : name)) }));
  }
  return nodes === graph.nodes ? graph : { ...graph, nodes };
}
