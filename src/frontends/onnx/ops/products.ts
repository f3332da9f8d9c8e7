import type { Attribute } from "../../../ir/graph.js";
import {
  familyOf,
  numberAttribute,
  numbersAttribute,
  type OnnxContext,
  type OnnxNode,
  type OnnxOperator,
  operand,
  textAttribute,
} from "../operator.js";
import { asIs, same, sharedAttributes } from "../same.js";
import { scalar, type Value } from "../value.js";

const family = "products";

const { lowered } = familyOf(family);
const contributed = familyOf(family, "com.microsoft").lowered;

/** The activation that onnxruntime's fused operators have inside. */
function activated(x: Value, node: OnnxNode, context: OnnxContext): Value {
  const name = textAttribute(node, "activation", "");
  const [a = 0, b = 0] = numbersAttribute(node, "activation_params") ?? [];
  const [alpha, beta] = [numberAttribute(node, "activation_alpha", a), numberAttribute(node, "activation_beta", b)];
  switch (name) {
    case "":
      return x;
    case "Relu":
    case "Sigmoid":
    case "Tanh":
      return context.one(name, [x]);
    case "LeakyRelu":
      return context.one(name, [x], { alpha });
    case "HardSigmoid":
      return context.one(name, [x], { alpha, beta });
    case "Clip":
      return context.one(name, [x, scalar(`${node.name}/min`, alpha), scalar(`${node.name}/max`, beta)]);
    default:
      return context.refuse(`activation "${name}" is not supported`);
  }
}

const activationNames = ["activation", "activation_params", "activation_alpha", "activation_beta"];

/** Conv + (sum +) activation, as onnxruntime's optimizer writes it. */
const fusedConv = contributed("FusedConv", (node, context) => {
  const attributes = sharedAttributes(node, context, "Conv", "", activationNames);
  const y = context.one("Conv", node.inputs.slice(0, 3), attributes);
  const [, , , sum] = node.inputs;
  return [activated(sum ? context.one("Add", [y, sum]) : y, node, context)];
});

const fusedGemm = contributed("FusedGemm", (node, context) => {
  const attributes = sharedAttributes(node, context, "Gemm", "", [...activationNames, "activation_gamma"]);
  return [activated(context.one("Gemm", node.inputs, attributes), node, context)];
});

/** alpha * (A' * B'), each transposed in its last two sizes. */
function fusedMatMul(opType: string): OnnxOperator {
  return contributed(opType, (node, context) => {
    const batched = ["transBatchA", "transBatchB"].filter((name) => numberAttribute(node, name, 0) !== 0);
    if (batched.length > 0) context.refuse(`attribute "${batched[0]}" is not supported`);
    const turned = (index: number, name: string): Value => {
      const value = operand(node, index, context);
      if (numberAttribute(node, name, 0) === 0) return value;
      const rank = value.type.shape.length;
      const perm = value.type.shape.map((_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i));
      return context.one("Transpose", [value], { perm });
    };
    const product = context.one("MatMul", [turned(0, "transA"), turned(1, "transB")]);
    const alpha = numberAttribute(node, "alpha", 1);
    return [alpha === 1 ? product : context.one("Mul", [product, scalar(`${node.name}/alpha`, alpha)])];
  });
}

/** `group` and the window are as in the IR; opset 22 only adds types. */
const convolutions = same(family, "Conv ConvTranspose MatMul Gemm Einsum");

/** Window attributes that opset 7 to 19 leave out have the IR's defaults. */
const averagePool = lowered("AveragePool", (node, context) => asIs(node, context));
const maxPool = lowered("MaxPool", (node, context) => asIs(node, context));

/** (sum of |x|^p)^(1/p) over each window, by an average of the powers. */
const lpPool = lowered(
  "LpPool",
  (node, context) => {
    if (numberAttribute(node, "p", 2) !== 2) return context.refuse("p is not 2");
    const x = operand(node, 0, context);
    const kernel = numbersAttribute(node, "kernel_shape") ?? [];
    const attributes: Record<string, Attribute> = {
      ...sharedAttributes(node, context, "AveragePool", "", ["p"]),
      count_include_pad: 1,
    };
    const mean = context.one("AveragePool", [context.one("Mul", [x, x])], attributes);
    const count = kernel.reduce((product, size) => product * size, 1);
    return [context.one("Sqrt", [context.one("Mul", [mean, scalar(`${node.name}/count`, count)])])];
  },
  "p = 2",
);

const globalLpPool = lowered(
  "GlobalLpPool",
  (node, context) => {
    if (numberAttribute(node, "p", 2) !== 2) return context.refuse("p is not 2");
    const x = operand(node, 0, context);
    return [context.one("Sqrt", [spatialSum(node, x, context)])];
  },
  "p = 2",
);

function spatialSum(node: OnnxNode, x: Value, context: OnnxContext): Value {
  const plane = x.type.shape.slice(2).reduce<number>((product, dim) => product * Number(dim), 1);
  const mean = context.one("GlobalAveragePool", [context.one("Mul", [x, x])]);
  return context.one("Mul", [mean, scalar(`${node.name}/plane`, plane)]);
}

export const products: readonly OnnxOperator[] = [
  ...convolutions,
  averagePool,
  maxPool,
  lpPool,
  globalLpPool,
  ...same(family, "GlobalAveragePool GlobalMaxPool"),
  fusedConv,
  fusedGemm,
  fusedMatMul("FusedMatMul"),
  fusedMatMul("TransposeMatMul"),
];
