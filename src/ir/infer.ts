import type { Tensor } from "../tensor/tensor.js";
import type { Attribute, Graph, Node, ValueType } from "./graph.js";
import type { KnownInput, Operator } from "./operators/operator.js";
import { operatorOf } from "./operators/registry.js";

/** The type of a tensor. */
export function typeOfTensor(t: Tensor): ValueType {
  return { dtype: t.dtype, shape: t.shape };
}

/** A node's attributes with the operator's defaults filled in, floats rounded to float32 as ONNX stores them. */
export function completeAttributes(operator: Operator, node: Node): Readonly<Record<string, Attribute>> {
  const complete: Record<string, Attribute> = {};
  for (const [name, spec] of Object.entries(operator.attributes)) {
    const value = node.attributes[name] ?? spec.default;
    if (value !== undefined) complete[name] = spec.kind === "float" || spec.kind === "floats" ? rounded(value) : value;
  }
  return complete;
}

function rounded(value: Attribute): Attribute {
  if (typeof value === "number") return Math.fround(value);
  return Array.isArray(value) ? (value as readonly number[]).map(Math.fround) : value;
}

/**
 * The types of a node's outputs, in order; the operator may have more than the node names.
 * @param known type, and value if it is an initializer, of a named value
 * @throws {Error} naming the node, when the operator is unknown or refuses its inputs or attributes
 */
export function inferNode(node: Node, known: (name: string) => KnownInput | undefined): readonly ValueType[] {
  const operator = operatorOf(node.domain, node.opType);
  if (!operator) throw new Error(`${describe(node)}: no such operator`);
  const inputs = node.inputs.map((name) => {
    if (name === "") return undefined;
    const input = known(name);
    if (!input) throw new Error(`${describe(node)}: input "${name}" is not a value made before it`);
    return input;
  });
  try {
    return operator.infer(inputs, completeAttributes(operator, node));
  } catch (cause) {
    throw new Error(`${describe(node)}: ${messageOf(cause)}`, { cause });
  }
}

/**
 * Dtype and shape of every value: inputs, initializers and outputs of nodes. Nodes must be in topological order.
 * @throws {Error} naming the first node that is illegal
 */
export function inferTypes(graph: Graph): ReadonlyMap<string, ValueType> {
  const types = new Map<string, ValueType>();
  for (const input of graph.inputs) types.set(input.name, input.type);
  for (const [name, t] of graph.initializers) types.set(name, typeOfTensor(t));
  const known = (name: string): KnownInput | undefined => {
    const type = types.get(name);
    if (!type) return undefined;
    const constant = graph.initializers.get(name);
    return constant ? { type, constant } : { type };
  };
  for (const node of graph.nodes) {
    const outputs = inferNode(node, known);
    for (const [i, name] of node.outputs.entries()) {
      const type = outputs[i];
      if (name === "") continue;
      if (!type) throw new Error(`${describe(node)}: has no output ${i}`);
      types.set(name, type);
    }
  }
  return types;
}

/** `node "conv_1/Conv" (Conv)`, as messages name it. */
export function describe(node: Node): string {
  return `node "${node.name}" (${node.domain === "" ? "" : `${node.domain}.`}${node.opType})`;
}

/** The message of whatever was thrown. */
export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
