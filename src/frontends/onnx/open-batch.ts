import { BATCH, type Dim } from "../../ir/graph.js";
import { codeOfDType } from "../../ir/operators/element-type.js";
import { tensor } from "../../tensor/tensor.js";
import { Refusal } from "./emitter.js";
import type { OnnxContext } from "./operator.js";
import { constantValue, integers, type Value } from "./value.js";

/**
 * A value repeated to `shape`, in which the batch is open. The IR expands to known sizes only, so the value is added to
 * zeros of the batch's size: the first element of each sample as an integer, times 0 (a NaN in the input stays out).
 * @throws {Refusal} when another size than the batch is open
 */
export function repeatedForBatch(
  value: Value,
  shape: readonly Dim[],
  batched: Value | undefined,
  one: OnnxContext["one"],
): Value {
  const place = shape.indexOf(BATCH);
  const open = shape.filter((dim) => typeof dim === "string");
  if (!batched || open.length !== 1 || place < 0 || value.type.dtype === "bool") {
    throw new Refusal(`it repeats "${value.name}" to [${shape.join(", ")}], which is open until the model runs`);
  }
  const rest = batched.type.shape.slice(1).map((_, i) => i + 1);
  const list = (what: string, numbers: readonly number[]) => integers(`${value.name}/${what}`, numbers);
  const first = one("Slice", [
    batched,
    list(
      "starts",
      rest.map(() => 0),
    ),
    list(
      "ends",
      rest.map(() => 1),
    ),
    list("axes", rest),
  ]);
  const whole = one("Cast", [rest.length > 0 ? first : batched], { to: codeOfDType("int32") });
  const zero = one("Mul", [whole, constantValue(`${value.name}/zero`, tensor("int32", [], Int32Array.of(0)))]);
  const typed = one("Cast", [zero], { to: codeOfDType(value.type.dtype) });
  const column = one("Reshape", [
    typed,
    list(
      "column",
      shape.map((_, i) => (i === place ? -1 : 1)),
    ),
  ]);
  const known = shape.map((dim) => (typeof dim === "string" ? 1 : dim));
  return one("Add", [one("Expand", [value, list("shape", known)]), column]);
}
