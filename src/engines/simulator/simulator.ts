import type { Graph, Node } from "../../ir/graph.js";
import { completeAttributes, describe, inferTypes, messageOf } from "../../ir/infer.js";
import { bindFeeds, checkType } from "../../ir/interpret.js";
import type { TensorInputs } from "../../ir/operators/define.js";
import type { Operator } from "../../ir/operators/operator.js";
import { operatorOf } from "../../ir/operators/registry.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Feeds, InferenceSession } from "../engine.js";
import { type KernelMemory, kernelMemory } from "./memory.js";
import type { PairSums, RunNode } from "./node.js";
import { kernelOf } from "./registry.js";

export interface SimulatorOptions {
  /**
   * How products of neighbouring codes are added: "int32", the default, is exact; "int16" saturates as kernels for CPUs
   * without VNNI do (README.md says which, and in what order).
   */
  readonly pairSums?: PairSums;
}

/** How many sums of pairs of a node saturated to int16 since the simulator was loaded. */
export interface SaturatedNode {
  readonly node: string;
  readonly layer: string | undefined;
  readonly count: number;
}

/**
 * A graph on the simulator, as a session. Holds its weights in one WebAssembly memory, which lives as long as the session
 * is reachable.
 */
export interface Simulator extends InferenceSession {
  /**
   * The graph's outputs by name, at once: `run` without the promise.
   * @throws {Error} when a feed is missing, unknown or of the wrong type, or a node fails (the node is named)
   */
  simulate(feeds: Feeds): Readonly<Record<string, Tensor>>;
  /** Nodes whose sums saturated, in the order of the graph; empty with exact sums. */
  saturated(): readonly SaturatedNode[];
}

/** A node that runs. */
interface Step {
  readonly node: Node;
  readonly run: RunNode;
  /** Values that nobody reads after this node. */
  readonly dead: readonly string[];
}

/**
 * The engine's integer arithmetic in this process, without the engine: a verified graph in, the same numbers out as the
 * interpreter gives, some hundred times as fast. Integer operators give the same bits; Conv, MatMul and Gemm of floats add
 * in float32 where the interpreter adds in float64. What has no kernel here runs as its operator's plain meaning.
 * @throws {Error} when the graph is not one that `verify` takes
 */
export function loadSimulator(graph: Graph, { pairSums = "int32" }: SimulatorOptions = {}): Simulator {
  const types = inferTypes(graph);
  const saturations = new Map<Node, number>();
  const { constants, nodes } = foldKnown(graph);
  const read = new Set([...nodes.flatMap(({ inputs }) => inputs), ...graph.outputs.map(({ name }) => name)]);
  let memory: KernelMemory | undefined;
  const prepare = (node: Node, dead: readonly string[]): Step => {
    const operator = operatorFor(node);
    const attributes = completeAttributes(operator, node);
    const plain: RunNode = (inputs) => operator.evaluate(inputs, attributes);
    const run = kernelOf(
      node.domain,
      node.opType,
    )?.({
      opType: node.opType,
      attributes,
      constants: node.inputs.map((name) => constants.get(name)),
      types: node.inputs.map((name) => types.get(name)),
      used: node.outputs.map((name) => read.has(name)),
      plain,
      get memory() {
        memory ??= kernelMemory();
        return memory;
      },
      pairSums,
      saturated: (count) => saturations.set(node, (saturations.get(node) ?? 0) + count),
    });
    return { node, run: run ?? plain, dead };
  };
  const dead = lastReaders(nodes, graph);
  const steps = nodes.map((node) => prepare(node, dead.get(node) ?? []));
  const simulate = (feeds: Feeds) => {
    const bindings = bindFeeds(graph, feeds);
    const values = new Map<string, Tensor>([...constants, ...Object.entries(feeds)]);
    for (const { node, run, dead } of steps) {
      const outputs = runNode(node, run, values);
      memory?.clear();
      for (const [i, name] of node.outputs.entries()) {
        const value = outputs[i];
        if (name === "" || !value) continue;
        checkType(node, name, value, types.get(name), bindings);
        values.set(name, value);
      }
      for (const name of dead) values.delete(name);
    }
    return outputsOf(graph, values);
  };
  return {
    inputNames: graph.inputs.map(({ name }) => name),
    outputNames: graph.outputs.map(({ name }) => name),
    simulate,
    run: async (feeds) => simulate(feeds),
    bind: (feeds) => async () => void simulate(feeds),
    close: async () => {},
    saturated: () =>
      nodes.flatMap((node) => {
        const count = saturations.get(node) ?? 0;
        return count === 0 ? [] : [{ node: node.name, layer: node.layer, count }];
      }),
  };
}

function operatorFor(node: Node): Operator {
  const operator = operatorOf(node.domain, node.opType);
  if (!operator) throw new Error(`${describe(node)}: no such operator`);
  return operator;
}

function runNode(node: Node, run: RunNode, values: ReadonlyMap<string, Tensor>): ReturnType<RunNode> {
  try {
    return run(node.inputs.map((name) => (name === "" ? undefined : values.get(name))));
  } catch (cause) {
    throw new Error(`${describe(node)}: ${messageOf(cause)}`, { cause });
  }
}

/** Evaluates what follows from constants alone, such as stored weights that are decoded; gives the nodes that are left. */
function foldKnown(graph: Graph): { readonly constants: Map<string, Tensor>; readonly nodes: readonly Node[] } {
  const constants = new Map(graph.initializers);
  const nodes = graph.nodes.filter((node) => {
    if (!node.inputs.every((name) => name === "" || constants.has(name))) return true;
    const operator = operatorFor(node);
    const plain: RunNode = (inputs: TensorInputs) => operator.evaluate(inputs, completeAttributes(operator, node));
    const outputs = runNode(node, plain, constants);
    for (const [i, name] of node.outputs.entries()) {
      const value = outputs[i];
      if (name !== "" && value) constants.set(name, value);
    }
    return false;
  });
  return { constants, nodes };
}

/** For each node the values that it is the last to read and that are not outputs of the graph. */
function lastReaders(nodes: readonly Node[], graph: Graph): ReadonlyMap<Node, readonly string[]> {
  const kept = new Set([...graph.outputs.map(({ name }) => name), ...graph.initializers.keys()]);
  const last = new Map<string, Node>();
  for (const node of nodes) for (const name of [...node.inputs, ...node.outputs]) last.set(name, node);
  const dead = new Map<Node, string[]>();
  for (const [name, node] of last) if (!kept.has(name)) dead.set(node, [...(dead.get(node) ?? []), name]);
  return dead;
}

function outputsOf(graph: Graph, values: ReadonlyMap<string, Tensor>): Readonly<Record<string, Tensor>> {
  return Object.fromEntries(
    graph.outputs.map(({ name }) => {
      const value = values.get(name);
      if (!value) throw new Error(`simulator: output "${name}" has no value`);
      return [name, value];
    }),
  );
}
