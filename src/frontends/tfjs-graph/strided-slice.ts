import type { Dim } from "../../ir/graph.js";

/** What StridedSlice is told; bit i of a mask speaks of entry i. */
export interface StridedSliceSpec {
  readonly begin: readonly Dim[];
  readonly end: readonly Dim[];
  readonly strides: readonly number[];
  /** begin[i] is left out: from the first element, or the last for a negative stride. */
  readonly beginMask: number;
  readonly endMask: number;
  /** Entry i stands for as many whole axes as the others leave over. */
  readonly ellipsisMask: number;
  /** Entry i adds an axis of 1. */
  readonly newAxisMask: number;
  /** Entry i takes the one element at begin[i], and its axis goes. */
  readonly shrinkAxisMask: number;
}

/** What is taken of one axis. `start` and `end` as ONNX's Slice reads them; undefined from or to the very end. */
export interface AxisSlice {
  readonly start: Dim | undefined;
  readonly end: Dim | undefined;
  readonly stride: number;
}

/** A strided slice taken apart: slices of axes, then axes of the result that go, then axes that are added. */
export interface StridedSlicePlan {
  /** By axis of the input; an axis that is taken whole is absent. */
  readonly slices: ReadonlyMap<number, AxisSlice>;
  /** Axes of the input of which one element was taken. */
  readonly dropped: readonly number[];
  /** Axes of the output that are new, in order. */
  readonly added: readonly number[];
}

/** Why a spec cannot be meant. */
export class StridedSliceError extends Error {}

/**
 * Takes a spec apart for an input of that rank.
 * @throws {StridedSliceError} for two ellipses, more entries than axes, a stride of 0, or a negative one where an axis goes
 * @see tensorflow/core/util/strided_slice_op.cc
 */
export function planStridedSlice(spec: StridedSliceSpec, rank: number): StridedSlicePlan {
  const entries = spec.begin.length;
  const has = (mask: number, i: number) => (mask & (2 ** i)) !== 0;
  const kind = (i: number) =>
    has(spec.ellipsisMask, i)
      ? "ellipsis"
      : has(spec.newAxisMask, i)
        ? "new"
        : has(spec.shrinkAxisMask, i)
          ? "one"
          : "range";
  const kinds = spec.begin.map((_, i) => kind(i));
  if (spec.end.length !== entries || spec.strides.length !== entries) {
    throw new StridedSliceError("begin, end and strides differ in length");
  }
  if (kinds.filter((one) => one === "ellipsis").length > 1) throw new StridedSliceError("it has two ellipses");
  const whole = rank - kinds.filter((one) => one === "range" || one === "one").length;
  if (whole < 0) throw new StridedSliceError(`it names ${rank - whole} axes where there are ${rank}`);
  const slices = new Map<number, AxisSlice>();
  const dropped: number[] = [];
  const added: number[] = [];
  let [axis, out] = [0, 0];
  for (const [i, one] of kinds.entries()) {
    if (one === "ellipsis") {
      axis += whole;
      out += whole;
    } else if (one === "new") {
      added.push(out++);
    } else {
      const taken = one === "one" ? singleOf(spec, i) : rangeOf(spec, i, has);
      if (taken !== undefined) slices.set(axis, taken);
      if (one === "one") dropped.push(axis);
      else out++;
      axis++;
    }
  }
  return { slices, dropped, added };
}

/** Element -1 ends at the very end: -1 + 1 is 0, which would be the beginning. */
function singleOf(spec: StridedSliceSpec, i: number): AxisSlice {
  const start = spec.begin[i] ?? 0;
  if ((spec.strides[i] ?? 1) <= 0) throw new StridedSliceError("an axis that goes needs a positive stride");
  if (typeof start === "string") throw new StridedSliceError("the element it takes depends on the batch");
  return { start, end: start === -1 ? undefined : start + 1, stride: 1 };
}

function rangeOf(spec: StridedSliceSpec, i: number, has: (mask: number, i: number) => boolean): AxisSlice | undefined {
  const stride = spec.strides[i] ?? 1;
  if (stride === 0) throw new StridedSliceError("a stride is 0");
  const start = has(spec.beginMask, i) ? undefined : spec.begin[i];
  const end = has(spec.endMask, i) ? undefined : spec.end[i];
  const whole = stride === 1 && (start === undefined || start === 0) && end === undefined;
  return whole ? undefined : { start, end, stride };
}
