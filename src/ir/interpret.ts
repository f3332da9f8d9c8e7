import type { Tensor } from "../tensor/tensor.js";
import { evaluateDim, showShape } from "./dim.js";
import type { Graph, Node, ValueType } from "./graph.js";
import { completeAttributes, describe, inferTypes, messageOf } from "./infer.js";
import { operatorOf } from "./operators/registry.js";

/**
 * Runs a graph slowly and plainly: the meaning that engines and passes are checked against. Float operators
 * accumulate in float64 and round to float32 at each value they store; integer operators are exact.
 * @param feeds one tensor for each graph input, nothing else
 * @returns every value of the graph by name: inputs, initializers and the outputs of all nodes
 * @throws {Error} when a feed is missing, unknown or of the wrong type, or a node fails (the node is named)
 */
export function interpret(graph: Graph, feeds: Readonly<Record<string, Tensor>>): ReadonlyMap<string, Tensor> {
  const bindings = bindFeeds(graph, feeds);
  const types = inferTypes(graph);
  const values = new Map<string, Tensor>(graph.initializers);
  for (const { name } of graph.inputs) {
    const feed = feeds[name];
    if (feed) values.set(name, feed);
  }
  for (const node of graph.nodes) {
    const outputs = evaluateNode(node, values);
    for (const [i, name] of node.outputs.entries()) {
      const value = outputs[i];
      if (name === "" || !value) continue;
      checkType(node, name, value, types.get(name), bindings);
      values.set(name, value);
    }
  }
  return values;
}

function evaluateNode(node: Node, values: ReadonlyMap<string, Tensor>): readonly Tensor[] {
  const operator = operatorOf(node.domain, node.opType);
  if (!operator) throw new Error(`${describe(node)}: no such operator`);
  try {
    const inputs = node.inputs.map((name) => (name === "" ? undefined : values.get(name)));
    return operator.evaluate(inputs, completeAttributes(operator, node));
  } catch (cause) {
    throw new Error(`${describe(node)}: ${messageOf(cause)}`, { cause });
  }
}

/** Checks the feeds against the inputs and returns what each open size ("batch") stands for. */
export function bindFeeds(graph: Graph, feeds: Readonly<Record<string, Tensor>>): ReadonlyMap<string, number> {
  const expected = new Set(graph.inputs.map(({ name }) => name));
  for (const name of Object.keys(feeds)) {
    if (!expected.has(name)) throw new Error(`graph "${graph.name}" has no input "${name}"`);
  }
  const bindings = new Map<string, number>();
  for (const { name, type } of graph.inputs) {
    const feed = Object.hasOwn(feeds, name) ? feeds[name] : undefined;
    if (!feed) throw new Error(`input "${name}" of graph "${graph.name}" is not fed`);
    const refuse = () =>
      new Error(
        `input "${name}" is ${type.dtype} ${showShape(type.shape)} but is fed ${feed.dtype} ${showShape(feed.shape)}`,
      );
    if (feed.dtype !== type.dtype || feed.shape.length !== type.shape.length) throw refuse();
    for (const [i, dim] of type.shape.entries()) {
      const size = feed.shape[i] ?? 0;
      if (typeof dim === "string" && !bindings.has(dim)) bindings.set(dim, size);
      if (evaluateDim(dim, bindings) !== size) throw refuse();
    }
  }
  return bindings;
}

/** Inference and evaluation are written apart, so each checks the other. */
export function checkType(
  node: Node,
  name: string,
  value: Tensor,
  type: ValueType | undefined,
  bindings: ReadonlyMap<string, number>,
): void {
  const fits =
    type !== undefined &&
    type.dtype === value.dtype &&
    type.shape.length === value.shape.length &&
    type.shape.every((dim, i) => (evaluateDim(dim, bindings) ?? value.shape[i]) === value.shape[i]);
  if (!fits) {
    const inferred = type ? `${type.dtype} ${showShape(type.shape)}` : "nothing";
    throw new Error(
      `${describe(node)}: "${name}" came out as ${value.dtype} ${showShape(value.shape)} where inference says ${inferred}`,
    );
  }
}
