import type { Graph, Node } from "../../../ir/graph.js";
import type { Tensor } from "../../../tensor/tensor.js";

/** Who makes and who reads each value of a graph. */
export interface Uses {
  readonly producers: ReadonlyMap<string, Node>;
  /** A node that reads a value twice is listed twice. */
  readonly readers: ReadonlyMap<string, readonly Node[]>;
  readonly outputs: ReadonlySet<string>;
}

/** Looks once through a graph; the answer holds for that graph alone. */
export function usesOf(graph: Graph): Uses {
  const producers = new Map<string, Node>();
  const readers = new Map<string, Node[]>();
  for (const node of graph.nodes) {
    for (const output of node.outputs) if (output !== "") producers.set(output, node);
    for (const input of node.inputs) {
      if (input === "") continue;
      const list = readers.get(input);
      if (list) list.push(node);
      else readers.set(input, [node]);
    }
  }
  return { producers, readers, outputs: new Set(graph.outputs.map(({ name }) => name)) };
}

/** Whether exactly one input of one node reads the value, and the graph does not give it out. */
export function isReadOnce(uses: Uses, value: string): boolean {
  return uses.readers.get(value)?.length === 1 && !uses.outputs.has(value);
}

/** Names that the graph does not use yet: `wish`, else `wish_1` and so on. Each call takes its name. */
export function freeNames(graph: Graph): (wish: string) => string {
  const taken = new Set([...graph.inputs.map(({ name }) => name), ...graph.initializers.keys()]);
  for (const node of graph.nodes) for (const name of [node.name, ...node.outputs]) taken.add(name);
  return (wish) => {
    let name = wish;
    for (let i = 1; taken.has(name); i++) name = `${wish}_${i}`;
    taken.add(name);
    return name;
  };
}

/** Changes collected while a pass looks at a graph, which itself stays as it was. */
export interface Draft {
  /** Changes fields of a node; changes add up. */
  change(node: Node, fields: Partial<Node>): void;
  drop(node: Node): void;
  /**
   * Stores a tensor for one reader of the initializer called `name` and returns the name to read it by: the same name when
   * nobody else reads that initializer, else a new one.
   */
  store(name: string, value: Tensor): string;
  /** The graph with the changes made and what nobody reads any more removed; the same object when there are none. */
  done(): Graph;
}

/** An empty draft of changes to `graph`. */
export function draftOf(graph: Graph, uses: Uses): Draft {
  const changed = new Map<string, Node>();
  const dropped = new Set<string>();
  const stored = new Map<string, Tensor>();
  const free = freeNames(graph);
  return {
    change(node, fields) {
      changed.set(node.name, { ...(changed.get(node.name) ?? node), ...fields });
    },
    drop(node) {
      dropped.add(node.name);
    },
    store(name, value) {
      const own = graph.initializers.has(name) && isReadOnce(uses, name);
      const key = own ? name : free(name);
      stored.set(key, value);
      return key;
    },
    done() {
      if (changed.size === 0 && dropped.size === 0) return graph;
      return removeUnread({
        ...graph,
        nodes: graph.nodes.filter(({ name }) => !dropped.has(name)).map((node) => changed.get(node.name) ?? node),
        initializers: new Map([...graph.initializers, ...stored]),
      });
    },
  };
}

/** Drops nodes and initializers that no output depends on. The same object when everything is read. */
export function removeUnread(graph: Graph): Graph {
  const read = new Set(graph.outputs.map(({ name }) => name));
  const nodes: Node[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((output) => read.has(output))) continue;
    nodes.push(node);
    for (const input of node.inputs) read.add(input);
  }
  const initializers = new Map([...graph.initializers].filter(([name]) => read.has(name)));
  if (nodes.length === graph.nodes.length && initializers.size === graph.initializers.size) return graph;
  return { ...graph, nodes: nodes.reverse(), initializers };
}

/** The outputs of a node with the first called otherwise. */
export function renamedOutputs(node: Node, output: string): readonly string[] {
  return [output, ...node.outputs.slice(1)];
}

/** An attribute that is a list of integers, such as `perm` or `axes`. */
export function integersOf(node: Node, name: string): readonly number[] | undefined {
  const value = node.attributes[name];
  return Array.isArray(value) ? (value as readonly number[]) : undefined;
}

/** The value of a tensor of one number, else undefined. */
export function scalarOf(value: Tensor | undefined): number | undefined {
  return value?.data.length === 1 ? Number(value.data[0]) : undefined;
}
