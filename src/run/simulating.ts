import { toOnnx } from "../backends/onnx/write.js";
import type { BoundRun, Engine, Feeds, InferenceSession, SessionOptions } from "../engines/engine.js";
import type { Graph, GraphValue, Node, ValueType } from "../ir/graph.js";
import { completeAttributes, inferTypes } from "../ir/infer.js";
import { fakeQuantize } from "../ir/operators/fake-quantize.js";
import type { Tensor } from "../tensor/tensor.js";

/** What lies between two stops at FakeQuantize: a float graph for the engine, then values to quantize here. */
interface Step {
  /** Undefined where nothing but FakeQuantize follows. */
  readonly graph: Graph | undefined;
  readonly quantize: readonly Node[];
}

/**
 * An engine that runs one graph with FakeQuantize, which no engine has: the float graph around it is cut into steps that
 * the given engine runs, and values are quantized between them. So accuracy is that of the engine's own float kernels, at
 * nearly their speed. The bytes that `load` is given are not read.
 */
export function simulating(engine: Engine, graph: Graph): Engine {
  return { ...engine, load: (_model, options) => openSteps(engine, graph, options) };
}

async function openSteps(engine: Engine, graph: Graph, options: SessionOptions): Promise<InferenceSession> {
  const steps = stepsOf(graph);
  const sessions: (InferenceSession | undefined)[] = [];
  const close = async () => {
    for (const session of sessions) await session?.close();
  };
  const { threads, optimization } = options;
  try {
    for (const step of steps) {
      sessions.push(step.graph && (await engine.load(toOnnx(step.graph), { threads, optimization })));
    }
  } catch (error) {
    await close();
    throw error;
  }
  const run = async (feeds: Feeds) => {
    const values = new Map<string, Tensor>([...graph.initializers, ...Object.entries(feeds)]);
    for (const [i, step] of steps.entries()) {
      const outputs = await sessions[i]?.run(feedsOf(step, values));
      for (const [name, value] of Object.entries(outputs ?? {})) values.set(name, value);
      for (const node of step.quantize) quantize(node, values);
    }
    return Object.fromEntries(graph.outputs.map(({ name }) => [name, tensorOf(name, values)]));
  };
  return {
    inputNames: graph.inputs.map(({ name }) => name),
    outputNames: graph.outputs.map(({ name }) => name),
    run,
    bind(feeds): BoundRun {
      return async () => void (await run(feeds));
    },
    close,
  };
}

function feedsOf({ graph }: Step, values: ReadonlyMap<string, Tensor>): Feeds {
  return Object.fromEntries((graph?.inputs ?? []).map(({ name }) => [name, tensorOf(name, values)]));
}

function tensorOf(name: string, values: ReadonlyMap<string, Tensor>): Tensor {
  const value = values.get(name);
  if (!value) throw new Error(`simulation: nothing made "${name}"`);
  return value;
}

function quantize(node: Node, values: Map<string, Tensor>): void {
  const inputs = node.inputs.map((name) => (name === "" ? undefined : values.get(name)));
  const [result] = fakeQuantize.evaluate(inputs, completeAttributes(fakeQuantize, node));
  if (result) values.set(node.outputs[0] ?? "", result);
}

/** Cuts a graph at its FakeQuantize nodes: a node belongs to the step after the last one that it depends on. */
function stepsOf(graph: Graph): readonly Step[] {
  const stepOf = new Map<string, number>();
  const floats: Node[][] = [[]];
  const quantized: Node[][] = [[]];
  const add = (lists: Node[][], step: number, node: Node) => {
    while (lists.length <= step) lists.push([]);
    lists[step]?.push(node);
  };
  for (const node of graph.nodes) {
    const step = Math.max(0, ...node.inputs.map((name) => stepOf.get(name) ?? 0));
    const isFake = node.domain === "nibble";
    add(isFake ? quantized : floats, step, node);
    for (const output of node.outputs) stepOf.set(output, isFake ? step + 1 : step);
  }
  const types = inferTypes(graph);
  const count = Math.max(floats.length, quantized.length);
  return Array.from({ length: count }, (_, i) => {
    const nodes = floats[i] ?? [];
    const quantize = quantized[i] ?? [];
    return { graph: nodes.length > 0 ? stepGraph(graph, nodes, types, i) : undefined, quantize };
  });
}

/** The nodes of one step as a graph: its inputs are what earlier steps made, its outputs what anything else reads. */
function stepGraph(graph: Graph, nodes: readonly Node[], types: ReadonlyMap<string, ValueType>, step: number): Graph {
  const own = new Set(nodes);
  const made = new Set(nodes.flatMap(({ outputs }) => outputs));
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  const elsewhere = new Set([
    ...graph.outputs.map(({ name }) => name),
    ...graph.nodes.flatMap((node) => (own.has(node) ? [] : node.inputs)),
  ]);
  const valueNamed = (name: string): GraphValue => {
    const type = types.get(name);
    if (!type) throw new Error(`simulation: "${name}" has no type`);
    return { name, type };
  };
  const given = [...read].filter((name) => name !== "" && !made.has(name) && !graph.initializers.has(name));
  return {
    name: `${graph.name}:${step}`,
    inputs: given.map(valueNamed),
    outputs: [...made].filter((name) => name !== "" && elsewhere.has(name)).map(valueNamed),
    nodes,
    initializers: new Map([...graph.initializers].filter(([name]) => read.has(name))),
  };
}
