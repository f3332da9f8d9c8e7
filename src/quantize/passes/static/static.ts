import type { Graph, Node, Pass } from "../../../ir/graph.js";
import type { Range } from "../../../tensor/quant.js";
import type { Scheme } from "../../scheme.js";
import { channelFormat } from "../../weights.js";
import { precisionOf } from "../precision.js";
import { startRewrite } from "../rewrite.js";
import { trackValues, type Values } from "./codes.js";
import { planStatic, type StaticPlan } from "./plan.js";
import { emitMove, emitPointwise } from "./pointwise.js";
import { emitConvolution, emitDense } from "./product.js";
import type { Role } from "./roles.js";

/**
 * uint8 activations with the given ranges and int8 symmetric weights, in QOperator form: QLinearConv, QGemm, QLinear*.
 * What has no integer kernel stays float between a DequantizeLinear and a QuantizeLinear; no value is converted twice.
 * Inputs and outputs of the graph stay float32.
 * @see Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference"
 */
export function quantizeStatic(scheme: Scheme, ranges: ReadonlyMap<string, Range>): Pass {
  return {
    name: "quantize-static",
    summary: "uint8 activations with calibrated ranges and int8 weights, as QOperators",
    run: (graph) => onCodes(graph, scheme, ranges),
  };
}

function onCodes(graph: Graph, scheme: Scheme, ranges: ReadonlyMap<string, Range>): Graph {
  const plan = planStatic(graph, (node) => precisionOf(node, scheme) === "fp32");
  if (plan.roles.size === 0) return graph;
  const values = trackValues(plan, ranges, startRewrite(graph));
  for (const node of graph.nodes) {
    if (plan.absorbed.has(node)) continue;
    const role = plan.roles.get(node);
    if (role) emit(role, scheme, values, plan);
    else emitFloat(node, values);
  }
  for (const { name } of graph.outputs) values.floatOf(name, undefined);
  return values.rewrite.finish();
}

function emit(role: Role, scheme: Scheme, values: Values, plan: StaticPlan): void {
  const format = channelFormat(scheme.weights);
  if (role.kind === "conv") emitConvolution(role, format, values);
  else if (role.kind === "dense") emitDense(role, format, values, plan);
  else if (role.kind === "pointwise") emitPointwise(role, values);
  else emitMove(role, values);
}

function emitFloat(node: Node, values: Values): void {
  const inputs = node.inputs.map((input) => values.floatOf(input, node));
  values.rewrite.add({ ...node, inputs });
  for (const output of node.outputs) values.madeFloat(output);
}
