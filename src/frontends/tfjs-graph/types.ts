import type { OpContext, TensorValue, ValueDType } from "./definition.js";
import { cast } from "./steps.js";

const WIDTH: readonly ValueDType[] = ["bool", "int32", "float32"];

/** The wider of two types of elements: bool, then int32, then float32, as TF.js's `upcastType` has it. */
export function wider(a: ValueDType, b: ValueDType): ValueDType {
  return WIDTH[Math.max(WIDTH.indexOf(a), WIDTH.indexOf(b))] ?? "float32";
}

/** Two operands of one type, which is the wider of theirs. */
export function matched(context: OpContext, a: TensorValue, b: TensorValue): [TensorValue, TensorValue] {
  const dtype = wider(a.dtype, b.dtype);
  return [cast(context, a, dtype), cast(context, b, dtype)];
}
