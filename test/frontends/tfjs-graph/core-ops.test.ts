import { expect, test } from "vitest";
import { tensorFrom } from "../../../src/tensor/tensor.js";
import { integers, normal } from "../../ir/operators/one-node.js";
import { float } from "./graph-file.js";
import { list, op, real } from "./op-case.js";
import { disagreement, fed, given, type OpCase } from "./op-parity.js";

const image = (channels = 4, height = 6, width = 7) => fed(normal(1, [2, height, width, channels]));
const x = () => fed(normal(2, [2, 3, 4]));
const y = () => fed(normal(3, [2, 3, 4]));
const whole = (seed: number) => fed(integers(seed, "int32", [2, 3], -7, 7));
const nonZero = given(tensorFrom("int32", [3], [3, -2, 5]));
const weight = (seed: number, shape: readonly number[]) => given(normal(seed, [...shape]));

/** Attributes of a window over images: strides and dilations for height and width. */
const window = (padding: string, [high, wide]: readonly [number, number] = [1, 1], dilation = 1) => ({
  padding,
  strides: [1, high, wide, 1],
  dilations: [1, dilation, dilation, 1],
  data_format: "NHWC",
});

const fusedOps = (...names: string[]) => ({
  fused_ops: { list: { s: names.map((name) => Buffer.from(name).toString("base64")) } },
});

const convolutions: readonly OpCase[] = [
  op("Conv2D", "SAME with strides", [image(), weight(4, [3, 3, 4, 5])], window("SAME", [2, 2])),
  op("Conv2D", "VALID", [image(), weight(4, [3, 2, 4, 5])], window("VALID", [1, 2])),
  op("Conv2D", "with dilation", [image(), weight(4, [2, 2, 4, 5])], window("SAME", [1, 1], 2)),
  op("Conv2D", "in explicit padding", [image(), weight(4, [3, 3, 4, 5])], {
    ...window("EXPLICIT", [2, 2]),
    explicit_paddings: [0, 0, 1, 0, 2, 1, 0, 0],
  }),
  op("Conv2D", "with a kernel that is fed", [image(), fed(normal(4, [3, 3, 4, 5]))], window("SAME"), { fixed: true }),
  op("_FusedConv2D", "BiasAdd", [image(), weight(4, [3, 3, 4, 5]), weight(5, [5])], {
    ...window("SAME"),
    ...fusedOps("BiasAdd"),
    num_args: 1,
  }),
  ...["Relu", "Relu6", "Elu", "Sigmoid"].map((activation) =>
    op("_FusedConv2D", activation, [image(), weight(4, [3, 3, 4, 5]), weight(5, [5])], {
      ...window("VALID"),
      ...fusedOps("BiasAdd", activation),
      num_args: 1,
    }),
  ),
  op("_FusedConv2D", "LeakyRelu", [image(), weight(4, [1, 1, 4, 5]), weight(5, [5])], {
    ...window("SAME"),
    ...fusedOps("BiasAdd", "LeakyRelu"),
    num_args: 1,
    leakyrelu_alpha: float(0.3),
  }),
  op("_FusedConv2D", "Prelu", [image(), weight(4, [1, 1, 4, 5]), weight(5, [5]), weight(6, [1, 1, 5])], {
    ...window("SAME"),
    ...fusedOps("BiasAdd", "Prelu"),
    num_args: 2,
  }),
  op("DepthwiseConv2dNative", "SAME", [image(), weight(7, [3, 3, 4, 1])], window("SAME", [2, 2])),
  op("DepthwiseConv2dNative", "with a multiplier", [image(), weight(7, [3, 3, 4, 2])], window("VALID")),
  op("DepthwiseConv2dNative", "with dilation", [image(), weight(7, [3, 3, 4, 1])], window("SAME", [1, 1], 2)),
  op("FusedDepthwiseConv2dNative", "Relu6", [image(), weight(7, [3, 3, 4, 1]), weight(8, [4])], {
    ...window("SAME"),
    ...fusedOps("BiasAdd", "Relu6"),
    num_args: 1,
  }),
  op("Conv2DBackpropInput", "SAME", [list(2, 12, 14, 3), weight(9, [3, 3, 3, 4]), image()], window("SAME", [2, 2])),
  op("Conv2DBackpropInput", "VALID", [list(2, 13, 15, 3), weight(9, [3, 3, 3, 4]), image()], window("VALID", [2, 2])),
  op("Conv1D", "SAME", [fed(normal(1, [2, 9, 4])), weight(4, [3, 4, 5])], {
    ...{ padding: "SAME", stride: 2, data_format: "NWC" },
  }),
  op("MaxPool", "SAME", [image()], { ...window("SAME", [2, 2]), ksize: [1, 3, 2, 1] }),
  op("MaxPool", "VALID", [image()], { ...window("VALID", [2, 1]), ksize: [1, 2, 2, 1] }),
  op("AvgPool", "SAME, which counts the cells inside", [image()], { ...window("SAME", [2, 2]), ksize: [1, 3, 3, 1] }),
];

