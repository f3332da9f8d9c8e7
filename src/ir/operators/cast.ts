import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from "../../tensor/float16.js";
import { type DType, type Tensor, tensor, zeros } from "../../tensor/tensor.js";
import { defineOperator, given, int, numberOf, required } from "./define.js";
import { dtypeOfCode } from "./element-type.js";

/**
 * Converts to the element type `to` (its number in onnx.proto). Float to integer drops the fraction; what does not fit
 * wraps as two's complement does (ONNX leaves it open). Anything but 0 is true.
 */
export const cast = defineOperator({
  opType: "Cast",
  attributes: { to: required(int()), saturate: int(1) },
  infer(inputs, attributes) {
    return [{ dtype: dtypeOfCode(numberOf(attributes, "to")), shape: given(inputs, 0, "input").type.shape }];
  },
  evaluate(inputs, attributes) {
    return [converted(given(inputs, 0, "input"), dtypeOfCode(numberOf(attributes, "to")))];
  },
});

function converted(x: Tensor, dtype: DType): Tensor {
  if (x.dtype === dtype) return x;
  if (x.data instanceof BigInt64Array && dtype !== "bool" && !dtype.includes("float")) {
    const low = Float64Array.from(x.data, (v) => Number(BigInt.asIntN(32, v)));
    return filled(dtype, x.shape, low);
  }
  return filled(dtype, x.shape, numbersOf(x));
}

function numbersOf(x: Tensor): Float64Array {
  if (x.dtype === "float16") return Float64Array.from(fromFloat16(x.data as Uint16Array));
  if (x.dtype === "bfloat16") return Float64Array.from(fromBfloat16(x.data as Uint16Array));
  return Float64Array.from(x.data as ArrayLike<number | bigint>, Number);
}

function filled(dtype: DType, shape: readonly number[], values: Float64Array): Tensor {
  if (dtype === "float16") return tensor(dtype, shape, toFloat16(values));
  if (dtype === "bfloat16") return tensor(dtype, shape, toBfloat16(values));
  if (dtype === "bool")
    return tensor(
      dtype,
      shape,
      Uint8Array.from(values, (v) => (v === 0 ? 0 : 1)),
    );
  if (dtype === "int64") {
    return tensor(
      dtype,
      shape,
      BigInt64Array.from(values, (v) => (Number.isFinite(v) ? BigInt(Math.trunc(v)) : 0n)),
    );
  }
  const result: Tensor = zeros(dtype, shape);
  (result.data as Float64Array).set(values);
  return result;
}
