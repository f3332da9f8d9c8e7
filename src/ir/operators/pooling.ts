import { elementCount, type Tensor, type TensorData, tensor, zeros } from "../../tensor/tensor.js";
import type { Dim, ValueType } from "../graph.js";
import {
  type Attributes,
  defineOperator,
  expectDType,
  expectRank,
  float32Of,
  given,
  int,
  ints,
  numberOf,
  optionalNumbers,
  required,
} from "./define.js";
import { type Operator, OperatorError } from "./operator.js";
import { ceilMode, threeAxes, type WindowAxis, windowAttributes, windowAxes } from "./window.js";

export const poolAttributes = { ...windowAttributes, kernel_shape: required(ints()), ceil_mode: ceilMode };

function poolAxes(spatial: readonly Dim[], attributes: Attributes): WindowAxis[] {
  return windowAxes(spatial, optionalNumbers(attributes, "kernel_shape") ?? [], attributes);
}

/** The shape of a pooled x [N, C, ...]. */
export function pooledShape(x: ValueType, attributes: Attributes): Dim[] {
  expectRank(x, 3, "X", 5);
  const [n = 1, c = 1, ...spatial] = x.shape;
  return [n, c, ...poolAxes(spatial, attributes).map((axis) => axis.output)];
}

/** Start and end (exclusive) of a window's taps that lie inside the input, in taps. */
function insideTaps(axis: WindowAxis, position: number): readonly [number, number] {
  const first = position * axis.stride - axis.padBegin;
  const start = first >= 0 ? 0 : Math.ceil(-first / axis.dilation);
  return [start, Math.min(axis.kernel, Math.ceil((axis.input - first) / axis.dilation))];
}

/** Calls `visit(output, window)` for every output element; `window` lists the offsets of the elements inside x. */
function forEachWindow(
  planes: number,
  axes: readonly [WindowAxis, WindowAxis, WindowAxis],
  visit: (output: number, window: readonly number[], position: readonly [number, number, number]) => void,
): void {
  const [az, ay, ax] = axes;
  let output = 0;
  for (let p = 0; p < planes; p++) {
    for (let z = 0; z < az.output; z++) {
      for (let y = 0; y < ay.output; y++) {
        for (let x = 0; x < ax.output; x++, output++) {
          visit(output, windowOffsets(p, [z, y, x], axes), [z, y, x]);
        }
      }
    }
  }
}

function windowOffsets(
  plane: number,
  [z, y, x]: readonly [number, number, number],
  [az, ay, ax]: readonly [WindowAxis, WindowAxis, WindowAxis],
): number[] {
  const offsets: number[] = [];
  const [z0, z1] = insideTaps(az, z);
  const [y0, y1] = insideTaps(ay, y);
  const [x0, x1] = insideTaps(ax, x);
  for (let kz = z0; kz < z1; kz++) {
    const iz = plane * az.input + z * az.stride - az.padBegin + kz * az.dilation;
    for (let ky = y0; ky < y1; ky++) {
      const iy = iz * ay.input + y * ay.stride - ay.padBegin + ky * ay.dilation;
      for (let kx = x0; kx < x1; kx++) offsets.push(iy * ax.input + x * ax.stride - ax.padBegin + kx * ax.dilation);
    }
  }
  return offsets;
}

/** Taps of a window that lie in the input or its padding: what count_include_pad divides by. */
function paddedTaps(axis: WindowAxis, position: number): number {
  const first = position * axis.stride - axis.padBegin;
  return Math.min(axis.kernel, Math.ceil((axis.input + axis.padEnd - first) / axis.dilation));
}

/**
 * Mean of each window over real values, in float64; `round` is applied to every partial sum, so that float32 sums are `fround`.
 * count_include_pad = 0 divides by the elements inside the input; 1 also counts padding (but nothing beyond it).
 * @param x [N, C, ...] real values
 */
