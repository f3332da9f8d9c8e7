import { textAttribute } from "./attributes.js";
import type { Nodes } from "./model.js";

/**
 * A loop as TensorFlow 1 writes it: a value enters the frame (Enter), Merge takes it or that of the last round
 * (NextIteration), LoopCond says whether there is another round, Switch sends it into the body or out (Exit).
 */
export interface Frame {
  readonly name: string;
  /** All Enter nodes, those of values that stay the same among them. */
  readonly enters: readonly string[];
  readonly variables: readonly LoopVariable[];
  /** The node whose value is the condition. */
  readonly condition: string | undefined;
}

export interface LoopVariable {
  readonly merge: string;
  readonly enter: string;
  readonly next: string;
  readonly switch: string | undefined;
}

/** The frame of each Exit node. */
export function framesOf(nodes: Nodes): ReadonlyMap<string, Frame> {
  const enters = new Map<string, string[]>();
  const frameOfEnter = new Map<string, string>();
  for (const node of nodes.values()) {
    if (node.op !== "Enter") continue;
    const frame = textAttribute(node, "frame_name", "");
    frameOfEnter.set(node.name, frame);
    enters.set(frame, [...(enters.get(frame) ?? []), node.name]);
  }
  if (enters.size === 0) return new Map();
  const switchOfMerge = new Map<string, string>();
  const exits: [exit: string, merge: string][] = [];
  for (const { name, op, inputs } of nodes.values()) {
    if (op === "Switch" && nodes.get(inputs[0]?.node ?? "")?.op === "Merge")
      switchOfMerge.set(inputs[0]?.node ?? "", name);
    if (op === "Exit") exits.push([name, nodes.get(inputs[0]?.node ?? "")?.inputs[0]?.node ?? ""]);
  }
  const variables = new Map<string, LoopVariable[]>();
  const frameOfMerge = new Map<string, string>();
  for (const { name: merge, op, inputs } of nodes.values()) {
    if (op !== "Merge") continue;
    const enter = inputs.find(({ node }) => frameOfEnter.has(node))?.node;
    const next = inputs.find(({ node }) => nodes.get(node)?.op === "NextIteration")?.node;
    const frame = frameOfEnter.get(enter ?? "");
    if (enter === undefined || next === undefined || frame === undefined) continue;
    frameOfMerge.set(merge, frame);
    variables.set(frame, [...(variables.get(frame) ?? []), { merge, enter, next, switch: switchOfMerge.get(merge) }]);
  }
  const frames = new Map<string, Frame>();
  for (const [name, list] of variables) {
    const first = list.find((variable) => variable.switch !== undefined)?.switch;
    const condition = nodes.get(first ?? "")?.inputs[1]?.node;
    frames.set(name, { name, enters: enters.get(name) ?? [], variables: list, condition });
  }
  return new Map(
    exits.flatMap(([exit, merge]) => {
      const frame = frames.get(frameOfMerge.get(merge) ?? "");
      return frame === undefined ? [] : [[exit, frame] as const];
    }),
  );
}
