import { tensor } from "../../tensor/tensor.js";
import {
  type Attributes,
  defineOperator,
  expectDType,
  expectShape,
  float,
  float32Of,
  given,
  numberOf,
} from "./define.js";
import { geluErf, geluTanh, sigmoid } from "./functions.js";
import type { AttributeSpec, Operator } from "./operator.js";

/** y = f(x + bias), element by element; bias [last size of x]. In float64, rounded once. */
function biasedActivation(
  opType: string,
  biasInputs: readonly [number, number],
  f: (attributes: Attributes) => (x: number) => number,
  attributes: Readonly<Record<string, AttributeSpec>> = {},
): Operator {
  return defineOperator({
    opType,
    domain: "com.microsoft",
    inputs: biasInputs,
    attributes,
    infer(inputs) {
      const { type } = given(inputs, 0, "X");
      expectDType(type, ["float32"], "X");
      const bias = inputs[1]?.type;
      if (bias) {
        expectDType(bias, ["float32"], "bias");
        expectShape(bias, [type.shape.at(-1) ?? 1], "bias");
      }
      return [type];
    },
    evaluate(inputs, values) {
      const x = given(inputs, 0, "X");
      const bias = inputs[1] && float32Of(inputs[1]);
      const width = bias?.length ?? 1;
      const y = float32Of(x).map((value, i) => f(values)(value + (bias?.[i % width] ?? 0)));
      return [tensor("float32", x.shape, y)];
    },
  });
}

/**
 * Activations of transformers: FastGelu is the tanh form of GELU, with the bias of the layer before; BiasGelu the erf
 * form; QuickGelu is x * sigmoid(alpha * x), with alpha 1 SiLU. Gelu of `com.microsoft` is ONNX's Gelu, erf form.
 * @see ONNX Runtime, docs/ContribOperators.md
 */
export const contribActivations: readonly Operator[] = [
  biasedActivation("Gelu", [1, 1], () => geluErf),
  biasedActivation("BiasGelu", [2, 2], () => geluErf),
  biasedActivation("FastGelu", [1, 2], () => geluTanh),
  biasedActivation("QuickGelu", [1, 1], (a) => (x) => x * sigmoid(numberOf(a, "alpha") * x), { alpha: float(1.702) }),
];
