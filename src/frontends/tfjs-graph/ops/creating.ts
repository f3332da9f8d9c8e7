import { elementCount, tensor, tensorFrom } from "../../../tensor/tensor.js";
import { boolAttribute, dtypeAttribute, intAttribute } from "../attributes.js";
import type { Lower, OpContext, OpDefinition, OpFamily, TensorValue, ValueDType } from "../definition.js";
import { badInputs, cast, ints, known, numberOf, numbersOf, operand, refuse, scalar } from "../steps.js";

/** Elements that a range, or a tensor of one value, may have: a file can ask for any number. */
const MAX_ELEMENTS = 2 ** 26;

function full(context: OpContext, shape: readonly number[], dtype: ValueDType, value: number): TensorValue {
  const count = elementCount(shape);
  if (shape.some((size) => size < 0) || !(count <= MAX_ELEMENTS))
    badInputs(context, [], "its shape is not a possible one");
  return known(tensorFrom(dtype, shape, new Float64Array(count).fill(value)));
}

const fill: Lower = (context, inputs) => {
  const value = operand(context, inputs, 1);
  const shape = numbersOf(operand(context, inputs, 0), "the shape");
  if (value.constant === undefined) return [context.emit("Expand", [value, ints(shape)])];
  return [full(context, shape, value.dtype, numberOf(context, value, "the value"))];
};

const filled = (op: string, value: number): OpDefinition => ({
  op,
  summary: `a tensor of ${value}`,
  support: "folded",
  lower: (context, inputs) => {
    const shape = numbersOf(operand(context, inputs, 0), "the shape");
    return [full(context, shape, dtypeAttribute(context.node, "T", "float32"), value)];
  },
});

/** A constant where the shape is known; with an open batch, x > x, which never holds, whatever x is. */
const like = (op: string, value: 0 | 1): OpDefinition => ({
  op,
  summary: `${value} in the shape of its input`,
  support: "folded",
  lower: (context, inputs) => {
    const x = operand(context, inputs, 0);
    if (x.shape.every((size) => typeof size === "number")) return [full(context, x.shape.map(Number), x.dtype, value)];
    const numbers = x.dtype === "bool" ? cast(context, x, "int32") : x;
    const never = context.emit("Greater", [numbers, numbers]);
    return [cast(context, value === 0 ? never : context.emit("Not", [never]), x.dtype)];
  },
});

const range: Lower = (context, inputs) => {
  const [start = 0, limit = 0, step = 1] = ["the first", "the limit", "the step"].map((what, i) =>
    numberOf(context, operand(context, inputs, i), what),
  );
  const count = step === 0 ? Number.NaN : Math.max(0, Math.ceil((limit - start) / step));
  if (!(count <= MAX_ELEMENTS))
    badInputs(context, inputs, `a range from ${start} to ${limit} by ${step} is not possible`);
  const dtype = dtypeAttribute(context.node, "Tidx", operand(context, inputs, 0).dtype);
  const values = Array.from({ length: count }, (_, i) => start + i * step);
  return [known(tensorFrom(dtype, [count], values))];
};

const linSpace: Lower = (context, inputs) => {
  const [start = 0, stop = 0, count = 0] = ["the first", "the last", "how many"].map((what, i) =>
    numberOf(context, operand(context, inputs, i), what),
  );
  if (!(count >= 1 && count <= MAX_ELEMENTS)) badInputs(context, inputs, `${count} numbers are asked for`);
  const step = count > 1 ? (stop - start) / (count - 1) : 0;
  const values = Array.from({ length: count }, (_, i) => start + i * step);
  return [known(tensorFrom("float32", [count], values))];
};

/** A new last axis that holds `on` at the index and `off` elsewhere; an index outside is nowhere. */
const oneHot: Lower = (context, inputs) => {
  const indices = cast(context, operand(context, inputs, 0), "int32");
  const depth = numberOf(context, operand(context, inputs, 1), "the depth");
  const on = numberOf(context, operand(context, inputs, 2), "the value at the index");
  const off = numberOf(context, operand(context, inputs, 3), "the value elsewhere");
  const axis = intAttribute(context.node, "axis", -1);
  if (axis !== -1 && axis !== indices.shape.length) {
    refuse(context, `TF.js puts the new axis last and ignores axis ${axis}; transpose after it instead`);
  }
  if (!(depth >= 1 && depth <= MAX_ELEMENTS)) badInputs(context, inputs, `a depth of ${depth} is not possible`);
  const places = tensor(
    "int32",
    [depth],
    Int32Array.from({ length: depth }, (_, i) => i),
  );
  const hit = context.emit("Equal", [context.emit("Unsqueeze", [indices, ints([indices.shape.length])]), places]);
  const dtype = dtypeAttribute(context.node, "T", operand(context, inputs, 2).dtype);
  if (on === 1 && off === 0) return [cast(context, hit, dtype)];
  const chosen = context.emit("Where", [hit, scalar(on), scalar(off)]);
  return [cast(context, chosen, dtype)];
};

/** How often each number below `size` occurs in the last axis; `weights` count instead of ones where there are any. */
const bincount: Lower = (context, inputs) => {
  const x = cast(context, operand(context, inputs, 0), "int32");
  const size = numberOf(context, operand(context, inputs, 1), "how many numbers are counted");
  const weights = operand(context, inputs, 2);
  const binary = boolAttribute(context.node, "binary_output", false);
  if (!(size >= 1 && size <= MAX_ELEMENTS)) badInputs(context, inputs, `${size} numbers cannot be counted`);
  const last = [x.shape.length];
  const places = tensor(
    "int32",
    [size],
    Int32Array.from({ length: size }, (_, i) => i),
  );
  const hit = context.emit("Equal", [context.emit("Unsqueeze", [x, ints(last)]), places]);
  const weighted = !weights.shape.includes(0) && !binary;
  const counted = weighted
    ? context.emit("Where", [hit, context.emit("Unsqueeze", [weights, ints(last)]), tensorFrom(weights.dtype, [], [0])])
    : cast(context, hit, weights.dtype === "bool" ? "int32" : weights.dtype);
  return [context.emit(binary ? "ReduceMax" : "ReduceSum", [counted, ints([x.shape.length - 1])], { keepdims: 0 })];
};

const random = (op: string): OpDefinition => ({
  op,
  summary: "random numbers",
  support: "refused",
  reason:
    "its numbers are drawn anew at each run, so no two runs could be compared; export the model for inference, or feed them as an input",
});

/** Tensors out of shapes and counts. */
export const creations: OpFamily = {
  family: "creation",
  ops: [
    { op: "Fill", summary: "a tensor of one value", support: "folded", lower: fill },
    filled("Ones", 1),
    filled("Zeros", 0),
    like("OnesLike", 1),
    like("ZerosLike", 0),
    { op: "Range", summary: "numbers with a step", support: "folded", lower: range },
    { op: "LinSpace", summary: "so many numbers between two", support: "folded", lower: linSpace },
    { op: "OneHot", summary: "one value at the index, another elsewhere", support: "lowered", lower: oneHot },
    { op: "Bincount", summary: "how often each number occurs", support: "lowered", lower: bincount },
    { op: "DenseBincount", summary: "how often each number occurs", support: "lowered", lower: bincount },
    ...["RandomStandardNormal", "RandomUniform", "RandomUniformInt", "TruncatedNormal", "Multinomial"].map(random),
  ],
};
