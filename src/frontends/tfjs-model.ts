import { fail } from "../base/diagnostic.js";
import type { ContentHash } from "../base/hash.js";
import type { Graph } from "../ir/graph.js";
import { toGraph } from "./tfjs/graph.js";
import { layersModelFrom, readModelJson } from "./tfjs/read.js";
import { type ModelSummary, summarize } from "./tfjs/summary.js";
import { isGraphModel } from "./tfjs-graph/graph-def.js";
import { type GraphOptions, type LoweredGraph, lowerGraphModel } from "./tfjs-graph/lower.js";
import { graphModelFrom } from "./tfjs-graph/read.js";
import { summarizeGraphModel } from "./tfjs-graph/summary.js";

/** A TF.js model of either kind, read and checked. Both keep what `toGraph` promises of inputs, outputs and layers. */
export interface TfjsSource {
  readonly kind: "layers" | "graph";
  readonly hash: ContentHash;
  /** @throws {DiagnosticError} for what cannot be lowered */
  lower(options: GraphOptions): Graph;
  /** Never throws: what is wrong is in its diagnostics. */
  summarize(options: GraphOptions): ModelSummary;
}

/** The graph, unless it takes no batch but one size. @throws {DiagnosticError} */
function wholeBatches({ graph, fixedBatch }: LoweredGraph): Graph {
  return fixedBatch === undefined ? graph : fail("graph-batch-fixed", fixedBatch);
}

/**
 * Reads a TF.js model, a layers-model or a graph-model, as its model.json says.
 * @param path its model.json, or the folder that holds it
 * @throws {DiagnosticError} when a file is missing, damaged, too large, or no TF.js model
 */
export async function openTfjs(path: string): Promise<TfjsSource> {
  const file = await readModelJson(path);
  if (isGraphModel(file.json)) {
    const model = await graphModelFrom(file);
    return {
      kind: "graph",
      hash: model.hash,
      lower: (options) => wholeBatches(lowerGraphModel(model, options)),
      summarize: (options) => summarizeGraphModel(model, options),
    };
  }
  const model = await layersModelFrom(file);
  return {
    kind: "layers",
    hash: model.hash,
    lower: (options) => toGraph(model, options),
    summarize: (options) => summarize(model, options),
  };
}
