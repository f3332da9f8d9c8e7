import { inverseOf, transposed } from "../../tensor/layout.js";
import {
  formatOf,
  integerOf,
  type ScaleKind,
  type Storage,
  scaleKindOf,
  store,
  storeScaled,
} from "../../tensor/store.js";
import { type Tensor, tensor } from "../../tensor/tensor.js";
import type { ValueType } from "../graph.js";
import {
  type Attributes,
  defineOperator,
  expectDType,
  expectScalarShape,
  float32Of,
  given,
  int,
  normalAxis,
  numberOf,
  optionalNumber,
  required,
  text,
  textOf,
} from "./define.js";
import { OperatorError } from "./operator.js";
import { expectPositive } from "./quantized.js";

/**
 * y = x as it reads back after being stored in a number format: what is left of an activation in a format that no kernel
 * computes with. Nibble's own; a graph that holds it is simulated and never lowered.
 *
 * With `scale` (float32) and `zero_point` (int32, of integers), each one number: static, values beyond the codes saturate.
 * Without them scales are chosen from x's own values at run time: one for all, or with `group` > 0 one for `group`
 * elements along `axis`. Formats with blocks (MX, NVFP4, NF4, ggml) choose their own along `axis`; fp16 and bf16 have none.
 * `symmetric`: 1 or 0, of integers without given scale; absent: as the type has it (see `Storage`).
 * The rest of the arithmetic stays float32, also where a kernel would add in integers: the declared meaning of simulation.
 */
export const fakeQuantize = defineOperator({
  opType: "FakeQuantize",
  domain: "nibble",
  inputs: [1, 3],
  attributes: { format: required(text()), axis: int(-1), group: int(0), symmetric: int() },
  infer(inputs, attributes) {
    const x = given(inputs, 0, "x").type;
    expectDType(x, ["float32"], "x");
    const kind = kindOf(attributes);
    const group = numberOf(attributes, "group");
    if (group < 0) throw new OperatorError(`group ${group} must be >= 0`);
    const [, scale, zeroPoint] = inputs;
    if (scale) {
      if (kind !== "given") throw new OperatorError(`${formatName(attributes)} takes no scale`);
      if (group > 0) throw new OperatorError("a given scale is one for all values; groups choose their own");
      expectDType(scale.type, ["float32"], "scale");
      expectScalarShape(scale.type, "scale");
      expectPositive(scale.constant, "scale");
    }
    if (zeroPoint) expectZeroPoint(zeroPoint.type, scale !== undefined, attributes);
    if (kind === "blocks" || group > 0) normalAxis(numberOf(attributes, "axis"), x.shape.length);
    return [x];
  },
  evaluate(inputs, attributes) {
    const x = given(inputs, 0, "x") as Tensor<"float32">;
    const [, scale, zeroPoint] = inputs;
    const name = formatName(attributes);
    if (scale) {
      const params = { scale: float32Of(scale)[0] ?? Number.NaN, zeroPoint: Number(zeroPoint?.data[0] ?? 0) };
      return [tensor("float32", x.shape, storeScaled(float32Of(x), name, params))];
    }
    const group = numberOf(attributes, "group");
    const symmetric = optionalNumber(attributes, "symmetric");
    const storage = {
      format: name,
      ...(group > 0 ? { group } : {}),
      ...(symmetric === undefined ? {} : { symmetric: symmetric !== 0 }),
    };
    const alongAxis = kindOf(attributes) === "blocks" || group > 0;
    return [alongAxis ? storeAlong(x, numberOf(attributes, "axis"), storage) : storeWhole(x, storage)];
  },
});

function formatName(attributes: Attributes): string {
  return textOf(attributes, "format");
}

function kindOf(attributes: Attributes): ScaleKind {
  try {
    return scaleKindOf(formatOf(formatName(attributes)));
  } catch (error) {
    throw new OperatorError((error as RangeError).message);
  }
}

function expectZeroPoint(type: ValueType, hasScale: boolean, attributes: Attributes): void {
  if (!hasScale) throw new OperatorError("a zero point needs a scale");
  if (!integerOf(formatName(attributes))) throw new OperatorError(`${formatName(attributes)} has no zero point`);
  expectDType(type, ["int32"], "zero_point");
  expectScalarShape(type, "zero_point");
}

function storeWhole(x: Tensor<"float32">, storage: Storage): Tensor<"float32"> {
  const floats = float32Of(x);
  return tensor("float32", x.shape, store(floats, Math.max(1, floats.length), storage).values);
}

/** Blocks and groups along an axis: rows are turned there and back. */
function storeAlong(x: Tensor<"float32">, axis: number, storage: Storage): Tensor<"float32"> {
  const last = x.shape.length - 1;
  const place = normalAxis(axis, x.shape.length);
  const length = x.shape[place] ?? 1;
  if (x.data.length === 0) return x;
  const order = x.shape.map((_, i) => i);
  const turn = [...order.filter((i) => i !== place), place];
  const rows = place === last ? x : transposed(x, turn);
  const read = tensor("float32", rows.shape, store(float32Of(rows), length, storage).values);
  return place === last ? read : transposed(read, inverseOf(turn));
}
