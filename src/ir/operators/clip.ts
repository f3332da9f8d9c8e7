import { type Tensor, tensor, zeros } from "../../tensor/tensor.js";
import { defineOperator, expectDType, expectScalarShape, given, type KnownInputs, numericTypes } from "./define.js";

/** min(max, max(x, min)) with scalar limits that may be absent; where min > max the result is max, as ONNX says. */
export const clip = defineOperator({
  opType: "Clip",
  inputs: [1, 3],
  infer(inputs) {
    const { type } = given(inputs, 0, "input");
    expectDType(type, numericTypes, "input");
    expectLimit(inputs, 1, "min");
    expectLimit(inputs, 2, "max");
    return [type];
  },
  evaluate([input, min, max]) {
    const x = given([input], 0, "input");
    if (x.data instanceof BigInt64Array) {
      const low = (min?.data as BigInt64Array | undefined)?.[0];
      const high = (max?.data as BigInt64Array | undefined)?.[0];
      const clamp = (v: bigint) => {
        const raised = low !== undefined && v < low ? low : v;
        return high !== undefined && raised > high ? high : raised;
      };
      return [tensor("int64", x.shape, x.data.map(clamp))];
    }
    const low = Number(min?.data[0] ?? Number.NEGATIVE_INFINITY);
    const high = Number(max?.data[0] ?? Number.POSITIVE_INFINITY);
    const result: Tensor = zeros(x.dtype, x.shape);
    (result.data as Float64Array).set((x.data as Float64Array).map((v) => Math.min(high, Math.max(v, low))));
    return [result];
  },
});

function expectLimit(inputs: KnownInputs, index: number, name: string): void {
  const limit = inputs[index]?.type;
  if (!limit) return;
  expectDType(limit, [given(inputs, 0, "input").type.dtype], name);
  expectScalarShape(limit, name);
}
