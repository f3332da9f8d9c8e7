import { fail } from "../../base/diagnostic.js";
import type { NodeSpec, OnnxAttribute, OnnxGraph } from "./model.js";

/** Names that a node reads: its inputs, and what its subgraphs take from around them. */
function namesRead(node: NodeSpec): readonly string[] {
  const names = node.inputs.filter((name) => name !== "");
  const subgraphs = Object.values(node.attributes).filter(isSubgraph);
  return subgraphs.length === 0 ? names : [...names, ...subgraphs.flatMap(({ subgraph }) => freeNames(subgraph))];
}

function isSubgraph(value: OnnxAttribute): value is { readonly subgraph: OnnxGraph } {
  return typeof value === "object" && "subgraph" in value;
}

/** Names that a subgraph reads and does not make. */
function freeNames(graph: OnnxGraph): readonly string[] {
  const own = new Set([
    ...graph.inputs.map(({ name }) => name),
    ...graph.initializers.keys(),
    ...graph.nodes.flatMap(({ outputs }) => outputs),
  ]);
  const read = [...graph.nodes.flatMap(namesRead), ...graph.outputs.map(({ name }) => name)];
  return [...new Set(read)].filter((name) => !own.has(name));
}

/**
 * The nodes that `wanted` needs, each after the nodes it reads. Files should be sorted, and some are not.
 * @param own   names that the graph itself has before its first node: inputs and initializers
 * @param known names that exist around it
 * @throws {DiagnosticError} `onnx-graph` for a value with two producers, one that nothing makes, and a cycle
 */
export function orderedNodes(
  nodes: readonly NodeSpec[],
  wanted: readonly string[],
  own: ReadonlySet<string>,
  known: (name: string) => boolean,
  path: string,
): readonly NodeSpec[] {
  const refuse = (reason: string): never => fail("onnx-graph", { path, reason });
  const makers = makersOf(nodes, own, refuse);
  const order: NodeSpec[] = [];
  const state = new Map<NodeSpec, "open" | "done">();
  const reads = new Map<NodeSpec, readonly string[]>();
  const makerOf = (name: string, reader: string): NodeSpec | undefined => {
    const maker = makers.get(name);
    if (maker || own.has(name) || known(name)) return maker;
    return refuse(`${reader} reads "${name}", which nothing makes`);
  };
  // A stack of its own: a chain of nodes may be longer than the call stack is deep.
  const stack = wanted.flatMap((name) => makerOf(name, "the list of outputs") ?? []).reverse();
  while (stack.length > 0) {
    const node = stack.at(-1) as NodeSpec;
    if (state.get(node) === "done") {
      stack.pop();
      continue;
    }
    const names = reads.get(node) ?? namesRead(node);
    reads.set(node, names);
    const waiting = names
      .flatMap((name) => makerOf(name, `node "${node.name}" (${node.opType})`) ?? [])
      .filter((maker) => state.get(maker) !== "done");
    if (waiting.length === 0) {
      order.push(node);
      state.set(node, "done");
      stack.pop();
    } else {
      const circle = waiting.find((maker) => maker === node || state.get(maker) === "open");
      if (circle) refuse(`node "${circle.name}" (${circle.opType}) waits for its own result: the graph has a cycle`);
      state.set(node, "open");
      stack.push(...waiting.reverse());
    }
  }
  return order;
}

function makersOf(
  nodes: readonly NodeSpec[],
  own: ReadonlySet<string>,
  refuse: (reason: string) => never,
): ReadonlyMap<string, NodeSpec> {
  const makers = new Map<string, NodeSpec>();
  for (const node of nodes) {
    for (const name of node.outputs) {
      if (name === "") continue;
      const other = makers.get(name);
      if (other) refuse(`"${name}" is made twice, by "${other.name}" and "${node.name}"`);
      if (own.has(name)) refuse(`"${name}" is made by node "${node.name}", and is an input or initializer already`);
      makers.set(name, node);
    }
  }
  return makers;
}
