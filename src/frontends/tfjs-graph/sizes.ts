import type { Dim } from "../../ir/graph.js";
import { elementCount, tensor } from "../../tensor/tensor.js";
import type { Lower, TensorValue } from "./definition.js";
import { knownDims, maybeDims } from "./steps.js";

/** Elements of a list of sizes; a longer value is data, and no shape. */
const MAX_SIZES = 1024;

/**
 * A lowering that only moves elements, so that sizes that are open (the batch) stay known on their way from Shape to
 * Reshape: where an input holds some, the lowering moves the places of all elements instead, and each place is looked up.
 * @param moves whether the input at that index is moved; the others say how
 */
export function movingSizes(lower: Lower, moves: (index: number, count: number) => boolean): Lower {
  return (context, inputs) => {
    const moved = inputs.filter((_, i) => moves(i, inputs.length));
    if (!moved.some(isOpen) || !moved.every(isListOfSizes)) return lower(context, inputs);
    const all: Dim[] = [];
    const places = inputs.map((value, i) => (moves(i, inputs.length) ? placesOf(value, all) : value));
    return lower(context, places).map((value) => {
      if (value === undefined) return undefined;
      const held = (value.constant?.data ?? []) as ArrayLike<number>;
      const found = Array.from(held, (place): Dim => all[place] ?? 0);
      return knownDims(found, value.shape.map(Number));
    });
  };
}

/** Moves the first input. */
export const movingFirst = (lower: Lower): Lower => movingSizes(lower, (index) => index === 0);

/** Whether the value is sizes of which some are open. */
export function isOpen(value: TensorValue): boolean {
  return value.dims !== undefined && value.constant === undefined;
}

function isListOfSizes(value: TensorValue): boolean {
  return value.dtype === "int32" && (maybeDims(value)?.length ?? Number.POSITIVE_INFINITY) <= MAX_SIZES;
}

/** The value with each element replaced by its place in `all`, to which its elements are added. */
function placesOf(value: TensorValue, all: Dim[]): TensorValue {
  const start = all.length;
  all.push(...(maybeDims(value) ?? []));
  const shape = value.shape.map(Number);
  const places = Int32Array.from({ length: elementCount(shape) }, (_, i) => start + i);
  return { dtype: "int32", shape, constant: tensor("int32", shape, places) };
}
