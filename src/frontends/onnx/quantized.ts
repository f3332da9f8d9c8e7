import type { Graph } from "../../ir/graph.js";

/** Operators of models that came quantized, under the names that ONNX and onnxruntime give them. */
export const quantizedOperators: ReadonlySet<string> = new Set(
  (
    "QuantizeLinear DequantizeLinear DynamicQuantizeLinear QLinearConv QLinearMatMul ConvInteger MatMulInteger " +
    "QGemm DynamicQuantizeMatMul MatMulIntegerToFloat DynamicQuantizeLSTM MatMulNBits GatherBlockQuantized " +
    "QLinearAdd QLinearMul QLinearConcat QLinearAveragePool QLinearGlobalAveragePool QLinearLeakyRelu QLinearSigmoid " +
    "QLinearSoftmax"
  ).split(" "),
);

/** Whether a model came with integer codes in it. */
export function isQuantized(graph: Graph): boolean {
  return graph.nodes.some(({ opType }) => quantizedOperators.has(opType));
}
