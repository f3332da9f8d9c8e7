import { multiplyDims } from "../../../ir/dim.js";
import type { Dim } from "../../../ir/graph.js";
import { type DType, elementCount, tensor, tensorFrom } from "../../../tensor/tensor.js";
import {
  familyOf,
  numberAttribute,
  numbersAttribute,
  type OnnxContext,
  type OnnxNode,
  type OnnxOperator,
  operand,
} from "../operator.js";
import { reshapeTarget } from "../reshape.js";
import { asIs, same } from "../same.js";
import { constantValue, dimsValue, integers, knownDims, type Value } from "../value.js";

const family = "shape";

const { lowered, folded } = familyOf(family);

/** An operand that was an attribute up to some opset, e.g. the axes of Squeeze. */
export function listOperand(node: OnnxNode, index: number, name: string): Value | undefined {
  const list = numbersAttribute(node, name);
  return node.inputs[index] ?? (list && integers(`${node.name}/${name}`, list));
}

/** Squeeze and Unsqueeze: axes are an attribute before opset 13. */
const withAxes = (opType: string) =>
  lowered(opType, (node, context) =>
    asIs(node, context, [operand(node, 0, context), listOperand(node, 1, "axes")], ["axes"]),
  );

const reshape = lowered("Reshape", (node, context) => {
  const data = operand(node, 0, context);
  const wanted = knownDims(operand(node, 1, context));
  if (!wanted) return context.refuse("its shape depends on the input");
  const allowZero = numberAttribute(node, "allowzero", 0) !== 0;
  const target = reshapeTarget(data.type.shape, wanted, allowZero, context.fixedBatch);
  if (!target) return context.refuse(`[${data.type.shape.join(", ")}] does not take the shape [${wanted.join(", ")}]`);
  return context.emit("Reshape", [data, integers(`${node.name}/shape`, target)]);
});

/** Sizes of a value, open ones too; `start` and `end` since opset 15. */
const shapeOf = folded("Shape", (node, context) => {
  const { shape } = operand(node, 0, context).type;
  const part = shape.slice(numberAttribute(node, "start", 0), numberAttribute(node, "end", shape.length));
  return [dimsValue(node.name, [part.length], part)];
});

const sizeOf = folded("Size", (node, context) => {
  return [dimsValue(node.name, [], [multiplyDims(operand(node, 0, context).type.shape)])];
});

/** A value of which every element is one number: stored where its sizes are known, else left to who reads it. */
function filledValue(name: string, dtype: DType, shape: readonly Dim[], fill: number): Value {
  const sizes = shape.filter((dim) => typeof dim === "number");
  const isSmall = sizes.length === shape.length && elementCount(sizes) <= 2 ** 16;
  if (!isSmall) return { name, type: { dtype, shape }, fill };
  return constantValue(name, tensorFrom(dtype, sizes, new Array<number>(elementCount(sizes)).fill(fill)));
}

const constantOfShape = folded("ConstantOfShape", (node, context) => {
  const shape = knownDims(operand(node, 0, context));
  if (!shape) return context.refuse("its shape depends on the input");
  if (shape.some((size) => typeof size === "number" && (size < 0 || size > 2 ** 31))) {
    return context.refuse(`its shape is [${shape.join(", ")}]`);
  }
  const { value } = node.attributes;
  const given = typeof value === "object" && "dtype" in value ? value : tensor("float32", [1], new Float32Array(1));
  return [filledValue(node.name, given.dtype, shape, Number(given.data[0] ?? 0))];
});

/**
 * Expand to sizes that are open: what is one number stays one; else the value is added to zeros that have the batch's
 * size, made from the first input that has it.
 */
