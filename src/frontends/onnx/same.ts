import type { Attribute, Domain } from "../../ir/graph.js";
import { operatorOf } from "../../ir/operators/registry.js";
import type { OnnxAttribute } from "./model.js";
import type { OnnxContext, OnnxNode, OnnxOperator } from "./operator.js";
import type { Value } from "./value.js";

/** Attributes that change nothing here: hints of training and of optimizers that are gone. */
const ignorable = new Set(["consumed_inputs", "is_test", "spatial", "momentum", "seed", "precision", "stash_type"]);

/**
 * The attributes of a node that the IR's operator has too.
 * @throws {DiagnosticError} for one that it has not: leaving it out would change the meaning
 */
export function sharedAttributes(
  node: OnnxNode,
  context: OnnxContext,
  opType = node.opType,
  domain = node.domain as Domain,
  handled: readonly string[] = [],
): Record<string, Attribute> {
  const known = operatorOf(domain, opType)?.attributes ?? {};
  const shared: Record<string, Attribute> = {};
  for (const [name, value] of Object.entries(node.attributes)) {
    if (Object.hasOwn(known, name) && isPlain(value)) shared[name] = value;
    else if (!handled.includes(name) && !ignorable.has(name)) {
      context.refuse(`attribute "${name}" is not supported`);
    }
  }
  return shared;
}

function isPlain(value: OnnxAttribute): value is Attribute {
  return !(typeof value === "object" && ("subgraph" in value || "reference" in value));
}

/** The node as it is: an operator that the IR has under the same name, with the signature of opset 21. */
export function asIs(
  node: OnnxNode,
  context: OnnxContext,
  inputs: readonly (Value | undefined)[] = node.inputs,
  handled: readonly string[] = [],
): readonly Value[] {
  return context.emit(
    node.opType,
    inputs,
    sharedAttributes(node, context, node.opType, node.domain as Domain, handled),
    {
      domain: node.domain as Domain,
      outputs: node.outputs,
    },
  );
}

/** Operators that are lowered to the one of the same name, whatever the opset. */
export function same(family: string, opTypes: string, domain: Domain = ""): OnnxOperator[] {
  return opTypes.split(" ").map((opType) => ({
    opType,
    domain,
    family,
    support: "lowered" as const,
    lower: (node, context) => asIs(node, context),
  }));
}
