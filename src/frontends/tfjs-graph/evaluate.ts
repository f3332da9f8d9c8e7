import { type Diagnostic, DiagnosticError, diagnostic, fail } from "../../base/diagnostic.js";
import { nearestFact } from "../../base/nearest.js";
import type { OpContext, TensorValue } from "./definition.js";
import type { Emitter, Site } from "./emitter.js";
import { type Frame, framesOf } from "./frames.js";
import type { GraphFunction, GraphModel, Nodes } from "./model.js";
import type { GraphNode, NodeInput } from "./node.js";
import { NotStatic } from "./not-static.js";
import { opDefinition, opNames } from "./ops/registry.js";
import { ordered } from "./order.js";
import { known } from "./steps.js";

/** What an output of a node is: a value, on a branch that is not taken ("dead"), or for TF.js alone to compute ("tail"). */
export type Slot = TensorValue | "dead" | "tail";
export type Slots = readonly Slot[];

/** A node that is not lowered, and what stands in the way. */
export interface Cut {
  readonly node: string;
  readonly op: string;
  readonly reason: string;
}

/** Rounds of a loop that are unrolled. */
const MAX_ROUNDS = 1000;

/** Functions that call functions; more is a function that calls itself. */
const MAX_DEPTH = 32;

export interface Evaluated {
  readonly slots: ReadonlyMap<string, Slots>;
  readonly cuts: readonly Cut[];
}

/**
 * Lowers the nodes that the model's outputs need, in order. A node that cannot be lowered because something is not known
 * before it runs becomes the tail, and with it whatever reads it.
 * @param given values of the model's inputs, by their nodes
 * @throws {DiagnosticError} one diagnostic for each operator that is unknown or refused
 */
export function evaluateModel(
  model: GraphModel,
  emitter: Emitter,
  given: ReadonlyMap<string, Slots>,
  siteOf: (node: GraphNode) => Site,
): Evaluated {
  const frames = framesOf(model.nodes);
  const slots = new Map(given);
  const cuts: Cut[] = [];
  const errors: Diagnostic[] = [];
  const scope: Scope = { model, emitter, nodes: model.nodes, frames, slots, siteOf, depth: 0 };
  const targets = model.outputs.map(({ ref }) => ref.node);
  for (const node of ordered(model.nodes, targets, slots, frames)) {
    slots.set(node.name, ["tail"]);
    try {
      slots.set(node.name, evaluateNode(scope, node));
    } catch (error) {
      if (error instanceof NotStatic) cuts.push({ node: node.name, op: node.op, reason: error.reason });
      else if (error instanceof Unlowered) errors.push(error.diagnostic);
      else throw error;
    }
  }
  if (errors.length > 0) throw new DiagnosticError(...errors);
  return { slots, cuts };
}

/** An operator that nothing is known of, or that is refused: collected, so that all of them are told at once. */
class Unlowered extends Error {
  constructor(readonly diagnostic: Diagnostic) {
    super(diagnostic.code);
    this.name = "Unlowered";
  }
}

/** Nodes that are lowered together: of the model, of a function, or of one round of a loop. */
interface Scope {
  readonly model: GraphModel;
  readonly emitter: Emitter;
  readonly nodes: Nodes;
  readonly frames: ReadonlyMap<string, Frame>;
  readonly slots: Map<string, Slots>;
  readonly siteOf: (node: GraphNode) => Site;
  readonly depth: number;
}

/** Lowers what `targets` need, inside a function or a loop, where nothing can be left to a tail. */
function evaluateAll(scope: Scope, targets: readonly string[]): void {
  for (const node of ordered(scope.nodes, targets, scope.slots, scope.frames)) {
    scope.slots.set(node.name, evaluateNode(scope, node));
  }
}

function slotOf({ slots, nodes }: Scope, { node, port }: NodeInput, reader: string): Slot {
  const list = slots.get(node);
  // Whatever output of the tail it is.
  const slot = list?.[0] === "tail" ? "tail" : list?.[port];
  if (slot !== undefined) return slot;
  const what = nodes.has(node) && list === undefined ? "a loop that does not end in an Exit" : `${node}:${port}`;
  return fail("graph-input-missing", { node: reader, input: what });
}

function evaluateNode(scope: Scope, node: GraphNode): Slots {
  const frame = scope.frames.get(node.name);
  if (frame !== undefined) return [unrolled(scope, frame, node)];
  if (node.op === "Const") return [constantOf(scope.model, node, scope.siteOf(node))];
  const inputs = node.inputs.map((input) => slotOf(scope, input, node.name));
  if (node.op === "Merge") return mergeSlots(inputs);
  const definition = opDefinition(node.op);
  // Not even TF.js can run it, wherever it stands.
  if (definition === undefined) {
    const near = nearestFact(node.op, opNames());
    throw new Unlowered(diagnostic("graph-op-unknown", { node: node.name, op: node.op, ...near }));
  }
  if (inputs.includes("tail")) return ["tail"];
  if (!("lower" in definition)) {
    const { support, reason } = definition;
    if (support === "tail") throw new NotStatic(reason);
    throw new Unlowered(diagnostic("graph-op-unsupported", { node: node.name, op: node.op, reason }));
  }
  const values = inputs.filter((slot) => typeof slot !== "string");
  if (values.length < inputs.length) return ["dead"];
  const site = scope.siteOf(node);
  const call: OpContext["call"] = (name, args) => called(scope, node, site, name, args);
  const outputs = definition.lower(scope.emitter.contextOf(node, site, call), values);
  return outputs.map((value) => value ?? "dead");
}

