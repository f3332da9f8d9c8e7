import { constant, fed, float5, floats, int64s, integers, normal, type OperatorCase, scalar } from "./one-node.js";

const x = () => fed(normal(51, [2, 3, 4]));

const moved = (
  opType: string,
  title: string,
  rest: OperatorCase["inputs"],
  attributes: OperatorCase["attributes"] = {},
): OperatorCase => ({ title: `${opType} ${title}`, opType, inputs: [x(), ...rest], attributes, tolerance: "exact" });

const list = (...values: number[]) => constant(int64s(values));

const resized = (
  title: string,
  size: { scales?: number[]; sizes?: number[] },
  attributes: OperatorCase["attributes"],
): OperatorCase => ({
  title: `Resize ${title}`,
  opType: "Resize",
  inputs: [
    fed(normal(52, [1, 2, 4, 5])),
    undefined,
    size.scales && constant(floats(size.scales)),
    size.sizes && constant(int64s(size.sizes)),
  ],
  attributes: attributes ?? {},
  tolerance: float5,
});

const upTwice = { scales: [1, 1, 2, 3] };
const toSize = { sizes: [1, 2, 7, 3] };

export const shapeCases: readonly OperatorCase[] = [
  moved("Reshape", "with 0 and -1", [list(0, -1)]),
  moved("Reshape", "to more axes", [list(4, 1, 6)]),
  moved("Flatten", "at 1", []),
  moved("Flatten", "at -1", [], { axis: -1 }),
  moved("Flatten", "at the rank", [], { axis: 3 }),
  { ...moved("Squeeze", "of named axes", []), inputs: [fed(normal(53, [1, 3, 1, 4])), list(0, -2)] },
  { ...moved("Squeeze", "of every 1", []), inputs: [fed(normal(53, [1, 3, 1, 4]))] },
  moved("Unsqueeze", "at both ends", [list(0, -1)]),
  moved("Transpose", "by perm", [], { perm: [2, 0, 1] }),
  moved("Transpose", "reversed", []),
  { ...moved("Transpose", "of int64", [], { perm: [1, 0] }), inputs: [fed(integers(54, "int64", [3, 2], -9, 9))] },
  moved("Shape", "of all axes", []),
  moved("Shape", "from the end", [], { start: -2 }),
  moved("Shape", "beyond both ends", [], { start: -9, end: 9 }),
  moved("Shape", "of no axis", [], { start: 2, end: 1 }),
  moved("Concat", "along 1", [fed(normal(55, [2, 2, 4])), x()], { axis: 1 }),
  moved("Concat", "along -1", [fed(normal(55, [2, 3, 1]))], { axis: -1 }),
  { ...moved("Split", "by sizes", [list(1, 3)], { axis: 2 }), outputs: 2 },
  {
    ...moved("Split", "into equal pieces, the last shorter", [], { axis: 2, num_outputs: 3 }),
    inputs: [fed(normal(56, [2, 2, 7]))],
    outputs: 3,
  },
  moved("Slice", "of two axes", [list(0, 1), list(2, 4), list(1, 2)]),
  moved("Slice", "backwards with ends beyond", [list(-1, 100), list(-100, 0), list(2, 1), list(-1, -2)]),
  moved("Slice", "with steps", [list(0), list(9), list(-1), list(3)]),
  moved("Pad", "with a constant", [list(0, 1, 2, 1, 0, 3), constant(scalar(1.5))]),
  moved("Pad", "of named axes, edge", [list(2, 1), undefined, list(-1)], { mode: "edge" }),
  moved("Pad", "reflect", [list(1, 2, 3, 0, 1, 2)], { mode: "reflect" }),
  moved("Pad", "wrap", [list(1, 2, 3, 0, 1, 2)], { mode: "wrap" }),
  { ...moved("Pad", "negative crops", [list(0, -1, 0, 0, 0, -2)]), noReference: "it takes no negative pads" },
  moved("Gather", "rows by a matrix of indices", [constant(int64s([1, 0, -1, 1], [2, 2]))]),
  moved("Gather", "along the last axis by one index", [constant(scalar(-1, "int64"))], { axis: -1 }),
  {
    ...moved("Gather", "of an embedding by int32", []),
    inputs: [constant(normal(57, [5, 3])), fed(integers(58, "int32", [2, 4], 0, 4))],
  },
  moved("Expand", "in front", [list(2, 2, 3, 4)]),
  { ...moved("Expand", "both ways", [list(2, 1, 4)]), inputs: [fed(normal(59, [3, 1])), list(2, 1, 4)] },
  moved("Tile", "each axis", [list(1, 2, 3)]),
  resized("nearest, asymmetric floor", upTwice, {
    mode: "nearest",
    coordinate_transformation_mode: "asymmetric",
    nearest_mode: "floor",
  }),
  resized("nearest, half_pixel", toSize, { mode: "nearest" }),
  resized("nearest, round_prefer_ceil", toSize, {
    mode: "nearest",
    nearest_mode: "round_prefer_ceil",
    coordinate_transformation_mode: "align_corners",
  }),
  resized(
    "nearest, ceil",
    { scales: [1, 1, 0.7, 1.6] },
    {
      mode: "nearest",
      nearest_mode: "ceil",
      coordinate_transformation_mode: "asymmetric",
    },
  ),
  resized("linear, half_pixel", upTwice, { mode: "linear" }),
  resized("linear, align_corners", toSize, { mode: "linear", coordinate_transformation_mode: "align_corners" }),
  {
    ...resized(
      "linear, align_corners, a scale that does not divide",
      { scales: [1, 1, 0.6, 0.7] },
      { mode: "linear", coordinate_transformation_mode: "align_corners" },
    ),
    noReference: "it stretches to the size before rounding down, onnxruntime to the size after",
  },
  resized("linear, asymmetric", toSize, { mode: "linear", coordinate_transformation_mode: "asymmetric" }),
  resized(
    "linear, pytorch_half_pixel",
    { sizes: [1, 2, 1, 8] },
    {
      mode: "linear",
      coordinate_transformation_mode: "pytorch_half_pixel",
    },
  ),
  resized(
    "linear, half_pixel_symmetric",
    { scales: [1, 1, 1.3, 2.3] },
    {
      mode: "linear",
      coordinate_transformation_mode: "half_pixel_symmetric",
    },
  ),
  resized("cubic", upTwice, { mode: "cubic" }),
  resized("cubic, exclude_outside", upTwice, { mode: "cubic", exclude_outside: 1, cubic_coeff_a: -0.5 }),
];
