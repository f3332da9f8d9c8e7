import type { Domain } from "../graph.js";
import { attentions } from "./attention.js";
import { cast } from "./cast.js";
import { clip } from "./clip.js";
import { contribActivations } from "./contrib-activations.js";
import { contribProducts } from "./contrib-products.js";
import { contribQLinear } from "./contrib-qlinear.js";
import { convolutions } from "./convolution.js";
import { creations } from "./creation.js";
import { cumulative } from "./cumulative.js";
import { einsum } from "./einsum.js";
import { elementwiseBinary } from "./elementwise-binary.js";
import { elementwiseUnary } from "./elementwise-unary.js";
import { fakeQuantize } from "./fake-quantize.js";
import { gatherBlockQuantized } from "./gather-block.js";
import { gatherScatter } from "./gather-scatter.js";
import { indexing } from "./indexing.js";
import { integerProducts } from "./integer-products.js";
import { joining } from "./joining.js";
import { lrn } from "./lrn.js";
import { lstms } from "./lstm.js";
import { matrixProducts } from "./matmul.js";
import { matMulNBits } from "./matmul-nbits.js";
import { normalizations } from "./normalization.js";
import type { Operator } from "./operator.js";
import { pools } from "./pooling.js";
import { quantizeLinears } from "./quantize-linear.js";
import { recurrent } from "./recurrent.js";
import { reductions } from "./reduction.js";
import { resize } from "./resize.js";
import { rotaryEmbedding } from "./rotary.js";
import { selections } from "./selection.js";
import { shapeOperators } from "./shape.js";
import { skipNormalizations } from "./skip-normalization.js";
import { softmaxes } from "./softmax.js";
import { spaceDepth } from "./space-depth.js";

/** Every operator of the IR. */
export const operators: readonly Operator[] = [
  ...elementwiseUnary,
  ...elementwiseBinary,
  clip,
  cast,
  ...softmaxes,
  ...convolutions,
  ...pools,
  ...matrixProducts,
  ...normalizations,
  lrn,
  ...reductions,
  ...recurrent,
  ...lstms,
  ...shapeOperators,
  ...joining,
  ...indexing,
  ...gatherScatter,
  ...selections,
  ...cumulative,
  ...creations,
  ...spaceDepth,
  einsum,
  resize,
  ...quantizeLinears,
  ...integerProducts,
  ...contribProducts,
  ...contribQLinear,
  matMulNBits,
  ...attentions,
  rotaryEmbedding,
  ...skipNormalizations,
  ...contribActivations,
  gatherBlockQuantized,
  fakeQuantize,
];

const byName = new Map(operators.map((operator) => [`${operator.domain}:${operator.opType}`, operator]));

/** The operator of that name, or undefined. */
export function operatorOf(domain: Domain, opType: string): Operator | undefined {
  return byName.get(`${domain}:${opType}`);
}
