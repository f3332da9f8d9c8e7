import { expect, test } from "vitest";
import { tensorFrom } from "../../../src/tensor/tensor.js";
import { integers, normal } from "../../ir/operators/one-node.js";
import { float, type } from "./graph-file.js";
import { list, one, op } from "./op-case.js";
import { disagreement, fed, given, type OpCase } from "./op-parity.js";

const x = () => fed(normal(1, [2, 3, 4]));
const image = (height = 4, width = 6, channels = 3) => fed(normal(2, [2, height, width, channels]));

const shapes: readonly OpCase[] = [
  op("Reshape", "with -1", [x(), list(-1, 6)], {}, { fixed: true }),
  op("Reshape", "that keeps the batch", [x(), list(-1, 12)]),
  op("ExpandDims", "in front of the last", [x(), one(-2)]),
  op("ExpandDims", "behind all", [x(), one(3)]),
  op("Squeeze", "of named axes", [fed(normal(3, [2, 1, 3, 1]))], { squeeze_dims: [1, -1] }),
  op("Squeeze", "of every 1", [fed(normal(3, [2, 1, 3, 1]))]),
  op("Transpose", "", [x(), list(0, 2, 1)]),
  op("Transpose", "of the batch", [x(), list(2, 0, 1)]),
  op("BroadcastTo", "in front", [x(), list(5, 2, 3, 4)], {}, { fixed: true }),
  op("Tile", "", [x(), list(1, 2, 3)]),
  op("Cast", "float to int32", [x()], { DstT: type("int32") }),
  op("Cast", "float to bool", [fed(tensorFrom("float32", [1, 4], [0, -1, 0.5, 2]))], { DstT: type("bool") }),
  op("Cast", "bool to float", [fed(integers(4, "bool", [2, 3], 0, 1))], { DstT: type("float32") }),
  op("Slice", "", [x(), list(0, 1, 0), list(-1, 2, 3)]),
  op("Slice", "of rows", [x(), list(1, 0, 1), list(1, -1, 2)], {}, { fixed: true }),
  op("Reverse", "by flags", [x(), given(tensorFrom("bool", [3], [0, 1, 1]))]),
  op("ReverseV2", "", [x(), list(-1)]),
  op("ReverseV2", "of two axes, integers", [fed(integers(5, "int32", [2, 3, 2], -5, 5)), list(1, 2)]),
  op("Concat", "", [one(1), x(), fed(normal(6, [2, 2, 4]))], { N: 2 }),
  op("ConcatV2", "along -1", [x(), fed(normal(6, [2, 3, 1])), one(-1)], { N: 2 }),
  op(
    "ConcatV2",
    "of truth values",
    [fed(integers(7, "bool", [2, 3], 0, 1)), fed(integers(8, "bool", [2, 2], 0, 1)), one(1)],
    { N: 2 },
  ),
  op("Pack", "", [x(), x()], { axis: 1, N: 2 }),
  op("Pack", "last", [x(), x(), x()], { axis: -1, N: 3 }),
  op("Unpack", "", [x()], { axis: 1, num: 3 }, { outputs: 3 }),
  op("Split", "", [one(-1), x()], { num_split: 2 }, { outputs: 2 }),
  op("SplitV", "with -1", [x(), list(1, -1), one(2)], { num_split: 2 }, { outputs: 2 }),
];

