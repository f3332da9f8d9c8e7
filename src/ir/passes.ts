import type { Graph, Pass } from "./graph.js";
import { messageOf } from "./infer.js";
import { verify } from "./verify.js";

/**
 * Runs passes in order and verifies the graph before the first and after each.
 * @throws {Error} naming the pass that failed or left an illegal graph
 */
export function runPasses(graph: Graph, passes: readonly Pass[]): Graph {
  const [first] = passes;
  let current = first ? verify(graph, `before pass ${first.name}`) : graph;
  for (const pass of passes) {
    const next = applyPass(current, pass);
    if (next !== current) current = verify(next, `after pass ${pass.name}`);
  }
  return current;
}

function applyPass(graph: Graph, pass: Pass): Graph {
  try {
    return pass.run(graph);
  } catch (cause) {
    throw new Error(`pass ${pass.name}: ${messageOf(cause)}`, { cause });
  }
}
