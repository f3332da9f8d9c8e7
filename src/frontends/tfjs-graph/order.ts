import { fail } from "../../base/diagnostic.js";
import type { Frame } from "./frames.js";
import type { Nodes } from "./model.js";
import type { GraphNode } from "./node.js";

/**
 * The nodes that `targets` need, each after the nodes it reads. A loop is one step: its Exit needs what enters it.
 * @param given nodes whose values are there already
 * @param frames the loop of each Exit node
 * @throws {DiagnosticError} naming nodes that wait for one another
 */
export function ordered(
  nodes: Nodes,
  targets: readonly string[],
  given: { has(name: string): boolean },
  frames: ReadonlyMap<string, Frame>,
): GraphNode[] {
  const order: GraphNode[] = [];
  const state = new Map<string, "open" | "done">();
  // A stack of its own: a chain of nodes may be longer than the call stack is deep.
  const stack = [...targets].reverse();
  while (stack.length > 0) {
    const name = stack.at(-1) as string;
    const node = nodes.get(name);
    if (given.has(name) || state.get(name) === "done" || node === undefined) {
      stack.pop();
      continue;
    }
    const reads = frames.get(name)?.enters ?? node.inputs.map((input) => input.node);
    const needs = reads.filter((need) => !given.has(need) && state.get(need) !== "done" && nodes.has(need));
    if (needs.length === 0) {
      order.push(node);
      state.set(name, "done");
      stack.pop();
      continue;
    }
    const waiting = needs.filter((need) => state.get(need) === "open");
    if (state.get(name) === "open" || waiting.length > 0) {
      fail("graph-cycle", { nodes: [...new Set([name, ...(waiting.length > 0 ? waiting : needs)])] });
    }
    state.set(name, "open");
    stack.push(...needs.reverse());
  }
  return order;
}
