import type { Graph, Pass } from "../../ir/graph.js";
import { tensor } from "../../tensor/tensor.js";
import type { Scheme } from "../scheme.js";
import { checkFinite, quantizeChannels, suffix } from "../weights.js";
import { type Dense, denseOf } from "./dense.js";
import { precisionOf } from "./precision.js";
import { type Rewrite, startRewrite, usesOf } from "./rewrite.js";

/**
 * Dense layers with int8 weights, whose input is quantized at run time (DynamicQuantizeMatMul). Convolutions stay in
 * float: ConvInteger is 2.5 to 10 times slower than the float kernel. Recurrent layers stay in float, too.
 */
export function quantizeDynamic(scheme: Scheme): Pass {
  return {
    name: "quantize-dynamic",
    summary: "Dense layers with int8 weights and inputs quantized at run time",
    run: (graph) => replaceDense(graph, scheme),
  };
}

function replaceDense(graph: Graph, scheme: Scheme): Graph {
  const uses = usesOf(graph);
  const rewrite = startRewrite(graph);
  const absorbed = new Set<unknown>();
  for (const node of graph.nodes) {
    if (absorbed.has(node)) continue;
    const dense = precisionOf(node, scheme) === "fp32" ? undefined : denseOf(node, graph, uses);
    if (!dense) rewrite.add(node);
    else {
      emit(dense, scheme, rewrite);
      for (const each of dense.absorbed) absorbed.add(each);
    }
  }
  return rewrite.finish();
}

function emit({ node, input, weight, matrix, bias, output }: Dense, scheme: Scheme, rewrite: Rewrite): void {
  checkFinite(weight, matrix, node.layer);
  const granularity = scheme.weights?.granularity ?? "per_channel";
  const { codes, scale } = quantizeChannels(matrix, { granularity, axis: 1 });
  const shape = granularity === "per_tensor" ? [] : [scale.length];
  const codesName = rewrite.constant(weight + suffix.codes, codes);
  const scaleName = rewrite.constant(weight + suffix.scale, tensor("float32", shape, scale));
  const biasInputs = bias ? ["", rewrite.constant(bias.name, bias.tensor)] : [];
  rewrite.add({
    ...node,
    opType: "DynamicQuantizeMatMul",
    domain: "com.microsoft",
    inputs: [input, codesName, scaleName, ...biasInputs],
    outputs: [output],
    attributes: {},
  });
}
