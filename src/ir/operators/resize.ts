import { elementCount, type Tensor, tensorFrom } from "../../tensor/tensor.js";
import { showShape } from "../dim.js";
import type { Dim } from "../graph.js";
import {
  type Attributes,
  defineOperator,
  expectDType,
  float,
  given,
  int,
  ints,
  numberOf,
  optionalNumbers,
  text,
  textOf,
} from "./define.js";
import { type KnownInput, OperatorError } from "./operator.js";
import { normalAxes } from "./shape.js";

/** How one axis is resized. */
interface ResizedAxis {
  readonly from: number;
  readonly to: number;
  /** `to / from`, or the scale that was given. */
  readonly scale: number;
}

const modes = ["nearest", "linear", "cubic"] as const;
const coordinateModes = [
  "half_pixel",
  "half_pixel_symmetric",
  "pytorch_half_pixel",
  "align_corners",
  "asymmetric",
] as const;
const nearestModes = ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"] as const;

/**
 * Resizes by interpolation along each axis in turn, with edge values repeated. Inputs X, roi (unused), scales, sizes:
 * `to = floor(from * scale)` or the given size. Antialiasing, aspect ratio policies and tf_crop_and_resize are refused.
 */
export const resize = defineOperator({
  opType: "Resize",
  inputs: [1, 4],
  attributes: {
    antialias: int(0),
    axes: ints(),
    coordinate_transformation_mode: text("half_pixel"),
    cubic_coeff_a: float(-0.75),
    exclude_outside: int(0),
    extrapolation_value: float(0),
    keep_aspect_ratio_policy: text("stretch"),
    mode: text("nearest"),
    nearest_mode: text("round_prefer_floor"),
  },
  infer(inputs, attributes) {
    const { type } = given(inputs, 0, "X");
    // Nearest only selects elements, so it works on codes as they are.
    const nearest = textOf(attributes, "mode", modes) === "nearest";
    expectDType(type, nearest ? ["float32", "uint8", "int8"] : ["float32"], "X");
    expectSupported(attributes);
    const axes = resizedAxes(type.shape, constantOf(inputs[2], "scales"), constantOf(inputs[3], "sizes"), attributes);
    return [{ dtype: type.dtype, shape: type.shape.map((dim, i) => axes.get(i)?.to ?? dim) }];
  },
  evaluate(inputs, attributes) {
    const x = given(inputs, 0, "X");
    let data = Float64Array.from(x.data as Float32Array);
    let shape = [...x.shape];
    for (const [i, axis] of resizedAxes(x.shape, numbersIn(inputs[2]), numbersIn(inputs[3]), attributes)) {
      if (axis.from === axis.to && axis.scale === 1) continue;
      data = resizeAxis(data, shape, i, axis, attributes);
      shape = shape.map((size, at) => (at === i ? axis.to : size));
    }
    return [tensorFrom(x.dtype, shape, data)];
  },
});

function expectSupported(attributes: Attributes): void {
  textOf(attributes, "mode", modes);
  textOf(attributes, "coordinate_transformation_mode", coordinateModes);
  textOf(attributes, "nearest_mode", nearestModes);
  textOf(attributes, "keep_aspect_ratio_policy", ["stretch"]);
  if (numberOf(attributes, "antialias") !== 0) throw new OperatorError("antialias must be 0");
}

function constantOf(input: KnownInput | undefined, name: string): number[] | undefined {
  if (!input) return undefined;
  if (!input.constant) throw new OperatorError(`${name} must be an initializer, so that the output's type is known`);
  return numbersIn(input.constant);
}

const numbersIn = (t: Tensor | undefined) =>
  t && t.data.length > 0 ? Array.from(t.data as ArrayLike<number | bigint>, Number) : undefined;