/** The one input that is alive, and its number. */
function mergeSlots(inputs: Slots): Slots {
  if (inputs.includes("tail")) return ["tail"];
  const index = inputs.findIndex((slot) => slot !== "dead");
  const value = inputs[index];
  if (value === undefined) return ["dead"];
  return [value, known({ dtype: "int32", shape: [], data: Int32Array.of(index) })];
}

function constantOf(model: GraphModel, node: GraphNode, site: Site): TensorValue {
  const weight = model.weights.get(node.name);
  if (weight !== undefined) return known(weight, site.name);
  if (model.texts.has(node.name)) throw new NotStatic("texts and complex numbers have no kernels here");
  const near = nearestFact(node.name, [...model.weights.keys()].slice(0, 2000));
  return fail("graph-weight-missing", { node: node.name, ...near });
}

/** The results of a function of the library, lowered in the place of a node. */
function called(
  scope: Scope,
  caller: GraphNode,
  site: Site,
  name: string,
  inputs: readonly TensorValue[],
): readonly TensorValue[] {
  const definition: GraphFunction | undefined = scope.model.functions.get(name);
  if (definition === undefined) return fail("graph-input-missing", { node: caller.name, input: `function ${name}` });
  if (scope.depth >= MAX_DEPTH) return fail("graph-cycle", { nodes: [caller.name, name] });
  const slots = new Map<string, Slots>(definition.parameters.map((parameter, i) => [parameter, [inputs[i] ?? "dead"]]));
  const inner: Scope = {
    ...scope,
    nodes: definition.nodes,
    frames: framesOf(definition.nodes),
    slots,
    siteOf: (node) => ({ name: `${site.name}/${node.name}`, layer: `${site.layer}/${node.name}` }),
    depth: scope.depth + 1,
  };
  const targets = definition.outputs.map(({ node }) => node);
  evaluateAll(inner, targets);
  return definition.outputs.map((ref) => {
    const slot = slotOf(inner, ref, caller.name);
    if (typeof slot === "string") throw new NotStatic(`a result of "${name}" is on a branch that is not taken`);
    return slot;
  });
}

/** What leaves a loop by one Exit, its rounds lowered one after the other. */
function unrolled(scope: Scope, frame: Frame, exit: GraphNode): Slot {
  const variable = frame.variables.find((each) => each.switch === exit.inputs[0]?.node);
  if (variable === undefined || frame.condition === undefined) return fail("graph-cycle", { nodes: [exit.name] });
  const held = scope.slots.get(loopKey(frame));
  if (held !== undefined) return held[frame.variables.indexOf(variable)] ?? "dead";
  const entered = new Map(frame.enters.map((enter) => [enter, scope.slots.get(enter) ?? ["dead" as const]]));
  let current: Slots = frame.variables.map(({ enter }) => entered.get(enter)?.[0] ?? "dead");
  if (current.includes("tail") || [...entered.values()].some(([slot]) => slot === "tail")) return "tail";
  for (let round = 0; ; round++) {
    if (round > MAX_ROUNDS) throw new NotStatic(`a loop has more than ${MAX_ROUNDS} rounds`);
    const slots = new Map<string, Slots>(entered);
    for (const [i, { merge }] of frame.variables.entries()) slots.set(merge, [current[i] ?? "dead"]);
    const inner: Scope = { ...scope, slots };
    evaluateAll(inner, [frame.condition]);
    if (!isTrue(slotOf(inner, { node: frame.condition, port: 0 }, exit.name))) break;
    for (const [i, each] of frame.variables.entries()) {
      if (each.switch !== undefined) slots.set(each.switch, ["dead", current[i] ?? "dead"]);
    }
    evaluateAll(
      inner,
      frame.variables.map(({ next }) => next),
    );
    current = frame.variables.map(({ next }) => slotOf(inner, { node: next, port: 0 }, exit.name));
  }
  scope.slots.set(loopKey(frame), current);
  return current[frame.variables.indexOf(variable)] ?? "dead";
}

/** Where the results of a loop are held; no node can be called so. */
const loopKey = ({ name }: Frame): string => `^loop ${name}`;

function isTrue(slot: Slot): boolean {
  if (typeof slot === "string" || slot.constant === undefined) {
    throw new NotStatic("the condition of a loop depends on the values of the inputs");
  }
  return Number(slot.constant.data[0] ?? 0) !== 0;
}
