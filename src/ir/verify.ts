import type { Tensor } from "../tensor/tensor.js";
import { showShape } from "./dim.js";
import type { Attribute, Graph, Node, ValueType } from "./graph.js";
import { describe, inferTypes, messageOf } from "./infer.js";
import type { AttributeKind, Operator } from "./operators/operator.js";
import { operatorOf } from "./operators/registry.js";

/**
 * Checks everything that a graph promises: unique names, one producer for each value, topological order, known
 * operators, their arity and attributes, and that inferred types are the declared ones. Operators check their own
 * rules in `infer`, the axis and length of quantization scales among them (ONNX Runtime finds those at run time only).
 * @param stage what made the graph, for the message: "after pass fold-batch-norm"
 * @returns the same graph
 * @throws {Error} naming the stage and the node: a fault of ours, never of the user
 */
export function verify(graph: Graph, stage: string): Graph {
  try {
    checkNames(graph);
    for (const node of graph.nodes) checkNode(node);
    checkOutputs(graph, inferTypes(graph));
  } catch (cause) {
    throw new Error(`graph "${graph.name}" is illegal ${stage}: ${messageOf(cause)}`, { cause });
  }
  return graph;
}

function checkNames(graph: Graph): void {
  const values = new Set<string>();
  const claim = (name: string, owner: string) => {
    if (name === "") throw new Error(`${owner} has no name`);
    if (values.has(name)) throw new Error(`value "${name}" has two producers; the second is ${owner}`);
    values.add(name);
  };
  for (const input of graph.inputs) {
    claim(input.name, "a graph input");
    for (const dim of input.type.shape) checkDim(dim, input.name);
  }
  for (const [name, t] of graph.initializers) {
    claim(name, "an initializer");
    if (t.data.length !== t.shape.reduce((a, b) => a * b, 1)) {
      throw new Error(`initializer "${name}" has ${t.data.length} elements, which do not fill ${showShape(t.shape)}`);
    }
  }
  const nodes = new Set<string>();
  for (const node of graph.nodes) {
    if (node.name === "") throw new Error(`a node (${node.opType}) has no name`);
    if (nodes.has(node.name)) throw new Error(`two nodes are called "${node.name}"`);
    nodes.add(node.name);
    for (const input of node.inputs) {
      if (input !== "" && !values.has(input)) {
        throw new Error(`${describe(node)}: input "${input}" is not a value made before it`);
      }
    }
    for (const output of node.outputs) if (output !== "") claim(output, describe(node));
  }
}

function checkDim(dim: string | number, input: string): void {
  const legal = typeof dim === "number" ? Number.isInteger(dim) && dim >= 0 : /^[A-Za-z_]\w*$/.test(dim);
  if (!legal)
    throw new Error(`graph input "${input}" has dimension ${JSON.stringify(dim)}: a count or an identifier is needed`);
}

function checkNode(node: Node): void {
  const operator = operatorOf(node.domain, node.opType);
  if (!operator) throw new Error(`${describe(node)}: no such operator`);
  checkCount(node, "inputs", node.inputs.length, operator.inputs);
  checkCount(node, "outputs", node.outputs.length, operator.outputs);
  for (let i = 0; i < operator.inputs[0]; i++) {
    if (node.inputs[i] === "") throw new Error(`${describe(node)}: input ${i} is required`);
  }
  checkAttributes(node, operator);
}

function checkCount(node: Node, what: string, found: number, [least, most]: readonly [number, number]): void {
  if (found < least || found > most) {
    const wanted = least === most ? `${least}` : `${least}..${most}`;
    throw new Error(`${describe(node)}: has ${found} ${what}, not ${wanted}`);
  }
}

function checkAttributes(node: Node, operator: Operator): void {
  for (const [name, value] of Object.entries(node.attributes)) {
    const spec = Object.hasOwn(operator.attributes, name) ? operator.attributes[name] : undefined;
    if (!spec) throw new Error(`${describe(node)}: has no attribute "${name}"`);
    if (!hasKind(value, spec.kind))
      throw new Error(`${describe(node)}: attribute "${name}" is not of kind ${spec.kind}`);
  }
  for (const [name, spec] of Object.entries(operator.attributes)) {
    if (spec.required && node.attributes[name] === undefined) {
      throw new Error(`${describe(node)}: attribute "${name}" is required`);
    }
  }
}

/** Whether an attribute's value is of the kind that the operator's spec declares. */
function hasKind(value: Attribute, kind: AttributeKind): boolean {
  const isTensor = (v: Attribute): v is Tensor => typeof v === "object" && "dtype" in v;
  switch (kind) {
    case "int":
      return Number.isSafeInteger(value);
    case "float":
      return typeof value === "number";
    case "string":
      return typeof value === "string";
    case "ints":
      return Array.isArray(value) && value.every(Number.isSafeInteger);
    case "floats":
      return Array.isArray(value) && value.every((v) => typeof v === "number");
    case "strings":
      return Array.isArray(value) && value.every((v) => typeof v === "string");
    case "tensor":
      return isTensor(value);
  }
}

function checkOutputs(graph: Graph, types: ReadonlyMap<string, ValueType>): void {
  if (graph.outputs.length === 0) throw new Error("it has no outputs");
  const names = new Set<string>();
  for (const { name, type } of graph.outputs) {
    if (names.has(name)) throw new Error(`output "${name}" is named twice`);
    names.add(name);
    const found = types.get(name);
    if (!found) throw new Error(`output "${name}" is not a value of the graph`);
    const same =
      found.dtype === type.dtype &&
      found.shape.length === type.shape.length &&
      found.shape.every((dim, i) => dim === type.shape[i]);
    if (!same) {
      throw new Error(
        `output "${name}" is declared ${type.dtype} ${showShape(type.shape)} but is ${found.dtype} ${showShape(found.shape)}`,
      );
    }
  }
}
