import type { Graph, Pass } from "../ir/graph.js";
import { runPasses } from "../ir/passes.js";
import type { Range } from "../tensor/quant.js";
import { quantizeDynamic } from "./passes/dynamic.js";
import { ownWeights } from "./passes/own-weights.js";
import { spaceToDepth } from "./passes/static/space-to-depth.js";
import { quantizeStatic } from "./passes/static/static.js";
import { widenDepthwise } from "./passes/static/widen-depthwise.js";
import { quantizeWeightOnly } from "./passes/weight-only.js";
import type { Scheme } from "./scheme.js";

/**
 * The graph quantized as a scheme says; the same object for "fp32". Pure: the float graph is not changed. Nodes keep
 * their names and layers, inputs and outputs of the graph their names and types. A node without an integer kernel
 * stays in float.
 * @param graph  a float graph as the passes in passes/float leave it
 * @param ranges range of each observed value (see calibrate.ts); needed by "static"
 * @throws {DiagnosticError} "weight-not-finite"
 */
export function quantizeGraph(graph: Graph, scheme: Scheme, ranges?: ReadonlyMap<string, Range>): Graph {
  const passes = passesOf(scheme, ranges);
  return runPasses(graph, scheme.precise ? [...passes, ownWeights] : passes);
}

/**
 * A quantized graph as it is written for the engine: the same codes for every value, bit for bit, by the kernels that it
 * has the faster ones of. Weights may lie in another order; what looks at them takes the graph of `quantizeGraph`.
 */
export function engineForm(quantized: Graph): Graph {
  return runPasses(quantized, [spaceToDepth, widenDepthwise]);
}

function passesOf(scheme: Scheme, ranges: ReadonlyMap<string, Range> | undefined): readonly Pass[] {
  switch (scheme.mode) {
    case "fp32":
      return [];
    case "given":
      throw new Error("quantize: a model that came quantized is not quantized again");
    case "dynamic":
      return [quantizeDynamic(scheme)];
    case "weight_only":
      return [quantizeWeightOnly(scheme)];
    case "static":
      if (!ranges) throw new Error(`quantize: scheme "${scheme.name}" is static and came without ranges`);
      return [quantizeStatic(scheme, ranges)];
  }
}
