import type { Attribute } from "../ir/graph.js";

/** Products of integer codes, under the names that ONNX, onnxruntime and its fusions give them. */
const integerProducts = new Set(
  (
    "QLinearConv QLinearMatMul ConvInteger MatMulInteger MatMulInteger16 QGemm QAttention DynamicQuantizeMatMul " +
    "DynamicQuantizeLSTM MatMulIntegerToFloat ConvIntegerToFloat"
  ).split(" "),
);

/** Products in float, fused ones among them. */
const floatProducts = new Set(
  (
    "Conv ConvTranspose Gemm MatMul Einsum LSTM GRU RNN FusedConv NhwcFusedConv ConvTransposeWithDynamicPads FusedGemm " +
    "FusedMatMul TransposeMatMul FusedMatMulActivation GemmFloat8 Attention MultiHeadAttention"
  ).split(" "),
);

/** Weights in blocks multiply int8 activations at accuracy level 4 alone. */
const INTEGER_LEVEL = 4;

/** Whether a node multiplies integer codes. */
export function isIntegerProduct(node: {
  readonly opType: string;
  readonly attributes?: Readonly<Record<string, Attribute>>;
}): boolean {
  if (node.opType === "MatMulNBits") return node.attributes?.accuracy_level === INTEGER_LEVEL;
  return integerProducts.has(node.opType);
}

/** What an operator of the engine's optimized graph spends its time on. */
export type OperatorKind = "integer" | "float" | "border" | "layout" | "other";

const borders = new Set(["QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "Cast"]);
const layouts = new Set(["Transpose", "ReorderInput", "ReorderOutput"]);

/** The kind of an operator by its name alone. Products with weights in blocks count as integer, as Nibble emits them. */
export function operatorKind(operator: string): OperatorKind {
  if (operator === "MatMulNBits" || integerProducts.has(operator)) return "integer";
  if (floatProducts.has(operator)) return "float";
  if (borders.has(operator)) return "border";
  return layouts.has(operator) ? "layout" : "other";
}
