import type { DType } from "../../tensor/tensor.js";
import { OperatorError } from "./operator.js";

/** Codes of element types in files and in attributes (`to` of Cast, `output_dtype`): TensorProto.DataType of onnx.proto. */
const codes: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  bfloat16: 16,
};

/** The number that ONNX names a dtype by. */
export function codeOfDType(dtype: DType): number {
  return codes[dtype];
}

/** @throws {OperatorError} when the IR has no such dtype */
export function dtypeOfCode(code: number): DType {
  for (const [dtype, known] of Object.entries(codes)) if (known === code) return dtype as DType;
  throw new OperatorError(`element type ${code} is not supported`);
}
