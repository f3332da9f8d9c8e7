import type { Graph } from "../../ir/graph.js";
import { verify } from "../../ir/verify.js";
import { startRewrite } from "../passes/rewrite.js";

/**
 * A simulated graph with the weights of the float graph: what its formats of activations alone cost.
 * @param float     the graph that `simulateGraph` started from
 * @param simulated nodes are matched by their names, which simulating keeps
 * @returns undefined when no activation is held in a format
 */
export function withFloatWeights(float: Graph, simulated: Graph): Graph | undefined {
  if (!simulated.nodes.some(({ domain }) => domain === "nibble")) return undefined;
  const originals = new Map(float.nodes.map((node) => [node.name, node]));
  const rewrite = startRewrite(simulated);
  for (const node of simulated.nodes) {
    const original = originals.get(node.name);
    const inputs = node.inputs.map((name, place) => {
      const weight = float.initializers.get(original?.inputs[place] ?? "");
      return weight && simulated.initializers.has(name) ? rewrite.constant(`${name}:float`, weight) : name;
    });
    rewrite.add({ ...node, inputs });
  }
  return verify(rewrite.finish(), "activations alone");
}
