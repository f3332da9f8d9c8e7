import { fail } from "../../base/diagnostic.js";
import type { Dim } from "../../ir/graph.js";
import { repeatedConstant } from "./batched.js";
import { computingEmitter, type Emitter, MOST_NODES, Refusal } from "./emitter.js";
import { computedForBatches, settledInputs } from "./for-batches.js";
import { layerOf } from "./layer.js";
import {
  type FunctionSpec,
  functionKey,
  type NodeSpec,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxModel,
} from "./model.js";
import { repeatedForBatch } from "./open-batch.js";
import type { OnnxContext, OnnxNode, OnnxOperator } from "./operator.js";
import { orderedNodes } from "./order.js";
import { onnxOperator } from "./registry.js";
import { computedSizes } from "./sizes.js";
import { constantValue, type Value } from "./value.js";

/** What lowering needs from outside. */
export interface Environment {
  readonly model: OnnxModel;
  readonly emitter: Emitter;
  /** The batch that the file's inputs fix, where the graph leaves it open. */
  readonly fixedBatch?: number;
  /** A value whose first size is the open batch: the first input. */
  readonly batched?: Value;
  /** Filled with what values of the graph are called in the file. */
  readonly wishes: Map<string, string>;
}

/** Values by name, those of the graph around included. */
interface Scope {
  readonly values: Map<string, Value>;
  readonly around?: Scope;
  readonly opsets: ReadonlyMap<string, number>;
  /** Put before the names of nodes of functions and loops, so that each keeps its own. */
  readonly prefix: string;
  readonly depth: number;
}

/** Functions in functions and subgraphs in subgraphs; more is a function that calls itself. */
const MOST_DEPTH = 40;

function lookUp(scope: Scope, name: string): Value | undefined {
  return scope.values.get(name) ?? (scope.around && lookUp(scope.around, name));
}

/**
 * Lowers every node that the wanted outputs need.
 * @param inputs values of the graph's inputs by name
 * @returns the values of the wanted outputs, in their order
 * @throws {DiagnosticError} `onnx-graph`, `onnx-node`, `onnx-operator` or `onnx-fixed-batch`
 */
export function lowerGraph(
  environment: Environment,
  inputs: ReadonlyMap<string, Value>,
  wanted: readonly string[],
): readonly Value[] {
  const { model } = environment;
  const budget = { nodes: MOST_NODES };
  const scope: Scope = { values: new Map(inputs), opsets: model.opsets, prefix: "", depth: 0 };
  const running = { ...environment, budget };
  return lowerNodes(running, model.graph, wanted, scope).map((value) => settledOutput(running, value, scope));
}

/** An output that does not depend on the input is repeated for the batch. */
function settledOutput(running: Running, value: Value, scope: Scope): Value {
  if (!value.batched) return value;
  const node = { name: value.name, opType: "Identity", domain: "", version: 1, inputs: [], outputs: 1, attributes: {} };
  return contextOf(running, node, scope).one("Identity", [value]);
}

interface Running extends Environment {
  /** Nodes of the file that may still be read, those of loops and functions each time. */
  readonly budget: { nodes: number };
}

function lowerNodes(
  running: Running,
  graph: Pick<OnnxGraph, "nodes" | "initializers">,
  wanted: readonly string[],
  scope: Scope,
): readonly Value[] {
  for (const [name, contents] of graph.initializers) scope.values.set(name, constantValue(name, contents));
  const own = new Set(scope.values.keys());
  const path = running.model.source;
  for (const spec of orderedNodes(graph.nodes, wanted, own, (name) => lookUp(scope, name) !== undefined, path)) {
    if (--running.budget.nodes < 0) {
      fail("onnx-graph", {
        path,
        reason: `it has more than ${MOST_NODES} nodes once loops and functions are written out`,
      });
    }
    const outputs = lowerNode(running, spec, scope);
    for (const [i, name] of spec.outputs.entries()) {
      const value = outputs[i];
      if (name === "" || !value) continue;
      if (scope.depth === 0 && !value.constant) running.wishes.set(value.name, running.wishes.get(value.name) ?? name);
      scope.values.set(name, value.constant ? { ...value, name } : value);
    }
  }
  return wanted.map(
    (name) => lookUp(scope, name) ?? fail("onnx-graph", { path, reason: `"${name}" is made by no node` }),
  );
}

function lowerNode(running: Running, spec: NodeSpec, scope: Scope): readonly Value[] {
  const facts = { node: spec.name, operator: shownOperator(spec) };
  const inputs = spec.inputs.map((name) => (name === "" ? undefined : lookUp(scope, name)));
  const called = running.model.functions.get(functionKey(spec.domain, spec.opType));
  try {
    if (called) return lowerCall(running, called, spec, inputs, scope);
    const operator = onnxOperator(spec.domain, spec.opType);
    if (!operator) return fail("onnx-operator", { ...facts, more: 0 });
    const node: OnnxNode = {
      name: `${scope.prefix}${spec.name}`,
      opType: spec.opType,
      domain: spec.domain,
      version: scope.opsets.get(spec.domain) ?? 1,
      inputs,
      outputs: spec.outputs.findLastIndex((name) => name !== "") + 1,
      attributes: spec.attributes as Readonly<Record<string, OnnxAttribute>>,
    };
    return lowered(running, node, operator, scope);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const batch = running.fixedBatch;
    const isBatch = batch !== undefined && error.message.includes("batch");
    return isBatch
      ? fail("onnx-fixed-batch", { ...facts, batch, reason: error.message })
      : fail("onnx-node", { ...facts, reason: error.message });
  }
}