const expand = lowered("Expand", (node, context) => {
  const data = operand(node, 0, context);
  const target = knownDims(operand(node, 1, context));
  if (!target) return context.refuse("its shape depends on the input");
  const { shape } = data.type;
  const lead = Math.max(0, target.length - shape.length);
  const grows = target.some((size, i) => typeof size === "string" && shape[i - lead] !== size);
  const first = data.constant?.data[0];
  const isUniform = first !== undefined && data.constant?.data.every((value) => value === first);
  if (grows && (data.fill !== undefined || isUniform)) {
    const sizes = target.map((size, i) => (size === 1 ? (shape[i - lead] ?? 1) : size));
    return [filledValue(node.name, data.type.dtype, sizes, data.fill ?? Number(first))];
  }
  if (grows) return [context.openBatch(data, target)];
  const known = target.map((size, i) => (typeof size === "string" ? 1 : size === shape[i - lead] ? 1 : size));
  if (known.every((size) => size === 1) && lead === 0) return [data];
  return context.emit("Expand", [data, integers(`${node.name}/shape`, known)]);
});

const tile = lowered("Tile", (node, context) => {
  const repeats = knownDims(operand(node, 1, context));
  const data = operand(node, 0, context);
  if (!repeats?.some((size) => typeof size === "string")) return asIs(node, context);
  // Repeating an axis of length 1 is what Expand does.
  const isExpand = repeats.every((size, i) => size === 1 || data.type.shape[i] === 1);
  if (!isExpand) return context.refuse("it repeats by a size that is open");
  return [
    context.openBatch(
      data,
      repeats.map((size, i) => (size === 1 ? (data.type.shape[i] ?? 1) : size)),
    ),
  ];
});

/** The sizes of the parts were an attribute before opset 13; equal parts are counted by `num_outputs` since 18. */
const split = lowered("Split", (node, context) => {
  const data = operand(node, 0, context);
  const sizes = listOperand(node, 1, "split");
  const { rank, axis } = { rank: data.type.shape.length, axis: numberAttribute(node, "axis", 0) };
  if (sizes) return context.emit("Split", [data, sizes], { axis }, { outputs: node.outputs });
  const count = numberAttribute(node, "num_outputs", node.outputs);
  const length = data.type.shape[axis < 0 ? axis + rank : axis];
  if (typeof length !== "number") return context.refuse(`it splits the size ${length}, which is open`);
  const part = Math.ceil(length / count);
  const parts = Array.from({ length: count }, (_, i) => Math.max(0, Math.min(part, length - i * part)));
  return context.emit("Split", [data, integers(`${node.name}/split`, parts)], { axis }, { outputs: node.outputs });
});

const range = lowered(
  "Range",
  (node, context) => {
    const [start, limit, delta] = [0, 1, 2].map((i) => {
      const value = operand(node, i, context);
      return value.constant ? Number(value.constant.data[0]) : context.refuse("its ends depend on the input");
    }) as [number, number, number];
    const count = Math.max(0, Math.ceil((limit - start) / delta));
    if (!(count <= 2 ** 24)) return context.refuse(`it counts from ${start} to ${limit} by ${delta}`);
    const values = Array.from({ length: count }, (_, i) => start + i * delta);
    return [constantValue(node.name, tensorFrom(operand(node, 0, context).type.dtype, [count], values))];
  },
  "with known ends",
);

/** A constant joined to values with the open batch is repeated for it. */
const concat = lowered("Concat", (node, context: OnnxContext) => {
  const axis = numberAttribute(node, "axis", 1);
  const parts = node.inputs.flatMap((input) => input ?? []);
  const open = parts.find(({ type }) => typeof type.shape[0] === "string");
  const rank = parts[0]?.type.shape.length ?? 0;
  if (!open || axis === 0 || axis === -rank) return context.emit("Concat", parts, { axis });
  const joined = parts.map((part) => {
    const [first, ...rest] = part.type.shape;
    return first === 1 ? context.openBatch(part, [open.type.shape[0] ?? 1, ...rest]) : part;
  });
  return context.emit("Concat", joined, { axis });
});

export const shapes: readonly OnnxOperator[] = [
  reshape,
  withAxes("Squeeze"),
  withAxes("Unsqueeze"),
  ...same(family, "Flatten Transpose DepthToSpace SpaceToDepth"),
  shapeOf,
  sizeOf,
  constantOfShape,
  expand,
  tile,
  split,
  concat,
  range,
];
