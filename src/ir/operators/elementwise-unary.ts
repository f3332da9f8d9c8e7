import { roundHalfEven } from "../../tensor/affine.js";
import { type DType, type Tensor, tensor, zeros } from "../../tensor/tensor.js";
import {
  type Attributes,
  defineOperator,
  expectDType,
  float,
  float32Of,
  given,
  int,
  numberOf,
  text,
  textOf,
} from "./define.js";
import { elu, erf, geluErf, geluTanh, hardSigmoid, mish, shrunk, sigmoid, softplus } from "./functions.js";
import type { AttributeSpec, Operator } from "./operator.js";

/** y = f(x) element by element, computed in float64 and rounded once to float32. Shape and dtype stay. */
function floatUnary(
  opType: string,
  f: (attributes: Attributes) => (x: number) => number,
  attributes: Readonly<Record<string, AttributeSpec>> = {},
): Operator {
  return defineOperator({
    opType,
    attributes,
    infer(inputs) {
      const { type } = given(inputs, 0, "X");
      expectDType(type, ["float32"], "X");
      return [type];
    },
    evaluate(inputs, values) {
      const x = given(inputs, 0, "X");
      return [tensor("float32", x.shape, float32Of(x).map(f(values)))];
    },
  });
}

const plain = (opType: string, f: (x: number) => number) => floatUnary(opType, () => f);

const signed: readonly DType[] = ["float32", "int8", "int16", "int32", "int64"];
const withUnsigned: readonly DType[] = [...signed, "uint8", "uint16", "uint32"];

/** The same for numbers of any type; int64 through bigint. Integers wrap as two's complement does (-(-128) = -128). */
function numericUnary(
  opType: string,
  types: readonly DType[],
  f: (x: number) => number,
  big: (x: bigint) => bigint,
): Operator {
  return defineOperator({
    opType,
    infer(inputs) {
      const { type } = given(inputs, 0, "X");
      expectDType(type, types, "X");
      return [type];
    },
    evaluate(inputs) {
      const x = given(inputs, 0, "X");
      if (x.data instanceof BigInt64Array) return [tensor("int64", x.shape, x.data.map(big))];
      const result: Tensor = zeros(x.dtype, x.shape);
      (result.data as Float64Array).set((x.data as Float64Array).map(f));
      return [result];
    },
  });
}

const identity = defineOperator({
  opType: "Identity",
  infer: (inputs) => [given(inputs, 0, "input").type],
  evaluate: (inputs) => [given(inputs, 0, "input")],
});

const not = defineOperator({
  opType: "Not",
  infer(inputs) {
    const { type } = given(inputs, 0, "X");
    expectDType(type, ["bool"], "X");
    return [type];
  },
  evaluate(inputs) {
    const x = given(inputs, 0, "X");
    return [
      tensor(
        "bool",
        x.shape,
        Uint8Array.from(x.data as Uint8Array, (v) => (v === 0 ? 1 : 0)),
      ),
    ];
  },
});

/** Whether each float is of a kind; the dtype becomes bool. */
function classification(
  opType: string,
  is: (x: number, attributes: Attributes) => boolean,
  attributes: Readonly<Record<string, AttributeSpec>> = {},
): Operator {
  return defineOperator({
    opType,
    attributes,
    infer(inputs) {
      const { type } = given(inputs, 0, "X");
      expectDType(type, ["float32"], "X");
      return [{ dtype: "bool", shape: type.shape }];
    },
    evaluate(inputs, values) {
      const x = given(inputs, 0, "X");
      return [
        tensor(
          "bool",
          x.shape,
          Uint8Array.from(float32Of(x), (v) => (is(v, values) ? 1 : 0)),
        ),
      ];
    },
  });
}

/** Whether x is an infinity of a sign that is asked for. */
function isInfinite(x: number, attributes: Attributes): boolean {
  const asked = numberOf(attributes, x > 0 ? "detect_positive" : "detect_negative") !== 0;
  return asked && Math.abs(x) === Number.POSITIVE_INFINITY;
}

const bitwiseNot = numericUnary(
  "BitwiseNot",
  ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64"],
  (x) => ~x,
  (x) => ~x,
);

export const elementwiseUnary: readonly Operator[] = [
  identity,
  not,
  bitwiseNot,
  classification("IsNaN", Number.isNaN),
  classification("IsInf", isInfinite, { detect_negative: int(1), detect_positive: int(1) }),
  numericUnary(
    "Neg",
    signed,
    (x) => -x,
    (x) => -x,
  ),
  numericUnary("Abs", withUnsigned, Math.abs, (x) => (x < 0n ? -x : x)),
  numericUnary("Sign", withUnsigned, Math.sign, (x) => (x > 0n ? 1n : x < 0n ? -1n : 0n)),
  plain("Sqrt", Math.sqrt),
  plain("Exp", Math.exp),
  plain("Log", Math.log),
  plain("Erf", erf),
  plain("Reciprocal", (x) => 1 / x),
  plain("Floor", Math.floor),
  plain("Ceil", Math.ceil),
  plain("Round", roundHalfEven),
  plain("Sin", Math.sin),
  plain("Cos", Math.cos),
  plain("Tan", Math.tan),
  plain("Asin", Math.asin),
  plain("Acos", Math.acos),
  plain("Atan", Math.atan),
  plain("Sinh", Math.sinh),
  plain("Cosh", Math.cosh),
  plain("Asinh", Math.asinh),
  plain("Acosh", Math.acosh),
  plain("Atanh", Math.atanh),
  plain("Tanh", Math.tanh),
  plain("Sigmoid", sigmoid),
  plain("Softplus", softplus),
  plain("Softsign", (x) => x / (1 + Math.abs(x))),
  plain("HardSwish", (x) => x * hardSigmoid(x, 1 / 6, 0.5)),
  plain("Mish", mish),
  floatUnary("LeakyRelu", (a) => (x) => (x < 0 ? numberOf(a, "alpha") * x : x), { alpha: float(0.01) }),
  floatUnary("Elu", (a) => (x) => elu(x, numberOf(a, "alpha")), { alpha: float(1) }),
  floatUnary("Selu", (a) => (x) => numberOf(a, "gamma") * elu(x, numberOf(a, "alpha")), {
    alpha: float(1.6732631921768188),
    gamma: float(1.0507010221481323),
  }),
  floatUnary("HardSigmoid", (a) => (x) => hardSigmoid(x, numberOf(a, "alpha"), numberOf(a, "beta")), {
    alpha: float(0.2),
    beta: float(0.5),
  }),
  floatUnary("Celu", (a) => (x) => Math.max(x, 0) + Math.min(0, elu(x / numberOf(a, "alpha"), numberOf(a, "alpha"))), {
    alpha: float(1),
  }),
  floatUnary("Shrink", (a) => (x) => shrunk(x, numberOf(a, "lambd"), numberOf(a, "bias")), {
    bias: float(0),
    lambd: float(0.5),
  }),
  floatUnary("ThresholdedRelu", (a) => (x) => (x > numberOf(a, "alpha") ? x : 0), { alpha: float(1) }),
  floatUnary("Gelu", (a) => (textOf(a, "approximate", ["none", "tanh"]) === "tanh" ? geluTanh : geluErf), {
    approximate: text("none"),
  }),
  numericUnary(
    "Relu",
    signed,
    (x) => Math.max(x, 0),
    (x) => (x < 0n ? 0n : x),
  ),
];
