import { pick, reshaped, stridedOffsets, stridesOf } from "../../tensor/layout.js";
import { type DType, elementCount, type Tensor, tensor, zeros } from "../../tensor/tensor.js";
import type { Dim } from "../graph.js";
import {
  type Attributes,
  constantIntegers,
  defineOperator,
  expectDType,
  given,
  int,
  integersOf,
  normalAxis,
  numberOf,
} from "./define.js";
import { type Operator, OperatorError } from "./operator.js";
import { normalAxes } from "./shape.js";

/** The axes that a reduction removes; no axes means all, or none with noop_with_empty_axes. */
function reducedAxes(axes: readonly number[], rank: number, attributes: Attributes): number[] {
  if (axes.length > 0) return normalAxes(axes, rank);
  return numberOf(attributes, "noop_with_empty_axes") !== 0 ? [] : Array.from({ length: rank }, (_, i) => i);
}

function reducedShape<D extends Dim>(shape: readonly D[], axes: readonly number[], keep: boolean): (D | 1)[] {
  if (keep) return shape.map((dim, i) => (axes.includes(i) ? 1 : dim));
  return shape.filter((_, i) => !axes.includes(i));
}

/** Moves the reduced axes to the end, so that each result is a reduction of one run of `run` elements. */
function runsOf(x: Tensor, axes: readonly number[]): { data: Tensor["data"]; run: number } {
  const kept = x.shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const order = [...kept, ...axes];
  const strides = stridesOf(x.shape);
  const shape = order.map((axis) => x.shape[axis] ?? 1);
  const offsets = stridedOffsets(
    shape,
    order.map((axis) => strides[axis] ?? 0),
  );
  return { data: pick(x, shape, offsets).data, run: elementCount(axes.map((axis) => x.shape[axis] ?? 1)) };
}

/** Reduces runs of numbers to one each; floats in float64, rounded at the store. */
function reduction(
  opType: string,
  types: readonly DType[],
  reduce: (run: ArrayLike<number>) => number,
  big?: (run: BigInt64Array) => bigint,
): Operator {
  return defineOperator({
    opType,
    inputs: [1, 2],
    attributes: { keepdims: int(1), noop_with_empty_axes: int(0) },
    infer(inputs, attributes) {
      const { type } = given(inputs, 0, "data");
      expectDType(type, types, "data");
      const named = inputs[1] ? constantIntegers(inputs[1], "axes") : [];
      const axes = reducedAxes(named, type.shape.length, attributes);
      return [{ dtype: type.dtype, shape: reducedShape(type.shape, axes, numberOf(attributes, "keepdims") !== 0) }];
    },
    evaluate(inputs, attributes) {
      const x = given(inputs, 0, "data");
      const axes = reducedAxes(inputs[1] ? integersOf(inputs[1]) : [], x.shape.length, attributes);
      const shape = reducedShape(x.shape, axes, numberOf(attributes, "keepdims") !== 0);
      const { data, run } = runsOf(x, axes);
      if (run === 0) throw new OperatorError("a reduction of no elements");
      const result: Tensor = zeros(x.dtype, shape);
      for (let i = 0; i < result.data.length; i++) {
        if (data instanceof BigInt64Array) {
          if (!big) throw new OperatorError("int64 is not supported");
          result.data[i] = big(data.subarray(i * run, (i + 1) * run));
        } else result.data[i] = reduce(data.subarray(i * run, (i + 1) * run));
      }
      return [result];
    },
  });
}

function fold<T>(run: { readonly length: number; [index: number]: T }, f: (a: T, b: T) => T): T {
  let result = run[0] as T;
  for (let i = 1; i < run.length; i++) result = f(result, run[i] as T);
  return result;
}

const sum = (run: ArrayLike<number>) => fold(run as number[], (a, b) => a + b);

const sums: readonly DType[] = ["float32", "int32", "int64"];
const orders: readonly DType[] = [...sums, "int8", "uint8"];

/** The place of the largest or smallest element along `axis`; the first of equals, or the last with select_last_index. */
function placeOf(opType: string, beats: (value: number, best: number) => boolean): Operator {
  return defineOperator({
    opType,
    attributes: { axis: int(0), keepdims: int(1), select_last_index: int(0) },
    infer(inputs, attributes) {
      const { type } = given(inputs, 0, "data");
      expectDType(type, ["float32", "int32", "int8", "uint8"], "data");
      const axis = normalAxis(numberOf(attributes, "axis"), type.shape.length);
      return [{ dtype: "int64", shape: reducedShape(type.shape, [axis], numberOf(attributes, "keepdims") !== 0) }];
    },
    evaluate(inputs, attributes) {
      const x = given(inputs, 0, "data");
      const axis = normalAxis(numberOf(attributes, "axis"), x.shape.length);
      const last = numberOf(attributes, "select_last_index") !== 0;
      const { data, run } = runsOf(reshaped(x, x.shape), [axis]);
      const shape = reducedShape(x.shape, [axis], numberOf(attributes, "keepdims") !== 0);
      const values = data as Float32Array;
      const places = BigInt64Array.from({ length: elementCount(shape) }, (_, i) => {
        let best = 0;
        for (let k = 1; k < run; k++) {
          const [value, top] = [values[i * run + k] as number, values[i * run + best] as number];
          if (beats(value, top) || (last && value === top)) best = k;
        }
        return BigInt(best);
      });
      return [tensor("int64", shape, places)];
    },
  });
}

/** ln(sum(e^x)), moved by the largest so that nothing overflows. */
function logSumExp(run: ArrayLike<number>): number {
  const values = Array.from(run);
  const largest = values.reduce((a, b) => Math.max(a, b));
  if (!Number.isFinite(largest)) return largest;
  return largest + Math.log(values.reduce((total, v) => total + Math.exp(v - largest), 0));
}

export const reductions: readonly Operator[] = [
  reduction("ReduceSum", sums, sum, (run) => fold(run, (a, b) => a + b)),
  reduction("ReduceMean", ["float32"], (run) => sum(run) / run.length),
  reduction(
    "ReduceMax",
    orders,
    (run) => fold(run as number[], Math.max),
    (run) => fold(run, (a, b) => [a, b][Number(b > a)] as bigint),
  ),
  reduction(
    "ReduceMin",
    orders,
    (run) => fold(run as number[], Math.min),
    (run) => fold(run, (a, b) => [a, b][Number(b < a)] as bigint),
  ),
  reduction(
    "ReduceProd",
    sums,
    (run) => fold(run as number[], (a, b) => a * b),
    (run) => fold(run, (a, b) => a * b),
  ),
  reduction("ReduceL1", ["float32"], (run) => sum(Array.from(run, Math.abs))),
  reduction("ReduceL2", ["float32"], (run) => Math.sqrt(sum(Array.from(run, (x) => x * x)))),
  reduction("ReduceSumSquare", ["float32"], (run) => sum(Array.from(run, (x) => x * x))),
  reduction("ReduceLogSum", ["float32"], (run) => Math.log(sum(run))),
  reduction("ReduceLogSumExp", ["float32"], logSumExp),
  placeOf("ArgMax", (value, best) => value > best),
  placeOf("ArgMin", (value, best) => value < best),
];
