import type { Graph } from "../ir/graph.js";
import type { StoredBytes } from "../tensor/store.js";
import { bytesOf, type Tensor } from "../tensor/tensor.js";
import { suffix } from "./weights.js";

/** Bytes of a graph's initializers by what they are. */
export interface WeightBytes {
  /** Integer weights and quantized constants; packed ones as packed. */
  codes: number;
  scales: number;
  zeroPoints: number;
  /** float32 weights and constants that were left as they are. */
  float: number;
  /** int32 biases, shapes, axes and other integers. */
  other: number;
}

/**
 * The bytes as they lie in the file; names and graph structure are not among them.
 * @param stored what initializers of a simulated graph would take in their formats, instead of what they are
 */
export function weightBytes(graph: Graph, stored: ReadonlyMap<string, StoredBytes> = new Map()): WeightBytes {
  const bytes: WeightBytes = { codes: 0, scales: 0, zeroPoints: 0, float: 0, other: 0 };
  for (const [name, t] of graph.initializers) {
    const own = stored.get(name);
    if (!own) bytes[kindOf(name, t)] += bytesOf(t).length;
    else for (const kind of ["codes", "scales", "zeroPoints"] as const) bytes[kind] += own[kind];
  }
  return bytes;
}

function kindOf(name: string, { dtype }: Tensor): keyof WeightBytes {
  // A name that was taken has a number after its ending.
  const ending = (text: string) => name.replace(/_\d+$/, "").endsWith(text);
  if (ending(suffix.zeroPoint)) return "zeroPoints";
  if (ending(suffix.scale)) return "scales";
  if (ending(suffix.codes)) return "codes";
  return dtype.startsWith("float") ? "float" : "other";
}