/** By the operator's rule, or at once where the node works on sizes or on what the batch alone decides. */
function lowered(running: Running, node: OnnxNode, operator: OnnxOperator, scope: Scope): readonly Value[] {
  const computed = () => computedForBatches(node, (at) => operator.lower(at, contextOf(computing(running), at, scope)));
  const context = contextOf(running, node, scope);
  const known = node.inputs.some((input) => input?.batched) ? computed() : undefined;
  if (known) return known;
  try {
    return (operator.support !== "refused" && computedSizes(node, operator, context)) || operator.lower(node, context);
  } catch (error) {
    const found = error instanceof Refusal && operator.support !== "refused" ? computed() : undefined;
    if (!found) throw error;
    return found;
  }
}

/** The same without a graph to add nodes to. */
function computing(running: Running): Running {
  return { ...running, emitter: { ...running.emitter, ...computingEmitter } };
}

/** `com.microsoft.QGemm`, as messages name it. */
export function shownOperator({ domain, opType }: Pick<NodeSpec, "domain" | "opType">): string {
  return domain === "" ? opType : `${domain}.${opType}`;
}

function contextOf(running: Running, node: OnnxNode, scope: Scope): OnnxContext {
  const as = { name: node.name, layer: layerOf(node) };
  const emit: OnnxContext["emit"] = (opType, inputs, attributes = {}, options = {}) => {
    const settled = settledInputs(opType, inputs, repeat);
    return running.emitter.emit(as, opType, settled, attributes, options);
  };
  const one: OnnxContext["one"] = (opType, inputs, attributes = {}, domain = "") => {
    const [value] = emit(opType, inputs, attributes, { domain });
    if (!value) throw new Error(`onnx: ${opType} gave no output`);
    return value;
  };
  const repeat = (value: Value, shape: readonly Dim[]) => repeatedForBatch(value, shape, running.batched, one);
  return {
    emit,
    one,
    openBatch: (value, shape) => repeatedConstant(value, shape) ?? repeat(value, shape),
    subgraph(graph, inputs) {
      const values = new Map(graph.inputs.flatMap(({ name }, i) => (inputs[i] ? [[name, inputs[i]] as const] : [])));
      return lowerNodes(
        running,
        graph,
        graph.outputs.map(({ name }) => name),
        deeper(running, scope, values, `${node.name}/`, scope.opsets),
      );
    },
    ...(running.fixedBatch === undefined ? {} : { fixedBatch: running.fixedBatch }),
    refuse(reason) {
      throw new Refusal(reason);
    },
  };
}

function deeper(
  running: Running,
  scope: Scope,
  values: Map<string, Value>,
  prefix: string,
  opsets: ReadonlyMap<string, number>,
): Scope {
  if (scope.depth >= MOST_DEPTH) {
    const reason = `functions and subgraphs lie in one another deeper than ${MOST_DEPTH} levels`;
    fail("onnx-graph", { path: running.model.source, reason });
  }
  return { values, around: scope, opsets, prefix, depth: scope.depth + 1 };
}

/** The body of a function, with the call's operands and attributes in place of its own. */
function lowerCall(
  running: Running,
  called: FunctionSpec,
  spec: NodeSpec,
  inputs: readonly (Value | undefined)[],
  scope: Scope,
): readonly Value[] {
  const given = { ...called.defaults, ...spec.attributes };
  const nodes = called.nodes.map((node): NodeSpec => ({ ...node, attributes: bound(node.attributes, given) }));
  const values = new Map(called.inputs.flatMap((name, i) => (inputs[i] ? [[name, inputs[i]] as const] : [])));
  const inner = deeper(running, scope, values, `${scope.prefix}${spec.name}/`, called.opsets);
  // A function sees nothing but its inputs; an absent optional one is "" to its nodes.
  const { around: _, ...alone } = inner;
  const present = (name: string) => !called.inputs.includes(name) || values.has(name);
  const body = nodes.map((node) => ({ ...node, inputs: node.inputs.map((name) => (present(name) ? name : "")) }));
  const wanted = called.outputs.slice(0, spec.outputs.length);
  return lowerNodes(running, { nodes: body, initializers: new Map() }, wanted, alone);
}

function bound(
  attributes: Readonly<Record<string, OnnxAttribute>>,
  given: Readonly<Record<string, OnnxAttribute>>,
): Record<string, OnnxAttribute> {
  const entries = Object.entries(attributes).flatMap(([name, value]): [string, OnnxAttribute][] => {
    if (typeof value !== "object" || !("reference" in value)) return [[name, value]];
    const replaced = Object.hasOwn(given, value.reference) ? given[value.reference] : undefined;
    return replaced === undefined ? [] : [[name, replaced]];
  });
  return Object.fromEntries(entries);
}