const borders: readonly OpCase[] = [
  op("Pad", "", [x(), given(tensorFrom("int32", [3, 2], [0, 0, 1, 2, 3, 0]))]),
  op("Pad", "of integers", [
    fed(integers(9, "int32", [2, 3], -4, 4)),
    given(tensorFrom("int32", [2, 2], [0, 0, 1, 2])),
  ]),
  op("PadV2", "with a value", [
    x(),
    given(tensorFrom("int32", [3, 2], [0, 0, 1, 2, 0, 1])),
    given(tensorFrom("float32", [], [2.5])),
  ]),
  op("MirrorPad", "REFLECT", [x(), given(tensorFrom("int32", [3, 2], [0, 0, 2, 1, 0, 3]))], { mode: "REFLECT" }),
  op("MirrorPad", "SYMMETRIC", [x(), given(tensorFrom("int32", [3, 2], [0, 0, 3, 1, 0, 4]))], { mode: "SYMMETRIC" }),
  op("SpaceToBatchND", "with padding", [image(4, 5), list(2, 3), given(tensorFrom("int32", [2, 2], [1, 1, 0, 1]))]),
  op("SpaceToBatchND", "of one axis", [x(), list(2), given(tensorFrom("int32", [1, 2], [1, 0]))]),
  op(
    "BatchToSpaceND",
    "with crops",
    [fed(normal(10, [12, 2, 3, 2])), list(2, 3), given(tensorFrom("int32", [2, 2], [0, 1, 2, 1]))],
    {},
    { fixed: true },
  ),
  op("DepthToSpace", "", [image(2, 3, 8)], { block_size: 2, data_format: "NHWC" }),
];

const resizes: readonly OpCase[] = ["ResizeBilinear", "ResizeNearestNeighbor"].flatMap((name) =>
  [{}, { align_corners: true, half_pixel_centers: false }, { align_corners: false, half_pixel_centers: true }].flatMap(
    (attributes) =>
      [
        [8, 12],
        [7, 4],
        [2, 3],
        [1, 1],
        [12, 6],
        [4, 6],
      ].map((size) =>
        op(name, `to ${size.join(" x ")} ${JSON.stringify(attributes)}`, [image(), list(...size)], attributes),
      ),
  ),
);

const boxes = given(
  tensorFrom("float32", [4, 4], [0.1, 0.2, 0.8, 0.9, 0, 0, 1, 1, 0.7, 0.6, 0.2, 0.1, -0.3, 0.5, 1.4, 0.8]),
);
const crops: readonly OpCase[] = ["bilinear", "nearest"].flatMap((method) =>
  [
    [3, 5],
    [1, 1],
    [4, 1],
  ].map((size) =>
    op("CropAndResize", `${method} to ${size.join(" x ")}`, [image(5, 7), boxes, list(0, 1, 1, 0), list(...size)], {
      method,
      extrapolation_value: float(-0.75),
    }),
  ),
);

const places = (dtype: "int32", shape: number[], high: number, seed = 11) => fed(integers(seed, dtype, shape, 0, high));
const gathers: readonly OpCase[] = [
  op("Gather", "", [given(normal(12, [5, 3])), places("int32", [2, 4], 4)]),
  op("GatherV2", "along the last axis", [x(), list(3, 0, 0), one(-1)]),
  op("GatherV2", "by one index", [x(), one(1), one(1)]),
  op("GatherV2", "in batches", [x(), places("int32", [2, 5], 2), one(1)], { batch_dims: 1 }),
  op("GatherV2", "in batches, a later axis", [x(), places("int32", [2, 5, 2], 3), one(2)], { batch_dims: 1 }),
  op("GatherNd", "rows", [given(normal(12, [5, 3])), places("int32", [2, 4, 1], 4)]),
  op("GatherNd", "elements", [given(normal(12, [3, 3])), places("int32", [2, 4, 2], 2)]),
  op(
    "ScatterNd",
    "adds",
    [given(tensorFrom("int32", [3, 1], [1, 3, 1])), fed(normal(13, [3, 4])), list(5, 4)],
    {},
    { fixed: true },
  ),
  op(
    "TensorScatterUpdate",
    "",
    [fed(normal(14, [4, 3])), given(tensorFrom("int32", [2, 1], [2, 0])), given(normal(15, [2, 3]))],
    {},
    { fixed: true },
  ),
  op(
    "SparseToDense",
    "",
    [
      given(tensorFrom("int32", [2, 2], [0, 1, 2, 0])),
      list(3, 3),
      fed(normal(16, [2])),
      given(tensorFrom("float32", [], [9])),
    ],
    {},
    { fixed: true },
  ),
];

test.each([...shapes, ...borders, ...resizes, ...crops, ...gathers])("$title is what TF.js has", async (one) => {
  expect(await disagreement(one)).toBeUndefined();
});
