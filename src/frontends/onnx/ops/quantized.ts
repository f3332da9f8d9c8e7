import { elementCount, tensorFrom } from "../../../tensor/tensor.js";
import { numberAttribute, type OnnxContext, type OnnxNode, type OnnxOperator, operand } from "../operator.js";
import { same, sharedAttributes } from "../same.js";
import { constantValue } from "../value.js";

const family = "quantization";

/** onnxruntime's domain has both under the same names, for types that ONNX lacked. */
function linear(opType: "QuantizeLinear" | "DequantizeLinear", domain: "" | "com.microsoft"): OnnxOperator {
  return {
    opType,
    domain,
    family,
    support: "lowered",
    note: "codes of 8 and 16 bits; weights of 4 bits as bytes",
    lower: (node, context) => context.emit(opType, alike(node.inputs), attributesOf(node, context, opType)),
  };
}

/** ONNX wants scale and zero point of one shape; onnxruntime's quantizer writes the one as [1] and the other as a scalar. */
function alike(inputs: OnnxNode["inputs"]): OnnxNode["inputs"] {
  const [x, scale, point] = inputs;
  const [only, shape] = [point?.constant, scale?.constant?.shape];
  if (!point || only?.data.length !== 1 || !shape || only.shape.join() === shape.join()) return inputs;
  const contents = tensorFrom(only.dtype, shape, new Array<number>(elementCount(shape)).fill(Number(only.data[0])));
  return [x, scale, constantValue(`${point.name}/each`, contents)];
}

function attributesOf(node: OnnxNode, context: OnnxContext, opType: string) {
  const attributes = sharedAttributes(node, context, opType, "", ["output_dtype", "precision"]);
  // The scale of a 16-bit model is float32 here, and so is what comes out.
  const dtype = opType === "QuantizeLinear" ? numberAttribute(node, "output_dtype", 0) : 0;
  const { output_dtype: _, ...others } = attributes;
  return dtype === 0 ? others : { ...others, output_dtype: dtype };
}

/** `(A - a_zero_point) (B - b_zero_point)`: absent zero points are 0. */
const integerProducts = same(family, "MatMulInteger ConvInteger QLinearConv QLinearMatMul DynamicQuantizeLinear");

const contrib = same(
  family,
  "QGemm DynamicQuantizeMatMul MatMulIntegerToFloat QLinearAdd QLinearMul QLinearLeakyRelu QLinearSigmoid QLinearSoftmax " +
    "QLinearConcat QLinearAveragePool QLinearGlobalAveragePool DynamicQuantizeLSTM",
  "com.microsoft",
);

/** Weights by blocks; `g_idx` is refused by the IR. */
const blocked: OnnxOperator = {
  opType: "MatMulNBits",
  domain: "com.microsoft",
  family,
  support: "lowered",
  note: "float32 activations; without g_idx",
  lower(node, context) {
    operand(node, 1, context);
    const attributes = sharedAttributes(node, context);
    return context.emit("MatMulNBits", node.inputs, attributes, { domain: "com.microsoft" });
  },
};

export const quantized: readonly OnnxOperator[] = [
  linear("QuantizeLinear", ""),
  linear("DequantizeLinear", ""),
  linear("QuantizeLinear", "com.microsoft"),
  linear("DequantizeLinear", "com.microsoft"),
  ...integerProducts,
  ...contrib,
  blocked,
];
