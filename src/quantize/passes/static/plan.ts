import type { Graph, Node } from "../../../ir/graph.js";
import { inferTypes } from "../../../ir/infer.js";
import { usesOf } from "../rewrite.js";
import { type Context, type Role, roleOf } from "./roles.js";

/** Which nodes of a float graph run on uint8 codes. */
export interface StaticPlan {
  readonly context: Context;
  /** Roles of the nodes that run on codes; every other node stays in float. */
  readonly roles: ReadonlyMap<Node, Role>;
  /** Nodes that are part of another one's role. */
  readonly absorbed: ReadonlySet<Node>;
  /** Dense layers with int8 operands whose result nobody wants as codes: they give float32 at once. */
  readonly floatResult: ReadonlySet<Node>;
  /** The value whose range and parameters hold for a value: its source through all that only moves values. */
  readonly rootOf: (value: string) => string;
}

/**
 * Decides what runs on codes. Products always do. Pointwise operators do when all that they read is codes anyway;
 * operators that move values do when their input is codes, and before a product (moving codes costs a quarter of
 * moving floats). So a whole region of a convolutional net stays on codes, and a float island appears only where an
 * operator has no integer kernel or a `keep` rule says so.
 */
export function planStatic(graph: Graph, staysFloat: (node: Node) => boolean = () => false): StaticPlan {
  const context: Context = { graph, uses: usesOf(graph), types: inferTypes(graph), staysFloat };
  const candidates = new Map<Node, Role>();
  const absorbed = new Set<Node>();
  for (const node of graph.nodes) {
    const role = absorbed.has(node) ? undefined : roleOf(node, context);
    if (!role) continue;
    candidates.set(node, role);
    for (const each of role.absorbed) absorbed.add(each);
  }
  const onCodes = spreadForward(candidates, () => false);
  const { hoisted, floatResult } = spreadBackward(candidates, onCodes, context);
  const settled = spreadForward(candidates, (node) => floatResult.has(node));
  const roles = new Map<Node, Role>();
  for (const [node, role] of candidates) {
    if (settled.has(node) || hoisted.has(node)) roles.set(node, floatResult.has(node) ? withoutSaturation(role) : role);
  }
  return {
    context,
    roles,
    absorbed: new Set([...roles.values()].flatMap((role) => [...role.absorbed])),
    floatResult,
    rootOf: rootFinder(graph, context),
  };
}

/** Nodes that run on codes because their inputs are codes; products need no reason. */
function spreadForward(candidates: ReadonlyMap<Node, Role>, givesFloat: (node: Node) => boolean): Set<Node> {
  const codes = new Set<string>();
  const onCodes = new Set<Node>();
  for (const [node, role] of candidates) {
    const product = role.kind === "conv" || role.kind === "dense";
    if (!product && !role.inputs.every((input) => codes.has(input))) continue;
    onCodes.add(node);
    if (givesFloat(node)) continue;
    for (const output of outputsOf(role)) codes.add(output);
  }
  return onCodes;
}

/**
 * Walks back from what reads codes.
 * @returns moves of float values that only readers of codes read, and dense layers whose result no reader wants as codes
 */
function spreadBackward(
  candidates: ReadonlyMap<Node, Role>,
  onCodes: ReadonlySet<Node>,
  { uses }: Context,
): { readonly hoisted: ReadonlySet<Node>; readonly floatResult: ReadonlySet<Node> } {
  const wanted = new Set<string>();
  const hoisted = new Set<Node>();
  const floatResult = new Set<Node>();
  for (const [node, role] of [...candidates].reverse()) {
    const wants = outputsOf(role).some((output) => wanted.has(output));
    if (role.kind === "move") {
      if (!wants) continue;
      const readers = outputsOf(role).flatMap((output) => uses.consumers.get(output) ?? []);
      const allRead = readers.every((reader) => onCodes.has(reader) || hoisted.has(reader));
      if (!onCodes.has(node) && allRead && !outputsOf(role).some(uses.isOutput)) hoisted.add(node);
      if (onCodes.has(node) || hoisted.has(node)) for (const input of role.inputs) wanted.add(input);
    } else if (onCodes.has(node)) {
      if (role.kind === "dense" && !wants) floatResult.add(node);
      for (const input of role.inputs) wanted.add(input);
    }
  }
  return { hoisted, floatResult };
}

/** A Relu after a dense layer with float result is not part of the layer: no range of codes does its work. */
function withoutSaturation(role: Role): Role {
  if (role.kind !== "dense") return role;
  return { ...role, output: role.dense.output, absorbed: role.dense.absorbed };
}

function outputsOf(role: Role): readonly string[] {
  return role.kind === "move" ? role.outputs : [role.output];
}

function rootFinder(graph: Graph, context: Context): (value: string) => string {
  const everything = { ...context, staysFloat: () => false };
  const source = new Map<string, string>();
  for (const node of graph.nodes) {
    const role = roleOf(node, everything);
    if (role?.kind !== "move") continue;
    const [input = ""] = role.inputs;
    for (const output of role.outputs) source.set(output, source.get(input) ?? input);
  }
  return (value) => source.get(value) ?? value;
}
