import { tensor } from "../../../tensor/tensor.js";
import { numberAttribute, type OnnxContext, type OnnxNode, type OnnxOperator, operand } from "../operator.js";
import { asIs, same } from "../same.js";
import { constantValue, scalar, type Value } from "../value.js";

const family = "elementwise";

/** A filled operand of an elementwise operator is as good as its one number, where the others have the whole shape. */
function withNumbers(node: OnnxNode, context: OnnxContext): readonly Value[] {
  const open = (value: Value | undefined) =>
    value?.fill !== undefined && value.type.shape.some((dim) => typeof dim === "string");
  if (!node.inputs.some(open)) return asIs(node, context);
  const ranks = node.inputs.map((input) => (open(input) ? 0 : (input?.type.shape.length ?? 0)));
  const widest = Math.max(...ranks);
  const inputs = node.inputs.map((input) => {
    if (!input || input.fill === undefined || !open(input) || input.type.shape.length > widest) return input;
    return constantValue(input.name, filled(input));
  });
  return asIs(node, context, inputs);
}

function filled({ type, fill = 0 }: Value) {
  if (type.dtype === "int64") return tensor("int64", [], BigInt64Array.of(BigInt(Math.trunc(fill))));
  return type.dtype === "bool" ? tensor("bool", [], Uint8Array.of(fill)) : tensor("float32", [], Float32Array.of(fill));
}

const broadcasting: readonly OnnxOperator[] = [
  ..."Add Sub Mul Div Max Min Mean Sum Equal Greater Less GreaterOrEqual LessOrEqual And Or Xor Where".split(" "),
].map((opType) => ({ opType, domain: "", family, support: "lowered", lower: withNumbers }));

/** Limits were attributes before opset 11. */
const clip: OnnxOperator = {
  opType: "Clip",
  domain: "",
  family,
  support: "lowered",
  lower(node, context) {
    if (node.version >= 11) return asIs(node, context);
    const limit = (name: "min" | "max") => {
      const value = node.attributes[name];
      return typeof value === "number" && Math.abs(value) < 3.4e38 ? scalar(`${node.name}/${name}`, value) : undefined;
    };
    return asIs(node, context, [node.inputs[0], limit("min"), limit("max")], ["min", "max"]);
  },
};

/** Element types that ONNX has and the IR computes as others: its 16- and 64-bit floats are float32. */
const castTo = (code: number): number => ([10, 11, 16].includes(code) ? 1 : code);

const cast: OnnxOperator = {
  opType: "Cast",
  domain: "",
  family,
  support: "lowered",
  note: "16- and 64-bit floats are float32",
  lower(node, context) {
    const input = operand(node, 0, context);
    const to = castTo(numberAttribute(node, "to", 0));
    if (to === 1 && input.type.dtype === "float32") return [input];
    return context.emit("Cast", [input], { to });
  },
};

const castLike: OnnxOperator = {
  opType: "CastLike",
  domain: "",
  family,
  support: "lowered",
  lower(node, context) {
    const [input, like] = [operand(node, 0, context), operand(node, 1, context)];
    return input.type.dtype === like.type.dtype ? [input] : [castedTo(input, like, context)];
  },
};

function castedTo(value: Value, like: Value, context: OnnxContext): Value {
  const codes: Readonly<Record<string, number>> = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9 };
  return context.one("Cast", [value], { to: codes[like.type.dtype] ?? context.refuse(`a cast to ${like.type.dtype}`) });
}

/** The exponent may have another type than the base. */
const pow: OnnxOperator = {
  opType: "Pow",
  domain: "",
  family,
  support: "lowered",
  lower(node, context) {
    const [base, exponent] = [operand(node, 0, context), operand(node, 1, context)];
    const fits = base.type.dtype === exponent.type.dtype;
    return context.emit("Pow", [base, fits ? exponent : castedTo(exponent, base, context)]);
  },
};

/** At inference its input. */
const dropout: OnnxOperator = {
  opType: "Dropout",
  domain: "",
  family,
  support: "lowered",
  note: "inference only",
  lower(node, context) {
    const training = node.inputs[2]?.constant?.data[0];
    if (training !== undefined && Number(training) !== 0) context.refuse("training_mode is true");
    if (node.inputs[2] && training === undefined) context.refuse("training_mode depends on the input");
    const data = operand(node, 0, context);
    const mask = { name: `${node.name}/mask`, type: { dtype: "bool", shape: data.type.shape }, fill: 1 } as const;
    return node.outputs > 1 ? [data, mask] : [data];
  },
};

/** x * sigmoid(alpha * x). */
function swish(opType: string, domain: "" | "com.microsoft", alpha: number): OnnxOperator {
  return {
    opType,
    domain,
    family,
    support: "lowered",
    lower(node, context) {
      const x = operand(node, 0, context);
      const factor = numberAttribute(node, "alpha", alpha);
      const scaled = factor === 1 ? x : context.one("Mul", [x, scalar(`${node.name}/alpha`, factor)]);
      return [context.one("Mul", [x, context.one("Sigmoid", [scaled])])];
    },
  };
}

/** Gelu of onnxruntime's domain, by ONNX's own operator. */
function gelu(opType: string, approximate: "none" | "tanh"): OnnxOperator {
  return {
    opType,
    domain: "com.microsoft",
    family,
    support: "lowered",
    lower(node, context) {
      const x = operand(node, 0, context);
      const bias = node.inputs[1];
      return [context.one("Gelu", [bias ? context.one("Add", [x, bias]) : x], { approximate })];
    },
  };
}

export const elementwise: readonly OnnxOperator[] = [
  ...broadcasting,
  ...same(
    family,
    "Abs Acos Acosh Asin Asinh Atan Atanh Ceil Celu Cos Cosh Elu Erf Exp Floor Gelu HardSigmoid HardSwish Identity " +
      "IsInf IsNaN LeakyRelu Log Mish Mod Neg Not PRelu Reciprocal Relu Round Selu Shrink Sigmoid Sign Sin Sinh Softplus " +
      "Softsign Sqrt Tan Tanh ThresholdedRelu BitwiseAnd BitwiseNot BitwiseOr BitwiseXor",
  ),
  clip,
  cast,
  castLike,
  pow,
  dropout,
  swish("Swish", "", 1),
  swish("QuickGelu", "com.microsoft", 1.702),
  gelu("Gelu", "none"),
  gelu("BiasGelu", "none"),
  gelu("FastGelu", "tanh"),
];
