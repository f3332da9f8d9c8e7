import type { Graph, Node } from "../../ir/graph.js";
import { bytesOf, type Tensor } from "../../tensor/tensor.js";

/** Who makes and who reads each value of a graph. */
export interface Uses {
  readonly producer: ReadonlyMap<string, Node>;
  readonly consumers: ReadonlyMap<string, readonly Node[]>;
  readonly isOutput: (value: string) => boolean;
}

/** Looks once through a graph; the answer holds for that graph alone. */
export function usesOf(graph: Graph): Uses {
  const producer = new Map<string, Node>();
  const consumers = new Map<string, Node[]>();
  for (const node of graph.nodes) {
    for (const output of node.outputs) if (output !== "") producer.set(output, node);
    for (const input of new Set(node.inputs)) {
      const list = consumers.get(input);
      if (list) list.push(node);
      else if (input !== "") consumers.set(input, [node]);
    }
  }
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  return { producer, consumers, isOutput: (value) => outputs.has(value) };
}

/** The one node that reads a value that nothing else needs. */
export function onlyConsumer(value: string, { consumers, isOutput }: Uses): Node | undefined {
  const readers = consumers.get(value) ?? [];
  return readers.length === 1 && !isOutput(value) ? readers[0] : undefined;
}

/** Collects the nodes and initializers of a graph that is made from another. */
export interface Rewrite {
  /** Adds a node; a taken name gets a number. */
  add(node: Node): void;
  /** Adds an initializer and returns its name: `wish`, the equal tensor that already has it, or a numbered name. */
  constant(wish: string, value: Tensor): string;
  /** A name that no value has yet. */
  freeName(wish: string): string;
  /** The new graph, without the nodes and initializers that nothing reads. */
  finish(): Graph;
}

/** Starts with the graph's inputs and initializers, and none of its nodes. */
export function startRewrite(graph: Graph): Rewrite {
  const nodes: Node[] = [];
  const initializers = new Map(graph.initializers);
  const names = new Set<string>(graph.nodes.map(({ name }) => name));
  const values = new Set<string>([...graph.inputs.map(({ name }) => name), ...initializers.keys()]);
  for (const node of graph.nodes) for (const output of node.outputs) values.add(output);
  const kept = new Set<string>();
  const numbered = (wish: string, taken: (name: string) => boolean) => {
    let name = wish;
    for (let i = 1; taken(name); i++) name = `${wish}_${i}`;
    return name;
  };
  return {
    add(node) {
      const first = names.has(node.name) && !kept.has(node.name);
      const name = first ? node.name : numbered(node.name, (each) => names.has(each));
      names.add(name);
      kept.add(name);
      for (const output of node.outputs) values.add(output);
      nodes.push(name === node.name ? node : { ...node, name });
    },
    constant(wish, value) {
      for (let i = 0; ; i++) {
        const name = i === 0 ? wish : `${wish}_${i}`;
        const there = initializers.get(name);
        if (there && sameTensor(there, value)) return name;
        if (there || values.has(name)) continue;
        initializers.set(name, value);
        values.add(name);
        return name;
      }
    },
    freeName(wish) {
      const name = numbered(wish, (each) => values.has(each));
      values.add(name);
      return name;
    },
    finish: () => withoutUnused({ ...graph, nodes, initializers }),
  };
}

function sameTensor(a: Tensor, b: Tensor): boolean {
  return (
    a === b ||
    (a.dtype === b.dtype &&
      a.shape.length === b.shape.length &&
      a.shape.every((size, i) => size === b.shape[i]) &&
      Buffer.compare(bytesOf(a), bytesOf(b)) === 0)
  );
}

/** Drops nodes and initializers from which no output of the graph follows; graph inputs stay. */
export function withoutUnused(graph: Graph): Graph {
  const needed = new Set(graph.outputs.map(({ name }) => name));
  const nodes = graph.nodes
    .toReversed()
    .filter((node) => {
      if (!node.outputs.some((output) => needed.has(output))) return false;
      for (const input of node.inputs) needed.add(input);
      return true;
    })
    .toReversed();
  const initializers = new Map([...graph.initializers].filter(([name]) => needed.has(name)));
  return { ...graph, nodes, initializers };
}
