import { elementCount, type Tensor, type TensorData, tensor, zeros } from "./tensor.js";

/** Row-major strides in elements: [12, 4, 1] for shape [2, 3, 4]. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = (strides[i + 1] ?? 1) * (shape[i + 1] ?? 1);
  return strides;
}

/**
 * Offsets into some data for every element of `shape` in row-major order, when moving one along dimension i moves the
 * offset by `strides[i]`. Stride 0 repeats, negative strides walk backwards: broadcast, transpose and slice are all this.
 */
export function stridedOffsets(shape: readonly number[], strides: readonly number[], start = 0): Int32Array {
  const count = elementCount(shape);
  const offsets = new Int32Array(count);
  if (count === 0) return offsets;
  const position = new Array<number>(shape.length).fill(0);
  let offset = start;
  for (let i = 0; i < count; i++) {
    offsets[i] = offset;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = (position[axis] ?? 0) + 1;
      offset += strides[axis] ?? 0;
      if (next < (shape[axis] ?? 0)) {
        position[axis] = next;
        break;
      }
      offset -= next * (strides[axis] ?? 0);
      position[axis] = 0;
    }
  }
  return offsets;
}

/** Offsets of the elements of a tensor of shape `from` when it is broadcast to `to`, as numpy does. */
export function broadcastOffsets(from: readonly number[], to: readonly number[]): Int32Array {
  const own = stridesOf(from);
  const lead = to.length - from.length;
  return stridedOffsets(
    to,
    to.map((_, i) => (i < lead || from[i - lead] === 1 ? 0 : (own[i - lead] ?? 0))),
  );
}

/**
 * The common shape of two shapes under numpy's broadcasting.
 * @throws {RangeError} when two sizes differ and neither is 1
 */
export function broadcastShapes(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[i - (rank - a.length)] ?? 1;
    const y = b[i - (rank - b.length)] ?? 1;
    if (x !== y && x !== 1 && y !== 1) {
      throw new RangeError(`shapes [${a.join(", ")}] and [${b.join(", ")}] do not broadcast`);
    }
    return x === 1 ? y : x;
  });
}

/** A tensor of `shape` whose i-th element is `source.data[offsets[i]]`. */
export function pick<T extends Tensor>(source: T, shape: readonly number[], offsets: Int32Array): T {
  const result = zeros(source.dtype, shape);
  copyPicked(source.data, result.data, offsets);
  return result as T;
}

/** `target[i] = source[offsets[i]]`; an offset below 0 leaves the target alone. Both hold the same element type. */
export function copyPicked(source: TensorData, target: TensorData, offsets: Int32Array): void {
  // One type for the compiler: an assignment between equal typed arrays, numbers or bigints alike.
  const from = source as Float64Array;
  const to = target as Float64Array;
  for (let i = 0; i < offsets.length; i++) {
    const offset = offsets[i] as number;
    if (offset >= 0) to[i] = from[offset] as number;
  }
}

/** The same data with another shape of as many elements. */
export function reshaped<T extends Tensor>(t: T, shape: readonly number[]): T {
  return tensor(t.dtype, shape, t.data) as T;
}

/** The dimensions in the order of `permutation`; the data is copied. */
export function transposed<T extends Tensor>(t: T, permutation: readonly number[]): T {
  const strides = stridesOf(t.shape);
  const shape = permutation.map((axis) => t.shape[axis] ?? 1);
  return pick(
    t,
    shape,
    stridedOffsets(
      shape,
      permutation.map((axis) => strides[axis] ?? 0),
    ),
  );
}

/** The permutation that undoes another: `transposed(transposed(t, p), inverseOf(p))` is t. */
export function inverseOf(permutation: readonly number[]): number[] {
  const inverse = new Array<number>(permutation.length);
  permutation.forEach((axis, i) => {
    inverse[axis] = i;
  });
  return inverse;
}

/** All elements as float64, which holds every value of every type but int64 beyond 2^53; float16 codes are not decoded. */
export function toFloat64(t: Tensor): Float64Array {
  if (t.dtype === "int64") return Float64Array.from(t.data as BigInt64Array, Number);
  return Float64Array.from(t.data as Float32Array);
}
