import { elementCount, tensor } from "../../tensor/tensor.js";
import { defineOperator, expectDType, float32Of, given, int, normalAxis, numberOf } from "./define.js";
import type { Operator } from "./operator.js";

/**
 * exp(x - max) / sum(exp(x - max)) along `axis`, or its logarithm `x - max - log(sum)`; in float64, rounded once.
 */
function softmaxLike(opType: string, finish: (shifted: number, sum: number) => number): Operator {
  return defineOperator({
    opType,
    attributes: { axis: int(-1) },
    infer(inputs, attributes) {
      const { type } = given(inputs, 0, "input");
      expectDType(type, ["float32"], "input");
      normalAxis(numberOf(attributes, "axis"), type.shape.length);
      return [type];
    },
    evaluate(inputs, attributes) {
      const x = given(inputs, 0, "input");
      const axis = normalAxis(numberOf(attributes, "axis"), x.shape.length);
      return [tensor("float32", x.shape, alongAxis(float32Of(x), x.shape, axis, finish))];
    },
  });
}

function alongAxis(
  x: Float32Array,
  shape: readonly number[],
  axis: number,
  finish: (shifted: number, sum: number) => number,
): Float32Array {
  const length = shape[axis] ?? 1;
  const inner = elementCount(shape.slice(axis + 1));
  const outer = elementCount(shape.slice(0, axis));
  const y = new Float32Array(x.length);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const start = o * length * inner + i;
      let max = Number.NEGATIVE_INFINITY;
      for (let k = 0; k < length; k++) max = Math.max(max, x[start + k * inner] as number);
      let sum = 0;
      for (let k = 0; k < length; k++) sum += Math.exp((x[start + k * inner] as number) - max);
      for (let k = 0; k < length; k++) {
        y[start + k * inner] = finish((x[start + k * inner] as number) - max, sum);
      }
    }
  }
  return y;
}

/** Softmax of row-major values along one axis. */
export function softmaxAlong(x: Float32Array, shape: readonly number[], axis: number): Float32Array {
  return alongAxis(x, shape, axis, (shifted, sum) => Math.exp(shifted) / sum);
}

export const softmaxes: readonly Operator[] = [
  softmaxLike("Softmax", (shifted, sum) => Math.exp(shifted) / sum),
  softmaxLike("LogSoftmax", (shifted, sum) => shifted - Math.log(sum)),
];
