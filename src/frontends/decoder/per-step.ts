import { multiplyDims } from "../../ir/dim.js";
import type { Dim, Node } from "../../ir/graph.js";

/** Which operators treat each step of a sequence by itself, so that they may be given one step instead of many. */

/** Element by element; operands broadcast from the right. */
const elementwise = new Set(
  (
    "Add Sub Mul Div Pow Min Max Mod PRelu Where Equal Less Greater Erf Tanh Sigmoid Relu LeakyRelu Elu Selu Celu Gelu " +
    "FastGelu QuickGelu BiasGelu Softplus Softsign HardSigmoid HardSwish Mish ThresholdedRelu Sqrt Exp Log Neg Abs " +
    "Reciprocal Floor Clip Identity Cast Not QuantizeLinear DequantizeLinear DynamicQuantizeLinear QLinearAdd " +
    "QLinearMul QLinearSigmoid QLinearLeakyRelu FakeQuantize"
  ).split(" "),
);

/** The rows of the first input by a matrix or table that is the same for all of them. */
const byRow = new Set(
  "MatMul Gemm MatMulNBits MatMulInteger MatMulIntegerToFloat DynamicQuantizeMatMul QLinearMatMul QGemm Reshape".split(
    " ",
  ),
);

/** Two values of steps, row by row, normalized over the last axis. */
const skips = new Set(["SkipLayerNormalization", "SkipSimplifiedLayerNormalization"]);

/** Over the last axis alone, which is what their `axis` must say. */
const overLast = new Set(["Softmax", "LogSoftmax", "LayerNormalization", "SimplifiedLayerNormalization", "Split"]);

/** Rows of a table by the numbers of tokens. */
const lookups = new Set(["Gather", "GatherBlockQuantized"]);

/** Whether operands of the node broadcast, so that a constant may have a row for each step. */
export const isElementwise = (node: Node): boolean => elementwise.has(node.opType);

/** Whether the node attends to earlier steps and can have a cache of them. */
export function isCachedAttention({ opType, attributes }: Node): boolean {
  return opType === "GroupQueryAttention" || (opType === "MultiHeadAttention" && attributes.unidirectional === 1);
}

/** How steps lie in a value: `rows` [batch, steps, ...], or `flat` [batch * steps, ...]; undefined for neither. */
export function layoutOf(shape: readonly Dim[], batch: Dim, steps: number): "rows" | "flat" | undefined {
  if (shape[0] === batch && shape[1] === steps) return "rows";
  return shape[0] === multiplyDims([batch, steps]) ? "flat" : undefined;
}

/**
 * Whether a node gives the same for a step whatever other steps there are.
 * @param timed which of its inputs have steps
 * @param shape of its first output, whose layout is known to keep steps apart
 */
export function isPerStep(
  node: Node,
  timed: readonly boolean[],
  shape: readonly Dim[],
  layout: "rows" | "flat",
): boolean {
  const { opType, attributes } = node;
  if (elementwise.has(opType)) return true;
  if (overLast.has(opType)) {
    const axis = Number(attributes.axis ?? (opType === "Split" ? 0 : -1));
    return shape.length > (layout === "rows" ? 2 : 1) && (axis === -1 || axis === shape.length - 1);
  }
  if (lookups.has(opType)) return !timed[0] && timed[1] === true;
  if (skips.has(opType)) return true;
  return byRow.has(opType) && timed[0] === true && timed.lastIndexOf(true) === 0 && attributes.transA !== 1;
}
