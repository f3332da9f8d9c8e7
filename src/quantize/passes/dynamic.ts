import type { Graph, Node, Pass } from "../../ir/graph.js";
import { tensor } from "../../tensor/tensor.js";
import type { Scheme } from "../scheme.js";
import { type ChannelFormat, channelFormat, checkFinite, quantizeChannels, suffix } from "../weights.js";
import { type Dense, denseOf } from "./dense.js";
import { dynamicLstm } from "./dynamic-lstm.js";
import { precisionOf } from "./precision.js";
import { type Rewrite, startRewrite, usesOf } from "./rewrite.js";

/**
 * Dense layers and LSTMs with int8 weights, whose inputs are quantized at run time (DynamicQuantizeMatMul,
 * DynamicQuantizeLSTM). Convolutions stay in float: ConvInteger is 2.5 to 10 times slower than the float kernel. GRU has
 * no integer kernel.
 */
export function quantizeDynamic(scheme: Scheme): Pass {
  return {
    name: "quantize-dynamic",
    summary: "Dense layers and LSTMs with int8 weights and inputs quantized at run time",
    run: (graph) => replaceProducts(graph, scheme),
  };
}

function replaceProducts(graph: Graph, scheme: Scheme): Graph {
  const uses = usesOf(graph);
  const rewrite = startRewrite(graph);
  const format = channelFormat(scheme.weights);
  const absorbed = new Set<Node>();
  for (const node of graph.nodes) {
    if (absorbed.has(node)) continue;
    if (precisionOf(node, scheme) === "fp32") {
      rewrite.add(node);
      continue;
    }
    const dense = denseOf(node, graph, uses);
    if (dense) {
      emit(dense, format, rewrite);
      for (const each of dense.absorbed) absorbed.add(each);
    } else rewrite.add(dynamicLstm(node, graph, format, rewrite) ?? node);
  }
  return rewrite.finish();
}

function emit({ node, input, weight, matrix, bias, output }: Dense, format: ChannelFormat, rewrite: Rewrite): void {
  checkFinite(weight, matrix, node.layer);
  const { codes, scale } = quantizeChannels(matrix, { ...format, axis: 1 });
  const shape = format.granularity === "per_tensor" ? [] : [scale.length];
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
