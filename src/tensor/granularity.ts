import type { Granularity } from "./quant.js";
import { elementCount } from "./tensor.js";

/** Where the scales of a tensor lie. */
export interface ScalePlaces {
  /** Number of scales. */
  readonly count: number;
  /** Which scale belongs to an element, by its row-major index. */
  readonly placeOf: (element: number) => number;
}

/**
 * The scales that a granularity gives a shape; see `QuantParams` for their order.
 * @throws {RangeError} when the axis does not exist or the group size is no integer > 0
 */
export function scalePlaces(shape: readonly number[], { axis, groupSize }: Granularity): ScalePlaces {
  if (axis === undefined) {
    if (groupSize !== undefined) throw new RangeError("groups need an axis");
    return { count: 1, placeOf: () => 0 };
  }
  const length = shape[axis];
  if (length === undefined) throw new RangeError(`axis ${axis} does not exist in shape [${shape.join(", ")}]`);
  const inner = elementCount(shape.slice(axis + 1));
  if (groupSize === undefined) {
    return { count: length, placeOf: (element) => Math.floor(element / inner) % length };
  }
  if (!Number.isInteger(groupSize) || groupSize < 1) {
    throw new RangeError(`a group has a whole number of elements > 0, not ${groupSize}`);
  }
  const groups = Math.ceil(length / groupSize);
  return {
    count: elementCount(shape.slice(0, axis)) * groups * inner,
    placeOf(element) {
      const outer = Math.floor(element / (inner * length));
      const group = Math.floor((Math.floor(element / inner) % length) / groupSize);
      return (outer * groups + group) * inner + (element % inner);
    },
  };
}
