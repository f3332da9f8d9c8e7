import { channelParams } from "./affine.js";
import { scalePlaces } from "./granularity.js";
import type { Granularity, QuantDType, QuantParams, Range } from "./quant.js";
import type { Tensor } from "./tensor.js";

/**
 * Smallest and largest value of each set of elements that shares a scale, in the order of the scales. A set that holds
 * NaN has NaN at both ends; one without elements is 0 .. 0.
 * @throws {RangeError} when the granularity does not fit the shape
 */
export function rangesOf({ shape, data }: Tensor<"float32">, granularity: Granularity): Range[] {
  const { count, placeOf } = scalePlaces(shape, granularity);
  const min = new Float64Array(count).fill(Infinity);
  const max = new Float64Array(count).fill(-Infinity);
  for (let i = 0; i < data.length; i++) {
    const place = placeOf(i);
    const x = data[i] as number;
    min[place] = Math.min(min[place] as number, x);
    max[place] = Math.max(max[place] as number, x);
  }
  return Array.from({ length: count }, (_, i) => {
    const range = { min: min[i] as number, max: max[i] as number };
    return range.min === Infinity && range.max === -Infinity ? { min: 0, max: 0 } : range;
  });
}

/**
 * Parameters from the values' own ranges: per tensor, per channel or per group.
 * @throws {RangeError} when a value is not finite, or the granularity does not fit the shape
 */
export function ownParams(
  t: Tensor<"float32">,
  dtype: QuantDType,
  { symmetric, ...granularity }: Granularity & { readonly symmetric: boolean },
): QuantParams {
  return channelParams(rangesOf(t, granularity), dtype, { symmetric, ...granularity });
}
