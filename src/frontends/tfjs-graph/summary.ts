import { type Diagnostic, DiagnosticError, diagnostic } from "../../base/diagnostic.js";
import type { Graph } from "../../ir/graph.js";
import { elementCount } from "../../tensor/tensor.js";
import type { LayerSummary, ModelSummary } from "../tfjs/summary.js";
import { declaredInputs } from "./inputs.js";
import { isQuantizable, sitesOf } from "./layers.js";
import { type GraphOptions, type LoweredGraph, lowerGraphModel } from "./lower.js";
import type { GraphModel } from "./model.js";

/** Layers, inputs and outputs of a graph-model. Never throws: what is wrong with the model is in `diagnostics`. */
export function summarizeGraphModel(model: GraphModel, options: GraphOptions = {}): ModelSummary {
  const inputs = declaredInputs(model);
  try {
    const lowered = lowerGraphModel(model, options);
    const outputs = lowered.graph.outputs.map(({ name, type }) => ({ name, shape: type.shape.slice(1).map(Number) }));
    return { layers: layersOf(model, lowered.graph), inputs, outputs, diagnostics: remarksOf(lowered) };
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    const outputs = model.outputs.map(({ name }) => ({ name }));
    return { layers: [], inputs, outputs, diagnostics: error.diagnostics };
  }
}

/** What a user has to know of a model that is not lowered as it stands. */
function remarksOf({ cuts, outputs, fixedBatch }: LoweredGraph): Diagnostic[] {
  const names = outputs.map(({ name }) => name);
  return [
    ...(cuts.length === 0 ? [] : [diagnostic("graph-cut", { cuts, outputs: names }, { severity: "warning" })]),
    ...(fixedBatch === undefined ? [] : [diagnostic("graph-batch-fixed", fixedBatch)]),
  ];
}

/** The layers of the lowered graph in its order, with the operator that says most of each: the one with the weights. */
function layersOf(model: GraphModel, graph: Graph): LayerSummary[] {
  const siteOf = sitesOf(model);
  const ops = new Map<string, string>();
  for (const node of model.nodes.values()) {
    if (node.op === "Const") continue;
    const { layer } = siteOf(node);
    const held = ops.get(layer);
    if (held === undefined || (isQuantizable(node.op) && !isQuantizable(held))) ops.set(layer, node.op);
  }
  const weights = new Map<string, Set<string>>();
  for (const { layer, inputs } of graph.nodes) {
    if (layer === undefined) continue;
    const own = weights.get(layer) ?? new Set<string>();
    for (const input of inputs) if (graph.initializers.get(input)?.dtype === "float32") own.add(input);
    weights.set(layer, own);
  }
  return [...weights].map(([name, own]) => {
    const className = ops.get(name) ?? name.split("/").at(-1) ?? name;
    const sizes = [...own].map((weight) => elementCount(graph.initializers.get(weight)?.shape ?? []));
    const parameters = sizes.reduce((sum, size) => sum + size, 0);
    return { name, className, parameters, quantizable: isQuantizable(className) && parameters > 0 };
  });
}
