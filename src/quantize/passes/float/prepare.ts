import type { Graph, Pass } from "../../../ir/graph.js";
import { runPasses } from "../../../ir/passes.js";
import { foldBatchNorm } from "./fold-batch-norm.js";
import { foldConstants } from "./fold-constants.js";
import { foldPad } from "./fold-pad.js";
import { fuseAttention } from "./fuse-attention.js";
import { fuseGelu } from "./fuse-gelu.js";
import { fuseLayerNorm } from "./fuse-layer-norm.js";
import { lowerEinsum } from "./lower-einsum.js";
import { mergeBias } from "./merge-bias.js";
import { moveTransposes } from "./move-transposes.js";
import { removeIdentity } from "./remove-identity.js";
import { simplifyClip } from "./simplify-clip.js";
import { splitPrelu } from "./split-prelu.js";

/** What is written out in many nodes becomes one. */
export const fusingPasses: readonly Pass[] = [
  removeIdentity,
  lowerEinsum,
  foldConstants,
  fuseLayerNorm,
  fuseGelu,
  fuseAttention,
];

/**
 * The passes that every model goes through, in order. What is written out in many nodes becomes one before anything moves.
 * Then Transposes move, so that what belongs together is adjacent, and again at the end, because a folded batch
 * normalization no longer stands in their way.
 */
export const floatPasses: readonly Pass[] = [
  ...fusingPasses,
  moveTransposes,
  foldBatchNorm,
  mergeBias,
  foldPad,
  simplifyClip,
  moveTransposes,
  splitPrelu,
  removeIdentity,
];

/**
 * The one float graph that both the fp32 baseline and every quantization start from: it computes what `graph` computes, with
 * batch normalization folded, layouts settled and biases and cuts in the forms that engines have kernels for.
 */
export function prepare(graph: Graph): Graph {
  return runPasses(graph, floatPasses);
}
