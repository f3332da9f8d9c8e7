import { given, optionalNumbers } from "../../ir/operators/define.js";
import { broadcastShapes, stridedOffsets, stridesOf } from "../../tensor/layout.js";
import { elementCount, type Tensor, tensor, zeros } from "../../tensor/tensor.js";
import type { PrepareNode } from "./node.js";

/**
 * Values that meet under numpy's broadcasting, or in another order. Where an element comes from is worked out for one index
 * of the first axis, the batch, and kept while shapes stay the same.
 */

/** Where elements of one operand lie: offsets for one index of the first axis, undefined where they lie in order. */
export interface Walk {
  readonly offsets: Int32Array | undefined;
  /** How far the next index of the first axis is. */
  readonly step: number;
}

function walkOf(shape: readonly number[], strides: readonly number[]): Walk {
  const offsets = stridedOffsets(shape.slice(1), strides.slice(1));
  return { offsets: offsets.every((offset, i) => offset === i) ? undefined : offsets, step: strides[0] ?? 0 };
}

/** Strides of a shape that is broadcast to `to`. */
function broadcastStrides(from: readonly number[], to: readonly number[]): number[] {
  const own = stridesOf(from);
  const lead = to.length - from.length;
  return to.map((_, i) => (i < lead || from[i - lead] === 1 ? 0 : (own[i - lead] ?? 0)));
}

/** The value of the last call, for the same shapes. */
function remembered<T>(make: (...shapes: readonly (readonly number[])[]) => T) {
  let key = "";
  let value: T | undefined;
  return (...shapes: readonly (readonly number[])[]): T => {
    const asked = shapes.map((shape) => shape.join()).join(";");
    if (value === undefined || asked !== key) [key, value] = [asked, make(...shapes)];
    return value;
  };
}

/** How two operands meet: the shape of the result, and where its elements come from. */
export interface Pairs {
  readonly shape: readonly number[];
  readonly a: Walk;
  readonly b: Walk;
}

/** Works out how shapes meet, and keeps it while they stay the same. */
export function planPairs(): (a: readonly number[], b: readonly number[]) => Pairs {
  const plan = remembered((a = [], b = []): Pairs => {
    const shape = broadcastShapes(a, b);
    const full = shape.length === 0 ? [1] : shape;
    return { shape, a: walkOf(full, broadcastStrides(a, full)), b: walkOf(full, broadcastStrides(b, full)) };
  });
  return (a, b) => plan(a, b);
}

/** `y[i] = f(a, b)` for all elements of a result. */
export function combinePairs(
  y: { [index: number]: number; readonly length: number },
  { shape, a: left, b: right }: Pairs,
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  f: (a: number, b: number) => number,
): void {
  const rows = shape[0] ?? 1;
  const inner = y.length / Math.max(1, rows);
  for (let row = 0, at = 0; row < rows; row++) {
    const [aStart, bStart] = [row * left.step, row * right.step];
    for (let i = 0; i < inner; i++, at++) {
      const x = a[aStart + (left.offsets === undefined ? i : (left.offsets[i] as number))] as number;
      y[at] = f(x, b[bStart + (right.offsets === undefined ? i : (right.offsets[i] as number))] as number);
    }
  }
}

/** y = f(a, b) element by element; float32 alone, other types run as the operator. */
export function floatBinary(f: (a: number, b: number) => number): PrepareNode {
  return ({ plain }) => {
    const plan = planPairs();
    return (inputs) => {
      const [a, b] = [given(inputs, 0, "A"), given(inputs, 1, "B")];
      if (!(a.data instanceof Float32Array && b.data instanceof Float32Array)) return plain(inputs);
      const pairs = plan(a.shape, b.shape);
      const y = zeros("float32", pairs.shape);
      combinePairs(y.data, pairs, a.data, b.data, f);
      return [y];
    };
  };
}

/** y = f(x) element by element; float32 alone, other types run as the operator. */
export function floatUnary(f: (x: number) => number): PrepareNode {
  return ({ plain }) =>
    (inputs) => {
      const x = given(inputs, 0, "X");
      if (!(x.data instanceof Float32Array)) return plain(inputs);
      const y = new Float32Array(x.data.length);
      for (let i = 0; i < y.length; i++) y[i] = f(x.data[i] as number);
      return [tensor("float32", x.shape, y)];
    };
}

/** The dimensions in another order. */
export const transpose: PrepareNode = ({ attributes, plain }) => {
  const plan = remembered((from = []) => {
    const order = optionalNumbers(attributes, "perm") ?? from.map((_, i) => from.length - 1 - i);
    const strides = stridesOf(from);
    const shape = order.map((axis) => from[axis] ?? 1);
    return {
      shape,
      ...walkOf(
        shape,
        order.map((axis) => strides[axis] ?? 0),
      ),
    };
  });
  return (inputs) => {
    const x = given(inputs, 0, "data");
    if (x.shape.length === 0) return plain(inputs);
    const { shape, offsets, step } = plan(x.shape);
    const y: Tensor = zeros(x.dtype, shape);
    // One type for the compiler: an assignment between equal typed arrays, numbers or bigints alike.
    const [from, to] = [x.data as Float64Array, y.data as Float64Array];
    const rows = shape[0] ?? 1;
    const inner = elementCount(shape.slice(1));
    for (let row = 0, at = 0; row < rows; row++) {
      const start = row * step;
      for (let i = 0; i < inner; i++)
        to[at++] = from[start + (offsets === undefined ? i : (offsets[i] as number))] as number;
    }
    return [y];
  };
};
