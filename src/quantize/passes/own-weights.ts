import type { Graph, Node, Pass } from "../../ir/graph.js";
import type { Tensor } from "../../tensor/tensor.js";
import { startRewrite } from "./rewrite.js";

/**
 * Each node that reads int8 constants gets constants of its own. onnxruntime 1.30 refuses to load a model in its precise mode when
 * two nodes share int8 weights or zero points: it makes the uint8 copy of each under one and the same name.
 * @see avx2_weight_s8_to_u8.cc and s8_to_u8.h
 */
export const ownWeights: Pass = {
  name: "own-weights",
  summary: "int8 constants of several readers become one for each",
  run(graph) {
    const readers = readersOf(graph);
    if (![...readers.values()].some((count) => count > 1)) return graph;
    const rewrite = startRewrite(graph);
    const taken = new Set<string>();
    const copies = new Map<string, Tensor>();
    const own = (name: string): string => {
      const value = graph.initializers.get(name);
      if (!value || (readers.get(name) ?? 0) < 2) return name;
      if (!taken.has(name)) {
        taken.add(name);
        return name;
      }
      const copy = rewrite.freeName(name);
      copies.set(copy, value);
      return copy;
    };
    for (const node of graph.nodes) rewrite.add({ ...node, inputs: node.inputs.map(own) });
    const finished = rewrite.finish();
    return { ...finished, initializers: new Map([...finished.initializers, ...copies]) };
  },
};

/** How often each int8 constant is read. */
function readersOf(graph: Graph): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const names = graph.nodes.flatMap(({ inputs }: Node) => inputs);
  for (const name of names) {
    if (graph.initializers.get(name)?.dtype === "int8") counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}