export function averagePool(
  x: ArrayLike<number>,
  shape: readonly number[],
  attributes: Attributes,
  round: (sum: number) => number = (sum) => sum,
): Float64Array {
  const [n = 1, c = 1, ...spatial] = shape;
  const windows = poolAxes(spatial, attributes);
  const axes = threeAxes(windows);
  const includePad = numberOf(attributes, "count_include_pad") !== 0;
  const y = new Float64Array(n * c * elementCount(windows.map((axis) => axis.output)));
  forEachWindow(n * c, axes, (output, window, position) => {
    let sum = 0;
    for (const offset of window) sum = round(sum + (x[offset] as number));
    const padded = axes.reduce((count, axis, i) => count * paddedTaps(axis, position[i] ?? 0), 1);
    y[output] = sum / (includePad ? padded : window.length);
  });
  return y;
}

const averagePoolOperator = defineOperator({
  opType: "AveragePool",
  attributes: { ...poolAttributes, count_include_pad: int(0) },
  infer(inputs, attributes) {
    const { type } = given(inputs, 0, "X");
    expectDType(type, ["float32"], "X");
    return [{ dtype: "float32", shape: pooledShape(type, attributes) }];
  },
  evaluate(inputs, attributes) {
    const x = given(inputs, 0, "X");
    const [n = 1, c = 1, ...spatial] = x.shape;
    const shape = [n, c, ...poolAxes(spatial, attributes).map((axis) => axis.output)];
    return [tensor("float32", shape, new Float32Array(averagePool(float32Of(x), x.shape, attributes)))];
  },
});

/** Largest element of each window (padding never wins), and its row-major index in X as a second output. */
const maxPool = defineOperator({
  opType: "MaxPool",
  outputs: [1, 2],
  attributes: { ...poolAttributes, storage_order: int(0) },
  infer(inputs, attributes) {
    const { type } = given(inputs, 0, "X");
    expectDType(type, ["float32", "int8", "uint8"], "X");
    if (numberOf(attributes, "storage_order") !== 0) throw new OperatorError("storage_order must be 0");
    const shape = pooledShape(type, attributes);
    return [
      { dtype: type.dtype, shape },
      { dtype: "int64", shape },
    ];
  },
  evaluate(inputs, attributes) {
    const x = given(inputs, 0, "X");
    const [n = 1, c = 1, ...spatial] = x.shape;
    const windows = poolAxes(spatial, attributes);
    const shape = [n, c, ...windows.map((axis) => axis.output)];
    const result: Tensor = zeros(x.dtype, shape);
    const indices = new BigInt64Array(elementCount(shape));
    const [from, to] = [x.data, result.data] as [Float32Array, Float32Array];
    forEachWindow(n * c, threeAxes(windows), (output, window) => {
      let best = window[0] ?? 0;
      for (const offset of window) if ((from[offset] as number) > (from[best] as number)) best = offset;
      to[output] = from[best] as number;
      indices[output] = BigInt(best);
    });
    return [result, tensor("int64", shape, indices)];
  },
});

/** [N, C, 1, ...] from each whole plane of x [N, C, ...]. */
function globalPool(opType: string, reduce: (values: Float64Array) => number): Operator {
  return defineOperator({
    opType,
    infer(inputs) {
      const { type } = given(inputs, 0, "X");
      expectDType(type, ["float32"], "X");
      expectRank(type, 3, "X", 5);
      return [{ dtype: "float32", shape: [...type.shape.slice(0, 2), ...type.shape.slice(2).map(() => 1)] }];
    },
    evaluate(inputs) {
      const x = given(inputs, 0, "X");
      const planes = (x.shape[0] ?? 1) * (x.shape[1] ?? 1);
      const y = planeReductions(x.data, planes, reduce);
      return [tensor("float32", [...x.shape.slice(0, 2), ...x.shape.slice(2).map(() => 1)], new Float32Array(y))];
    },
  });
}

function planeReductions(data: TensorData, planes: number, reduce: (values: Float64Array) => number): number[] {
  const values = Float64Array.from(data as Float32Array);
  const plane = values.length / planes;
  return Array.from({ length: planes }, (_, p) => reduce(values.subarray(p * plane, (p + 1) * plane)));
}

export const pools: readonly Operator[] = [
  averagePoolOperator,
  maxPool,
  globalPool("GlobalAveragePool", (values) => values.reduce((a, b) => a + b, 0) / values.length),
  globalPool("GlobalMaxPool", (values) => values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)),
];
