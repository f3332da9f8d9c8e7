import { elementCount, type Tensor, zeros } from "../../tensor/tensor.js";
import {
  defineOperator,
  expectDType,
  expectScalarShape,
  given,
  int,
  integersOf,
  normalAxis,
  numberOf,
} from "./define.js";
import type { Operator } from "./operator.js";

/**
 * Running sums along the axis that the second input names: element i is the sum of elements 0..i, without i itself when
 * `exclusive`, from the end when `reverse`. Floats add up in float64 and are rounded at each store.
 */
const cumSum = defineOperator({
  opType: "CumSum",
  inputs: [2, 2],
  attributes: { exclusive: int(0), reverse: int(0) },
  infer(inputs) {
    const { type } = given(inputs, 0, "x");
    const axis = given(inputs, 1, "axis");
    expectDType(type, ["float32", "int32", "int64"], "x");
    expectDType(axis.type, ["int32", "int64"], "axis");
    expectScalarShape(axis.type, "axis");
    if (axis.constant) normalAxis(integersOf(axis.constant)[0] ?? 0, type.shape.length);
    return [type];
  },
  evaluate(inputs, attributes) {
    const x = given(inputs, 0, "x");
    const axis = normalAxis(integersOf(given(inputs, 1, "axis"))[0] ?? 0, x.shape.length);
    const exclusive = numberOf(attributes, "exclusive") !== 0;
    const reverse = numberOf(attributes, "reverse") !== 0;
    return [running(x, axis, exclusive, reverse)];
  },
});

function running(x: Tensor, axis: number, exclusive: boolean, reverse: boolean): Tensor {
  const length = x.shape[axis] ?? 1;
  const inner = elementCount(x.shape.slice(axis + 1));
  const lines = length === 0 ? 0 : x.data.length / length;
  const result: Tensor = zeros(x.dtype, x.shape);
  // One type for the compiler: sums of numbers or of bigints alike.
  const [from, to] = [x.data, result.data] as unknown as [Float64Array, Float64Array];
  const zero = (x.dtype === "int64" ? 0n : 0) as number;
  for (let line = 0; line < lines; line++) {
    const start = Math.floor(line / inner) * length * inner + (line % inner);
    let sum = zero;
    for (let step = 0; step < length; step++) {
      const at = start + (reverse ? length - 1 - step : step) * inner;
      const value = from[at] as number;
      to[at] = exclusive ? sum : sum + value;
      sum += value;
    }
  }
  return result;
}

export const cumulative: readonly Operator[] = [cumSum];
