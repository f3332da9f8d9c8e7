import { type Tensor, tensorFrom, zeros } from "../../tensor/tensor.js";
import { showShape } from "../dim.js";
import {
  type Attributes,
  constantIntegers,
  defineOperator,
  expectDType,
  expectRank,
  expectScalarShape,
  given,
  int,
  integersOf,
  type KnownInputs,
  numberOf,
  optionalNumber,
} from "./define.js";
import { dtypeOfCode } from "./element-type.js";
import { type Operator, OperatorError } from "./operator.js";

/** Operators that make values of shapes and counts. Frontends fold most of them; the IR knows what they mean. */

/** The most elements that one of these may make: shapes in files may be hostile. */
const MAX_ELEMENTS = 2 ** 28;

/** First and last axis, as `start` and `end` of Shape clamp them. */
function axisRange(rank: number, attributes: Attributes): [number, number] {
  const clamp = (axis: number) => Math.max(0, Math.min(rank, axis < 0 ? axis + rank : axis));
  const start = clamp(numberOf(attributes, "start"));
  return [start, Math.max(start, clamp(optionalNumber(attributes, "end") ?? rank))];
}

/** The sizes of its input, int64 [rank], or of the axes from `start` to `end`. */
const shape = defineOperator({
  opType: "Shape",
  attributes: { start: int(0), end: int() },
  infer(inputs, attributes) {
    const [start, end] = axisRange(given(inputs, 0, "data").type.shape.length, attributes);
    return [{ dtype: "int64", shape: [end - start] }];
  },
  evaluate(inputs, attributes) {
    const sizes = given(inputs, 0, "data").shape;
    const named = sizes.slice(...axisRange(sizes.length, attributes));
    return [tensorFrom("int64", [named.length], named)];
  },
});

/** The number of elements of its input, an int64 scalar. */
const size = defineOperator({
  opType: "Size",
  infer(inputs) {
    given(inputs, 0, "data");
    return [{ dtype: "int64", shape: [] }];
  },
  evaluate: (inputs) => [tensorFrom("int64", [], [given(inputs, 0, "data").data.length])],
});

function fillValue(attributes: Attributes): Tensor {
  const value = attributes.value;
  if (value === undefined) return zeros("float32", [1]);
  if (typeof value !== "object" || !("dtype" in value) || value.data.length !== 1) {
    throw new OperatorError("attribute value must be a tensor of one element");
  }
  return value;
}

function checkedShape(sizes: readonly number[]): number[] {
  if (sizes.some((one) => one < 0) || sizes.reduce((a, b) => a * b, 1) > MAX_ELEMENTS) {
    throw new OperatorError(`shape ${showShape(sizes)} is negative or too large`);
  }
  return [...sizes];
}

/** A tensor of the shape that its input says, filled with the one element of `value`; float32 zeros without. */
const constantOfShape = defineOperator({
  opType: "ConstantOfShape",
  attributes: { value: { kind: "tensor" } },
  infer(inputs, attributes) {
    const sizes = constantIntegers(given(inputs, 0, "input"), "input");
    return [{ dtype: fillValue(attributes).dtype, shape: checkedShape(sizes) }];
  },
  evaluate(inputs, attributes) {
    const value = fillValue(attributes);
    const result: Tensor = zeros(value.dtype, checkedShape(integersOf(given(inputs, 0, "input"))));
    (result.data as Float64Array).fill(value.data[0] as number);
    return [result];
  },
});

function rangeOf(parts: readonly Tensor[]): { count: number; start: number; delta: number } {
  const [start = 0, limit = 0, delta = 0] = parts.map((part) => Number(part.data[0]));
  if (delta === 0) throw new OperatorError("delta must not be 0");
  const count = Math.max(0, Math.ceil((limit - start) / delta));
  if (!(count <= MAX_ELEMENTS)) throw new OperatorError(`a range of ${count} elements is too long`);
  return { count, start, delta };
}

function rangeConstants(inputs: KnownInputs): Tensor[] {
  return ["start", "limit", "delta"].map((name, i) => {
    const { type, constant } = given(inputs, i, name);
    expectDType(type, ["float32", "int16", "int32", "int64"], name);
    expectScalarShape(type, name);
    if (!constant) throw new OperatorError(`${name} must be an initializer, so that the output's type is known`);
    return constant;
  });
}

/** start, start + delta ... below limit (above it when delta < 0). */
const range = defineOperator({
  opType: "Range",
  inputs: [3, 3],
  infer(inputs) {
    const parts = rangeConstants(inputs);
    return [{ dtype: given(parts, 0, "start").dtype, shape: [rangeOf(parts).count] }];
  },
  evaluate(inputs) {
    const parts = [0, 1, 2].map((i) => given(inputs, i, "range"));
    const { count, start, delta } = rangeOf(parts);
    const { dtype } = given(parts, 0, "start");
    return [
      tensorFrom(
        dtype,
        [count],
        Array.from({ length: count }, (_, i) => start + i * delta),
      ),
    ];
  },
});

/** Ones on the k-th diagonal of a matrix that is as large as the input. */
const eyeLike = defineOperator({
  opType: "EyeLike",
  attributes: { dtype: int(), k: int(0) },
  infer(inputs, attributes) {
    const { type } = given(inputs, 0, "input");
    expectRank(type, 2, "input");
    const code = optionalNumber(attributes, "dtype");
    return [{ dtype: code === undefined ? type.dtype : dtypeOfCode(code), shape: type.shape }];
  },
  evaluate(inputs, attributes) {
    const x = given(inputs, 0, "input");
    const code = optionalNumber(attributes, "dtype");
    const [, columns = 0] = x.shape;
    const k = numberOf(attributes, "k");
    const ones = Array.from({ length: x.data.length }, (_, i) => Number((i % columns) - Math.floor(i / columns) === k));
    return [tensorFrom(code === undefined ? x.dtype : dtypeOfCode(code), x.shape, ones)];
  },
});

export const creations: readonly Operator[] = [shape, size, constantOfShape, range, eyeLike];