const products: readonly OpCase[] = [
  op("MatMul", "", [fed(normal(1, [2, 3])), weight(2, [3, 4])]),
  op("MatMul", "with both transposed", [fed(normal(1, [3, 2])), weight(2, [4, 3])], {
    ...{ transpose_a: true, transpose_b: true },
  }),
  op("BatchMatMul", "with adj_y", [x(), fed(normal(4, [2, 5, 4]))], { adj_y: true }),
  op("BatchMatMulV2", "that broadcasts", [x(), weight(5, [4, 6])]),
  op("_FusedMatMul", "Relu", [fed(normal(1, [2, 3])), weight(2, [3, 4]), weight(3, [4])], {
    ...fusedOps("BiasAdd", "Relu"),
    num_args: 1,
  }),
  op("_FusedMatMul", "Prelu", [fed(normal(1, [2, 3])), weight(2, [3, 4]), weight(3, [4]), weight(4, [4])], {
    ...fusedOps("BiasAdd", "Prelu"),
    num_args: 2,
  }),
];

const positive = (seed: number) =>
  given(
    tensorFrom(
      "float32",
      [4],
      Array.from(normal(seed, [4]).data, (v) => Number(v) ** 2 + 0.1),
    ),
  );

const normalizations: readonly OpCase[] = [
  ...["FusedBatchNorm", "FusedBatchNormV3"].map((name) =>
    op(name, "", [image(), weight(2, [4]), weight(3, [4]), weight(4, [4]), positive(5)], { epsilon: float(0.01) }),
  ),
  op("LRN", "", [image()], { depth_radius: 1, bias: float(1.5), alpha: float(0.3), beta: float(0.75) }),
  op("Softmax", "", [x()]),
  op("LogSoftmax", "", [x()]),
  op("BiasAdd", "", [image(), weight(2, [4])]),
];

const inside = (low: number, high: number) =>
  fed(
    tensorFrom("float32", [1, 5], [low, low * 0.5 + high * 0.5, high, low * 0.3 + high * 0.7, low * 0.9 + high * 0.1]),
  );

const functions: readonly OpCase[] = [
  ...[
    "Abs",
    "Neg",
    "Sign",
    "Square",
    "Ceil",
    "Floor",
    "Round",
    "Atan",
    "Asinh",
    "Cos",
    "Cosh",
    "Sin",
    "Sinh",
    "Tan",
  ].map((name) => op(name, "", [x()])),
  ...["Exp", "Expm1", "Softplus", "Erf", "Sigmoid", "Tanh", "Relu", "Relu6", "Elu", "Selu"].map((name) =>
    op(name, "", [x()]),
  ),
  ...["Sqrt", "Rsqrt", "Log", "Log1p", "Reciprocal"].map((name) => op(name, "", [inside(0.2, 9)])),
  ...["Acos", "Asin", "Atanh"].map((name) => op(name, "", [inside(-0.9, 0.9)])),
  op("Acosh", "", [inside(1.1, 5)]),
  ...["Abs", "Neg", "Sign", "Square"].map((name) => op(name, "of integers", [whole(4)])),
  op("LeakyRelu", "", [x()], { alpha: float(0.1) }),
  op("LeakyRelu", "with the slope that is TensorFlow's own", [x()]),
  op("Prelu", "of a channel each", [image(), weight(5, [4])]),
  op("Prelu", "of an element each", [x(), weight(5, [3, 4])]),
  op("ClipByValue", "", [x(), real(-0.5), real(0.75)]),
  op("IsNan", "", [fed(tensorFrom("float32", [1, 3], [1, Number.NaN, 2]))]),
  op("IsInf", "", [fed(tensorFrom("float32", [1, 3], [1, Number.POSITIVE_INFINITY, -2]))]),
  op("IsFinite", "", [fed(tensorFrom("float32", [1, 3], [1, Number.NEGATIVE_INFINITY, Number.NaN]))]),
];

const corners = fed(tensorFrom("float32", [1, 6], [0, 1, -1, 0, -2, 3]));
const others = fed(tensorFrom("float32", [1, 6], [1, 0, -1, -3, 0, 0.5]));

const arithmetic: readonly OpCase[] = [
  ...["Add", "AddV2", "Sub", "Mul", "RealDiv", "Maximum", "Minimum", "SquaredDifference"].map((name) =>
    op(name, "", [x(), y()]),
  ),
  ...["AddV2", "Mul"].map((name) => op(name, "that broadcasts", [x(), weight(4, [4])])),
  ...["Add", "Sub", "Mul", "Maximum", "Minimum", "SquaredDifference"].map((name) =>
    op(name, "of integers", [whole(5), whole(6)]),
  ),
  ...["FloorDiv", "FloorMod", "Mod", "RealDiv"].map((name) => op(name, "of integers", [whole(5), nonZero])),
  ...["FloorDiv", "FloorMod"].map((name) => op(name, "", [x(), y()])),
  op("AddN", "", [x(), y(), x()], { N: 3 }),
  op("DivNoNan", "", [corners, others]),
  op("Pow", "", [inside(0.2, 3), real(2.5)]),
  op("Atan2", "in every corner", [corners, others]),
];

test.each([...convolutions, ...products])("$title", async (one) => {
  expect(await disagreement(one)).toBeUndefined();
});

test.each([...normalizations, ...functions, ...arithmetic])("$title", async (one) => {
  expect(await disagreement(one)).toBeUndefined();
});
