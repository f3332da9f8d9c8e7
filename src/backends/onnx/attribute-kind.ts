import type { Attribute } from "../../ir/graph.js";
import type { AttributeKind } from "../../ir/operators/operator.js";

/** Attributes of the IR's operators that hold a float; a whole number in JavaScript does not tell. */
const FLOATS = new Set(["alpha", "beta", "epsilon", "gamma", "cubic_coeff_a", "extrapolation_value", "clip", "lambd"]);

/** The ONNX type of an attribute. */
export function attributeKind(name: string, value: Attribute): AttributeKind {
  if (typeof value === "string") return "string";
  if (typeof value === "number") return FLOATS.has(name) || !Number.isInteger(value) ? "float" : "int";
  if ("dtype" in value) return "tensor";
  if (value.some((item: unknown) => typeof item === "string")) return "strings";
  return name.startsWith("activation_") || name === "scales" ? "floats" : "ints";
}
