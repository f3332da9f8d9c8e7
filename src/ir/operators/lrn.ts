import { elementCount, tensor } from "../../tensor/tensor.js";
import { defineOperator, expectDType, expectRank, float, float32Of, given, int, numberOf, required } from "./define.js";
import { OperatorError } from "./operator.js";

/**
 * Local response normalization of x [N, C, ...] over `size` neighbouring channels:
 * y = x / (bias + alpha / size * sum of the squares of channels c - floor((size-1)/2) .. c + ceil((size-1)/2))^beta.
 */
export const lrn = defineOperator({
  opType: "LRN",
  attributes: { alpha: float(1e-4), beta: float(0.75), bias: float(1), size: required(int()) },
  infer(inputs, attributes) {
    const { type } = given(inputs, 0, "X");
    expectDType(type, ["float32"], "X");
    expectRank(type, 2, "X", Number.POSITIVE_INFINITY);
    if (numberOf(attributes, "size") < 1) throw new OperatorError("size must be >= 1");
    return [type];
  },
  evaluate(inputs, attributes) {
    const x = given(inputs, 0, "X");
    const [alpha, beta, bias, size] = ["alpha", "beta", "bias", "size"].map((name) => numberOf(attributes, name)) as [
      number,
      number,
      number,
      number,
    ];
    const channels = x.shape[1] ?? 1;
    const plane = elementCount(x.shape.slice(2));
    const values = float32Of(x);
    const [before, after] = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)];
    const y = values.map((value, i) => {
      const channel = Math.floor(i / plane) % channels;
      let squares = 0;
      for (let c = Math.max(0, channel - before); c <= Math.min(channels - 1, channel + after); c++) {
        squares += (values[i + (c - channel) * plane] as number) ** 2;
      }
      return value / (bias + (alpha / size) * squares) ** beta;
    });
    return [tensor("float32", x.shape, y)];
  },
});
