import type { Domain } from "../graph.js";
import { clip } from "./clip.js";
import { convolutions } from "./convolution.js";
import { elementwiseBinary } from "./elementwise-binary.js";
import { elementwiseUnary } from "./elementwise-unary.js";
import { matrixProducts } from "./matmul.js";
import { normalizations } from "./normalization.js";
import type { Operator } from "./operator.js";
import { pools } from "./pooling.js";
import { shapeOperators } from "./shape.js";
import { softmaxes } from "./softmax.js";

/** Every operator of the IR. */
export const operators: readonly Operator[] = [
  ...elementwiseUnary,
  ...elementwiseBinary,
  clip,
  ...softmaxes,
  ...convolutions,
  ...pools,
  ...matrixProducts,
  ...normalizations,
  ...shapeOperators,
];

const byName = new Map(operators.map((operator) => [`${operator.domain}:${operator.opType}`, operator]));

/** The operator of that name, or undefined. */
export function operatorOf(domain: Domain, opType: string): Operator | undefined {
  return byName.get(`${domain}:${opType}`);
}
