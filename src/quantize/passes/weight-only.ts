import type { Graph, Node, Pass } from "../../ir/graph.js";
import type { Scheme } from "../scheme.js";
import { checkFinite, columnsAsRows, groupFor, packRows, quantizeRows, suffix } from "../weights.js";
import { type Dense, denseOf } from "./dense.js";
import { blockEmbedding } from "./embedding.js";
import { storeHalfWeights } from "./half-weights.js";
import { precisionOf } from "./precision.js";
import { type Rewrite, startRewrite, usesOf } from "./rewrite.js";
import { storeScales, storeWeights } from "./stored-weights.js";

const DEFAULT_GROUP = 32;

/**
 * Dense layers compute from 2-, 4- or 8-bit weights by groups of the input dimension (MatMulNBits, accuracy_level 4: the
 * kernel quantizes its input to int8 by the same groups). Embeddings look rows of codes up (GatherBlockQuantized); see
 * embedding.ts. Weights of convolutions and recurrent layers, which have no such kernel, are stored in the same form and
 * computed in float; see stored-weights.ts.
 * fp16 weights are stored alone, for every kind of layer: half the bytes, the speed of float; see half-weights.ts.
 */
export function quantizeWeightOnly(scheme: Scheme): Pass {
  return {
    name: "quantize-weight-only",
    summary: "Weights as 2-, 4- or 8-bit codes by groups, activations in float",
    run: (graph) => replaceWeights(graph, scheme),
  };
}

function replaceWeights(graph: Graph, scheme: Scheme): Graph {
  const uses = usesOf(graph);
  const rewrite = startRewrite(graph);
  const group = scheme.weights?.group ?? DEFAULT_GROUP;
  const absorbed = new Set<Node>();
  const stored = new Map<string, string>();
  for (const node of graph.nodes) {
    if (absorbed.has(node)) continue;
    const bits = precisionOf(node, scheme);
    if (bits === "fp32" || bits === "fp16") {
      rewrite.add(bits === "fp32" ? node : storeHalfWeights(node, { graph, rewrite, stored }));
      continue;
    }
    const dense = denseOf(node, graph, uses);
    if (dense) {
      emitDense(dense, { bits, group }, rewrite);
      for (const each of dense.absorbed) absorbed.add(each);
    } else {
      const embedding = blockEmbedding(node, graph, { bits, group }, rewrite);
      rewrite.add(embedding ?? storeWeights(node, { graph, bits, group, rewrite, stored }));
    }
  }
  return rewrite.finish();
}

function emitDense(
  { node, input, weight, matrix, bias, output, absorbed }: Dense,
  { bits, group }: { bits: 2 | 4 | 8; group: number },
  rewrite: Rewrite,
): void {
  checkFinite(weight, matrix, node.layer);
  const [inputs = 0, outputs = 0] = matrix.shape;
  const size = groupFor(inputs, group, bits);
  const rows = quantizeRows(columnsAsRows(matrix), outputs, { bits, size });
  const codes = rewrite.constant(weight + suffix.codes, packRows(rows));
  const scale = storeScales(weight + suffix.scale, [rows.scale.length], rows.scale, node, rewrite);
  const product = bias ? rewrite.freeName(`${output}:product`) : output;
  rewrite.add({
    ...node,
    opType: "MatMulNBits",
    domain: "com.microsoft",
    inputs: [input, codes, scale],
    outputs: [product],
    attributes: { K: inputs, N: outputs, bits, block_size: size, accuracy_level: 4 },
  });
  if (!bias) return;
  const [add] = absorbed;
  const name = add?.name ?? `${node.name}/Add`;
  const layer = node.layer === undefined ? {} : { layer: node.layer };
  const inputNames = [product, rewrite.constant(bias.name, bias.tensor)];
  rewrite.add({ name, opType: "Add", domain: "", inputs: inputNames, outputs: [output], attributes: {}, ...layer });
}
