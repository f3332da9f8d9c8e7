import type { Node } from "../../ir/graph.js";
import type { AttributeKind } from "../../ir/operators/operator.js";
import { operatorOf } from "../../ir/operators/registry.js";

/**
 * The ONNX type of an attribute, as the operator's definition says: in JavaScript 1 may be an int or a float.
 * @throws {Error} for an attribute that the operator does not have: a fault of ours, which `verify` finds first
 */
export function attributeKind(node: Node, name: string): AttributeKind {
  const kind = operatorOf(node.domain, node.opType)?.attributes[name]?.kind;
  if (!kind) throw new Error(`lowering: operator ${node.opType} of node "${node.name}" has no attribute "${name}"`);
  return kind;
}
