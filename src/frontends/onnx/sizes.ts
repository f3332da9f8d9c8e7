import { addDims, divideDims, multiplyDims } from "../../ir/dim.js";
import type { Dim } from "../../ir/graph.js";
import { broadcastOffsets, broadcastShapes } from "../../tensor/layout.js";
import { elementCount, tensor } from "../../tensor/tensor.js";
import type { OnnxContext, OnnxNode, OnnxOperator } from "./operator.js";
import { constantValue, dimsValue, int64, knownDims, type Value } from "./value.js";

/**
 * Arithmetic of sizes of which some are open. Exporters write `reshape(x, [x.shape[0], -1])` as Shape, Gather,
 * Concat and Reshape: what lies between works on a few integers, and only some of them are not known.
 */

/** Operators that move elements and leave them as they are, with the inputs that are moved. */
const movers: Readonly<Record<string, "first" | "all">> = {
  Identity: "first",
  Gather: "first",
  Slice: "first",
  Squeeze: "first",
  Unsqueeze: "first",
  Reshape: "first",
  Flatten: "first",
  Transpose: "first",
  Expand: "first",
  Split: "first",
  Cast: "first",
  Concat: "all",
};

/**
 * The outputs of a node that works on sizes, where one of its inputs holds open ones; undefined when it is not such a
 * node, or needs what is not known.
 */
export function computedSizes(
  node: OnnxNode,
  operator: OnnxOperator,
  context: OnnxContext,
): readonly Value[] | undefined {
  if (node.domain !== "" || !node.inputs.some((input) => input?.dims)) return undefined;
  const moved = Object.hasOwn(movers, node.opType) ? movers[node.opType] : undefined;
  if (moved) return movedSizes(node, operator, context, moved === "all" ? node.inputs.length : 1);
  if (node.opType === "Where") return chosenSizes(node);
  const result = node.inputs.length === 2 ? combinedSizes(node) : undefined;
  return result && [result];
}

/** Lets the operator move the places of the sizes, and puts the sizes back in their stead. */
function movedSizes(
  node: OnnxNode,
  operator: OnnxOperator,
  context: OnnxContext,
  count: number,
): readonly Value[] | undefined {
  // Known numbers that are brought to an open shape are no sizes.
  if (!node.inputs.slice(0, count).some((input) => input?.dims)) return undefined;
  const pool: Dim[] = [];
  const inputs: (Value | undefined)[] = [];
  let dtype: "int64" | "int32" = "int64";
  for (const [i, input] of node.inputs.entries()) {
    const dims = i < count ? knownDims(input) : undefined;
    if (i < count && (!dims || !input)) return undefined;
    if (!dims || !input) {
      inputs.push(input);
      continue;
    }
    if (input.type.dtype === "int32") dtype = "int32";
    const places = dims.map((_, at) => pool.length + at);
    pool.push(...dims);
    inputs.push(constantValue(input.name, int64(input.type.shape as number[], places)));
  }
  if (node.opType === "Cast") {
    const to = node.attributes.to;
    if (to !== 6 && to !== 7) return undefined;
    return node.inputs
      .slice(0, 1)
      .flatMap((input) => (input ? [{ ...input, type: { ...input.type, dtype: to === 6 ? "int32" : "int64" } }] : []));
  }
  return operator.lower({ ...node, inputs }, context).map((output) => {
    const places = knownDims(output) ?? context.refuse("it brings open sizes to an open shape");
    return dimsValue(
      output.name,
      output.type.shape as number[],
      places.map((place) => pool[Number(place)] ?? 0),
      dtype,
    );
  });
}

/** `condition ? a : b` with a known condition. */
function chosenSizes(node: OnnxNode): readonly Value[] | undefined {
  const [condition, a, b] = node.inputs;
  const [left, right] = [knownDims(a), knownDims(b)];
  if (!condition?.constant || !a || !b || !left || !right) return undefined;
  const shapes = [condition, a, b].map(({ type }) => type.shape as number[]);
  const shape = shapes.reduce((x, y) => broadcastShapes(x, y));
  const [c, l, r] = shapes.map((each) => broadcastOffsets(each, shape)) as [Int32Array, Int32Array, Int32Array];
  const { data } = condition.constant;
  const dims = Array.from({ length: elementCount(shape) }, (_, i) =>
    Number(data[c[i] ?? 0]) !== 0 ? (left[l[i] ?? 0] ?? 0) : (right[r[i] ?? 0] ?? 0),
  );
  return [dimsValue(node.name, shape, dims)];
}

const arithmetic: Readonly<Record<string, (a: Dim, b: Dim) => Dim | undefined>> = {
  Add: addDims,
  Mul: (a, b) => multiplyDims([a, b]),
  Sub(a, b) {
    if (a === b) return 0;
    return b === 0 ? a : undefined;
  },
  Div: divideDims,
};

/** Whether two sizes are equal: an open one is at least 1, so it is neither 0 nor -1. */
function equalSizes(a: Dim, b: Dim): boolean | undefined {
  if (a === b) return true;
  if (typeof a === "number" && typeof b === "number") return false;
  const known = typeof a === "number" ? a : b;
  return typeof known === "number" && known < 1 ? false : undefined;
}

function combinedSizes(node: OnnxNode): Value | undefined {
  const [a, b] = node.inputs;
  const [left, right] = [knownDims(a), knownDims(b)];
  if (!a || !b || !left || !right) return undefined;
  const [from, to] = [a.type.shape as number[], b.type.shape as number[]];
  const shape = broadcastShapes(from, to);
  const [l, r] = [broadcastOffsets(from, shape), broadcastOffsets(to, shape)];
  const pairs = Array.from(l, (at, i) => [left[at] ?? 0, right[r[i] ?? 0] ?? 0] as const);
  if (node.opType === "Equal") {
    const equal = pairs.map(([x, y]) => equalSizes(x, y));
    if (equal.includes(undefined)) return undefined;
    return constantValue(node.name, tensor("bool", shape, Uint8Array.from(equal, Number)));
  }
  const operation = Object.hasOwn(arithmetic, node.opType) ? arithmetic[node.opType] : undefined;
  const plain = ([x, y]: readonly [Dim, Dim]): Dim | undefined => {
    if (node.opType === "Sub" && typeof x === "number" && typeof y === "number") return x - y;
    return operation?.(x, y);
  };
  const dims = pairs.map(plain);
  if (dims.some((dim) => dim === undefined)) return undefined;
  return dimsValue(node.name, shape, dims as Dim[], a.type.dtype === "int32" ? "int32" : "int64");
}
