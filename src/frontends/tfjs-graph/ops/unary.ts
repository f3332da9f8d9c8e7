import { activations, LEAK, leakyRelu, prelu } from "../activation.js";
import { floatAttribute } from "../attributes.js";
import type { Lower, OpContext, OpDefinition, OpFamily, TensorValue } from "../definition.js";
import { cast, operand, scalar } from "../steps.js";
import { matched } from "../types.js";

/** A function of float32 numbers; integers are made floats first, as TF.js does. */
function ofFloats(op: string, summary: string, f: (context: OpContext, x: TensorValue) => TensorValue): OpDefinition {
  const lower: Lower = (context, inputs) => [f(context, cast(context, operand(context, inputs, 0), "float32"))];
  return { op, summary, support: "lowered", lower };
}

/** The same where ONNX has an operator for it. */
function plain(op: string, summary: string, opType = op): OpDefinition {
  return ofFloats(op, summary, (context, x) => context.emit(opType, [x]));
}

/** A function of numbers of either type, which stays what it is. */
function ofNumbers(op: string, summary: string, f: (context: OpContext, x: TensorValue) => TensorValue): OpDefinition {
  const lower: Lower = (context, inputs) => {
    const x = operand(context, inputs, 0);
    return [f(context, x.dtype === "bool" ? cast(context, x, "int32") : x)];
  };
  return { op, summary, support: "lowered", lower };
}

/** Rounding leaves integers alone. */
function rounding(op: string, summary: string): OpDefinition {
  return ofNumbers(op, summary, (context, x) => (x.dtype === "int32" ? x : context.emit(op, [x])));
}

/** Relu and Relu6 of integers, which engines compute with floats alone. */
function throughFloats(f: (context: OpContext, x: TensorValue) => TensorValue) {
  return (context: OpContext, x: TensorValue) => cast(context, f(context, cast(context, x, "float32")), x.dtype);
}

const finite: Lower = (context, inputs) => {
  const x = cast(context, operand(context, inputs, 0), "float32");
  const bad = context.emit("Or", [context.emit("IsNaN", [x]), context.emit("IsInf", [x])]);
  return [context.emit("Not", [bad])];
};

const clip: Lower = (context, inputs) => {
  const x = operand(context, inputs, 0);
  const bounds = [1, 2].map((i) => cast(context, operand(context, inputs, i), x.dtype));
  const one = bounds.map((bound) => (bound.shape.length === 0 ? bound : context.emit("Squeeze", [bound])));
  return [context.emit("Clip", [x, ...one])];
};

/**
 * The angle of the point (x, y), in (-pi, pi]. atan(y / x) is right for x > 0; for x < 0 half a turn is missing; where both
 * are 0 the angle is 0.
 */
const atan2: Lower = (context, inputs) => {
  const [y, x] = matched(context, operand(context, inputs, 0), operand(context, inputs, 1)).map((value) =>
    cast(context, value, "float32"),
  ) as [TensorValue, TensorValue];
  const angle = context.emit("Atan", [context.emit("Div", [y, x])]);
  const turn = context.emit("Where", [context.emit("Less", [y, scalar(0)]), scalar(-Math.PI), scalar(Math.PI)]);
  const behind = context.emit("Less", [x, scalar(0)]);
  const whole = context.emit("Where", [behind, context.emit("Add", [angle, turn]), angle]);
  const [flat, still] = [y, x].map((value) => context.emit("Equal", [value, scalar(0)]));
  return [context.emit("Where", [context.emit("And", [flat, still]), scalar(0), whole])];
};

/** Functions of each element. */
export const unary: OpFamily = {
  family: "functions of each element",
  ops: [
    ofNumbers("Abs", "|x|", (context, x) => context.emit("Abs", [x])),
    ofNumbers("Neg", "-x", (context, x) => context.emit("Neg", [x])),
    ofNumbers("Sign", "-1, 0 or 1", (context, x) => context.emit("Sign", [x])),
    ofNumbers("Square", "x^2", (context, x) => context.emit("Mul", [x, x])),
    rounding("Ceil", "rounded up"),
    rounding("Floor", "rounded down"),
    rounding("Round", "rounded, ties to even"),
    plain("Acos", "inverse of cosine"),
    plain("Acosh", "inverse of hyperbolic cosine"),
    plain("Asin", "inverse of sine"),
    plain("Asinh", "inverse of hyperbolic sine"),
    plain("Atan", "inverse of tangent"),
    plain("Atanh", "inverse of hyperbolic tangent"),
    plain("Cos", "cosine"),
    plain("Cosh", "hyperbolic cosine"),
    plain("Sin", "sine"),
    plain("Sinh", "hyperbolic sine"),
    plain("Tan", "tangent"),
    plain("Exp", "e^x"),
    plain("Log", "natural logarithm"),
    plain("Sqrt", "square root"),
    plain("Reciprocal", "1 / x"),
    plain("Inv", "1 / x", "Reciprocal"),
    plain("Erf", "error function"),
    plain("Softplus", "log(1 + e^x)"),
    plain("Softsign", "x / (1 + |x|)"),
    plain("IsNan", "whether x is NaN", "IsNaN"),
    plain("IsInf", "whether x is infinite"),
    { op: "IsFinite", summary: "whether x is neither", support: "lowered", lower: finite },
    ofFloats("Rsqrt", "1 / square root", (context, x) => context.emit("Reciprocal", [context.emit("Sqrt", [x])])),
    ofFloats("Expm1", "e^x - 1", (context, x) => context.emit("Sub", [context.emit("Exp", [x]), scalar(1)])),
    ofFloats("Log1p", "log(1 + x)", (context, x) => context.emit("Log", [context.emit("Add", [x, scalar(1)])])),
    ofNumbers("Relu", "max(0, x)", throughFloats(activations.Relu)),
    ofNumbers("Relu6", "x between 0 and 6", throughFloats(activations.Relu6)),
    ofFloats("Elu", "x, below zero e^x - 1", activations.Elu),
    ofFloats("Sigmoid", "1 / (1 + e^-x)", activations.Sigmoid),
    ofFloats("Tanh", "hyperbolic tangent", activations.Tanh),
    // Klambauer et al. 2017; the constants of tfjs-core's selu_util.
    ofFloats("Selu", "scaled Elu", (context, x) =>
      context.emit("Selu", [x], { alpha: 1.6732632423543772, gamma: 1.0507009873554805 }),
    ),
    ofFloats("LeakyRelu", "x, below zero alpha * x", (context, x) =>
      leakyRelu(context, x, floatAttribute(context.node, "alpha", LEAK)),
    ),
    {
      op: "Prelu",
      summary: "x, below zero a learned slope * x",
      support: "lowered",
      lower: (context, inputs) => [prelu(context, operand(context, inputs, 0), operand(context, inputs, 1))],
    },
    { op: "ClipByValue", summary: "x between two bounds", support: "lowered", lower: clip },
    { op: "Atan2", summary: "angle of a point", support: "lowered", lower: atan2 },
  ],
};
