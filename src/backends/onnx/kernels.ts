/** Operators that multiply or combine integer codes, under the names that ONNX, onnxruntime and its fusions give them. */
export const integerOperators: ReadonlySet<string> = new Set(
  (
    "QLinearConv QLinearMatMul ConvInteger MatMulInteger MatMulInteger16 QGemm QAttention " +
    "DynamicQuantizeMatMul DynamicQuantizeLSTM MatMulIntegerToFloat ConvIntegerToFloat " +
    "QLinearAdd QLinearMul QLinearConcat QLinearAveragePool QLinearGlobalAveragePool QLinearLeakyRelu QLinearSigmoid " +
    "QLinearSoftmax QLinearReduceMean QLinearWhere"
  ).split(" "),
);

/** Operators whose float form is the bulk of a model's arithmetic; layout, shape and activation operators are not counted. */
export const floatOperators: ReadonlySet<string> = new Set(
  (
    "Conv ConvTranspose Gemm MatMul Einsum LSTM GRU RNN " +
    "FusedConv NhwcFusedConv ConvTransposeWithDynamicPads FusedGemm FusedMatMul TransposeMatMul FusedMatMulActivation Attention " +
    "MultiHeadAttention GroupQueryAttention"
  ).split(" "),
);

/** int8 activations in the blocked weight-only product; any other level multiplies in float. */
export const INTEGER_ACCURACY_LEVEL = 4;

/** Block sizes for which MatMulNBits has an int8 kernel. Of 2 bits it ignores level 4 silently with any other (measured). */
export function integerBlocks(bits: number): readonly number[] {
  return bits === 2 ? [32, 64, 128] : [16, 32, 64, 128, 256];
}
