import { tensorFrom } from "../../../src/tensor/tensor.js";
import { given, type OpCase, type Operand } from "./op-parity.js";

/** Short forms of the operands and cases that tests of many operators are made of. */

/** An int32 vector that the model holds. */
export const list = (...values: number[]): Operand => given(tensorFrom("int32", [values.length], values));

/** An int32 scalar that the model holds. */
export const one = (value: number): Operand => given(tensorFrom("int32", [], [value]));

/** A float32 scalar that the model holds. */
export const real = (value: number): Operand => given(tensorFrom("float32", [], [value]));

/** A case of the operator `name`. */
export const op = (
  name: string,
  title: string,
  operands: OpCase["operands"],
  attributes: OpCase["attributes"] = {},
  rest: Partial<OpCase> = {},
): OpCase => ({ title: `${name} ${title}`, op: name, operands, attributes, ...rest });
