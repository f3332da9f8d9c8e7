import type { Graph } from "../ir/graph.js";

/**
 * Functions that give shares between 0 and 1. Near 0 they come from subtractions beside 1, so that their float32 is exact to
 * about 1e-7 of 1, however small they are: kernels of two engines differ by that in a probability of 1e-5.
 */
const SHARES = new Set(["Sigmoid", "Softmax", "HardSigmoid"]);

/** What an output that is all shares is judged by where its own values are smaller. */
const LEAST_SHARE = 0.01;

/** Operators that only move elements. */
const MOVING = new Set(["Reshape", "Transpose", "Squeeze", "Unsqueeze", "Flatten", "Identity"]);

/** The least magnitude by which rounding of each output is judged; 0 where its own values say that. */
export function leastScales(graph: Graph): number[] {
  const producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  return graph.outputs.map(({ name }) => {
    let node = producers.get(name);
    while (node !== undefined && MOVING.has(node.opType)) node = producers.get(node.inputs[0] ?? "");
    return node !== undefined && SHARES.has(node.opType) ? LEAST_SHARE : 0;
  });
}
