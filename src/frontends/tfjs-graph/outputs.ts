import type { GraphBuilder } from "../../ir/builder.js";
import type { Graph, Node } from "../../ir/graph.js";

/**
 * The finished graph, with its outputs called as wished. A value that is an input, an initializer or another output gets one
 * of its own.
 * @param values the IR value of each output
 * @param copy   adds a node that hands a value on, and gives its output
 */
export function nameOutputs(
  builder: GraphBuilder,
  values: readonly string[],
  wishes: readonly { readonly name: string }[],
  copy: (name: string) => string,
): Graph {
  const before = builder.build(values.slice(0, 1));
  const taken = new Set([...before.inputs.map(({ name }) => name), ...before.initializers.keys()]);
  const own = values.map((value) => {
    const name = taken.has(value) ? copy(value) : value;
    taken.add(name);
    return name;
  });
  const graph = withoutUnused(builder.build(own));
  const used = new Set([
    ...graph.inputs.map(({ name }) => name),
    ...graph.initializers.keys(),
    ...graph.nodes.flatMap(({ outputs }) => outputs).filter((name) => !own.includes(name)),
  ]);
  const names = new Map<string, string>();
  for (const [i, value] of own.entries()) {
    const wish = wishes[i]?.name ?? "output";
    let name = wish;
    for (let n = 1; used.has(name); n++) name = `${wish}:${n}`;
    used.add(name);
    names.set(value, name);
  }
  const to = (name: string) => names.get(name) ?? name;
  const nodes = graph.nodes.map((node): Node => {
    const touched = [...node.inputs, ...node.outputs].some((name) => names.has(name));
    return touched ? { ...node, inputs: node.inputs.map(to), outputs: node.outputs.map(to) } : node;
  });
  return { ...graph, nodes, outputs: graph.outputs.map((value) => ({ ...value, name: to(value.name) })) };
}

/** The graph without what no output needs: rounds of a loop that was given up, conditions that were decided. */
function withoutUnused(graph: Graph): Graph {
  const needed = new Set(graph.outputs.map(({ name }) => name));
  const nodes: Node[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    nodes.push(node);
    for (const name of node.inputs) needed.add(name);
  }
  const initializers = new Map([...graph.initializers].filter(([name]) => needed.has(name)));
  return { ...graph, nodes: nodes.reverse(), initializers };
}
