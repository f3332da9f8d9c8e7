import type { Graph, Node } from "../ir/graph.js";
import { verify } from "../ir/verify.js";
import type { Range } from "../tensor/quant.js";
import type { StoredBytes } from "../tensor/store.js";
import { formatOf, scaleKindOf } from "../tensor/store.js";
import { type Rewrite, startRewrite } from "./passes/rewrite.js";
import {
  dynamicProducts,
  floatActivations,
  heldActivations,
  productInputs,
  type SimulatedActivations,
} from "./passes/simulate/activations.js";
import { simulateWeights } from "./passes/simulate/weights.js";
import { planStatic, type StaticPlan } from "./passes/static/plan.js";
import type { Scheme } from "./scheme.js";
import { isCalibrated } from "./vocabulary.js";
import { layerFormat } from "./weight-format.js";

/** A graph that shows what a scheme without kernels does to a model. */
export interface SimulatedGraph {
  /**
   * The float graph with weights as they read back from their formats, and FakeQuantize where activations are held in one.
   * Without FakeQuantize it is an ordinary float graph.
   */
  readonly graph: Graph;
  /** What initializers would take in their formats; those that are not named are what they are. */
  readonly stored: ReadonlyMap<string, StoredBytes>;
}

/**
 * The graph under a scheme of any formats, computed in float32. The scheme's mode says which layers are quantized and
 * where activations are, as it does when it executes, so that formats can be compared in one sweep:
 * - static: products with constant weights, and every value that would be codes between them. Formats with one scale take
 *   it from calibration; formats with blocks, and groups, choose scales at run time and hold the inputs of products alone.
 * - dynamic: dense layers and LSTMs; scales of a run. The state inside an LSTM stays float.
 * - weight_only: weights alone.
 * @param graph  a float graph as the passes in passes/float leave it; not changed
 * @param ranges of mode "static", where the format of activations is calibrated
 * @throws {DiagnosticError} "weight-not-finite"
 */
export function simulateGraph(graph: Graph, scheme: Scheme, ranges?: ReadonlyMap<string, Range>): SimulatedGraph {
  const isFloat = (node: Node) => layerFormat(scheme, node.layer) === undefined;
  const plan = scheme.mode === "static" ? planStatic(graph, isFloat) : undefined;
  const rewrite = startRewrite(graph);
  const weights = simulateWeights(graph, scheme, plan, rewrite);
  const activations = activationsOf(graph, scheme, plan, { ranges, rewrite, isFloat });
  for (const node of graph.nodes) activations.add(node, weights.replace(node));
  return {
    graph: verify(rewrite.finish(), "after simulating"),
    stored: new Map([...weights.stored, ...activations.stored]),
  };
}

function activationsOf(
  graph: Graph,
  { mode, activations }: Scheme,
  plan: StaticPlan | undefined,
  parts: {
    readonly ranges: ReadonlyMap<string, Range> | undefined;
    readonly rewrite: Rewrite;
    readonly isFloat: (node: Node) => boolean;
  },
): SimulatedActivations {
  const { ranges, rewrite, isFloat } = parts;
  if (mode === "weight_only" || !activations) return floatActivations(rewrite);
  if (!plan) {
    const isProduct = dynamicProducts(graph);
    return productInputs(activations, (node) => isProduct(node) && !isFloat(node), rewrite);
  }
  if (isCalibrated(activations) || scaleKindOf(formatOf(activations.dtype)) === "none") {
    return heldActivations(activations, plan, ranges, rewrite);
  }
  const isProduct = (node: Node) => ["conv", "dense"].includes(plan.roles.get(node)?.kind ?? "");
  return productInputs(activations, isProduct, rewrite);
}

/** Whether scales of activations are chosen from a run's own values, so that samples that share a run change each other's. */
export function dependsOnBatch({ mode, activations }: Scheme): boolean {
  if (!activations) return false;
  const kind = scaleKindOf(formatOf(activations.dtype));
  // NVFP4's blocks share one scale of the tensor.
  if (kind === "blocks") return activations.dtype === "nvfp4";
  return mode === "dynamic" && kind === "given" && activations.group === undefined;
}