/** The axes that change, by number. An open size may only stay as it is. */
function resizedAxes(
  shape: readonly Dim[],
  scales: readonly number[] | undefined,
  sizes: readonly number[] | undefined,
  attributes: Attributes,
): ReadonlyMap<number, ResizedAxis> {
  const values = scales ?? sizes;
  if (!values || (scales && sizes)) throw new OperatorError("needs either scales or sizes");
  const named = optionalNumbers(attributes, "axes");
  const axes = named ? normalAxes(named, shape.length) : shape.map((_, i) => i);
  if (values.length !== axes.length)
    throw new OperatorError(`${values.length} scales or sizes for ${axes.length} axes`);
  const result = new Map<number, ResizedAxis>();
  for (const [i, axis] of axes.entries()) {
    const value = values[i] ?? 1;
    const from = shape[axis] ?? 1;
    if (!(value > 0)) throw new OperatorError(`scales and sizes ${showShape(values)} must be > 0`);
    if (typeof from === "string") {
      if (scales && value === 1) continue;
      throw new OperatorError(`the open size ${from} cannot be resized`);
    }
    result.set(
      axis,
      scales ? { from, to: Math.floor(from * value), scale: value } : { from, to: value, scale: value / from },
    );
  }
  return result;
}

function resizeAxis(
  data: Float64Array,
  shape: readonly number[],
  axis: number,
  resized: ResizedAxis,
  attributes: Attributes,
): Float64Array<ArrayBuffer> {
  const inner = elementCount(shape.slice(axis + 1));
  const outer = elementCount(shape.slice(0, axis));
  const { from, to } = resized;
  const y = new Float64Array(outer * to * inner);
  for (let p = 0; p < to; p++) {
    for (const [source, weight] of taps(sourceCoordinate(p, resized, attributes), from, attributes)) {
      for (let o = 0; o < outer; o++) {
        for (let i = 0; i < inner; i++) {
          const at = (o * to + p) * inner + i;
          y[at] = (y[at] as number) + weight * (data[(o * from + source) * inner + i] as number);
        }
      }
    }
  }
  return y;
}

/** Where output position p lies in the input, as `coordinate_transformation_mode` says. */
function sourceCoordinate(p: number, { from, to, scale }: ResizedAxis, attributes: Attributes): number {
  switch (textOf(attributes, "coordinate_transformation_mode", coordinateModes)) {
    case "half_pixel":
      return (p + 0.5) / scale - 0.5;
    case "half_pixel_symmetric": {
      const center = (from / 2) * (1 - to / (scale * from));
      return center + (p + 0.5) / scale - 0.5;
    }
    case "pytorch_half_pixel":
      return to > 1 ? (p + 0.5) / scale - 0.5 : 0;
    case "align_corners":
      return to > 1 ? (p * (from - 1)) / (to - 1) : 0;
    case "asymmetric":
      return p / scale;
  }
}

/** Input positions and weights that make up the value at `x`. */
function taps(x: number, length: number, attributes: Attributes): (readonly [number, number])[] {
  const inside = (i: number) => Math.max(0, Math.min(length - 1, i));
  const floor = Math.floor(x);
  const rest = x - floor;
  switch (textOf(attributes, "mode", modes)) {
    case "nearest":
      return [[inside(nearest(x, attributes)), 1]];
    case "linear":
      return [
        [inside(floor), 1 - rest],
        [inside(floor + 1), rest],
      ];
    case "cubic":
      return cubicTaps(floor, rest, length, attributes).map(([i, weight]) => [inside(i), weight] as const);
  }
}

function nearest(x: number, attributes: Attributes): number {
  switch (textOf(attributes, "nearest_mode", nearestModes)) {
    case "round_prefer_floor":
      return Math.ceil(x - 0.5);
    case "round_prefer_ceil":
      return Math.floor(x + 0.5);
    case "floor":
      return Math.floor(x);
    case "ceil":
      return Math.ceil(x);
  }
}

/** Keys 1981, "Cubic convolution interpolation"; exclude_outside drops taps beyond the edge and rescales the rest. */
function cubicTaps(floor: number, rest: number, length: number, attributes: Attributes): (readonly [number, number])[] {
  const a = numberOf(attributes, "cubic_coeff_a");
  const near = (d: number) => ((a + 2) * d - (a + 3)) * d * d + 1;
  const far = (d: number) => ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  const all = [
    [floor - 1, far(rest + 1)],
    [floor, near(rest)],
    [floor + 1, near(1 - rest)],
    [floor + 2, far(2 - rest)],
  ] as const;
  if (numberOf(attributes, "exclude_outside") === 0) return [...all];
  const kept = all.filter(([i]) => i >= 0 && i < length);
  const total = kept.reduce((sum, [, weight]) => sum + weight, 0);
  return kept.map(([i, weight]) => [i, weight / total]);
}
