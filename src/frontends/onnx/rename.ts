import type { Graph } from "../../ir/graph.js";

/** The graph with values called otherwise, where the name is free. */
export function renamed(graph: Graph, wishes: ReadonlyMap<string, string>): Graph {
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const used = new Set([...graph.inputs.map(({ name }) => name), ...graph.initializers.keys()]);
  const names = new Map<string, string>();
  const claim = (from: string) => {
    const wish = wishes.get(from) ?? from;
    let name = wish;
    for (let i = 1; used.has(name); i++) name = `${wish}_${i}`;
    used.add(name);
    names.set(from, name);
  };
  // Outputs first: they are called as the file says, whatever else would like the name.
  for (const name of outputs) claim(name);
  for (const node of graph.nodes) for (const name of node.outputs) if (name !== "" && !names.has(name)) claim(name);
  const to = (name: string) => names.get(name) ?? name;
  return {
    ...graph,
    nodes: graph.nodes.map((node) => ({ ...node, inputs: node.inputs.map(to), outputs: node.outputs.map(to) })),
    outputs: graph.outputs.map((value) => ({ ...value, name: to(value.name) })),
  };
}
