import type { ContentHash } from "../../base/hash.js";
import type { Graph } from "../../ir/graph.js";
import { floatForm } from "./float-form.js";
import { toGraph } from "./graph.js";
import type { GraphOptions } from "./inputs.js";
import { isQuantized } from "./quantized.js";
import { readOnnx } from "./read.js";
import { type ModelSummary, summarizeOnnx } from "./summary.js";

/** An ONNX model that is read. */
export interface OpenedOnnx {
  readonly hash: ContentHash;
  /** @throws {DiagnosticError} what `toGraph` says; `onnx-node` where a quantized node has no float form */
  lowerBoth(options: GraphOptions): LoweredOnnx;
  summarize(options: GraphOptions): ModelSummary;
}

export interface LoweredOnnx {
  /** Float: what fp32 runs and every scheme starts from. */
  readonly graph: Graph;
  /** The model as it came, where that is quantized. */
  readonly given?: Graph;
}

/** @throws {DiagnosticError} what `readOnnx` says */
export async function openOnnx(path: string): Promise<OpenedOnnx> {
  const model = await readOnnx(path);
  return {
    hash: model.hash,
    lowerBoth(options) {
      const graph = toGraph(model, options);
      return isQuantized(graph) ? { graph: floatForm(graph), given: graph } : { graph };
    },
    summarize: (options) => summarizeOnnx(model, options),
  };
}
