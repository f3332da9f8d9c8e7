import { constant, fed, float5, integers, normal, type OperatorCase } from "./one-node.js";

const image = () => fed(normal(21, [2, 4, 7, 6]));

const conv = (title: string, weight: number[], attributes: OperatorCase["attributes"], bias = false): OperatorCase => ({
  title: `Conv ${title}`,
  opType: "Conv",
  inputs: [image(), constant(normal(22, weight)), ...(bias ? [constant(normal(23, [weight[0] ?? 1]))] : [])],
  attributes: attributes ?? {},
  tolerance: float5,
});

const transposed = (title: string, weight: number[], attributes: OperatorCase["attributes"]): OperatorCase => ({
  title: `ConvTranspose ${title}`,
  opType: "ConvTranspose",
  inputs: [image(), constant(normal(24, weight))],
  attributes: attributes ?? {},
  tolerance: float5,
});

const pool = (opType: string, title: string, attributes: OperatorCase["attributes"]): OperatorCase => ({
  title: `${opType} ${title}`,
  opType,
  inputs: [image()],
  attributes: attributes ?? {},
  tolerance: float5,
});

export const windowCases: readonly OperatorCase[] = [
  conv("3x3 with bias and pads", [5, 4, 3, 3], { pads: [1, 1, 1, 1] }, true),
  conv("1x1 with strides", [3, 4, 1, 1], { strides: [2, 3] }),
  conv("uneven pads, strides and dilations", [2, 4, 3, 2], { pads: [0, 1, 2, 1], strides: [2, 1], dilations: [2, 3] }),
  conv("depthwise", [8, 1, 3, 3], { group: 4, pads: [1, 1, 1, 1] }, true),
  conv("two groups", [6, 2, 3, 3], { group: 2, strides: [2, 2] }),
  conv("SAME_UPPER", [2, 4, 3, 3], { auto_pad: "SAME_UPPER", strides: [2, 2] }),
  conv("SAME_LOWER", [2, 4, 2, 2], { auto_pad: "SAME_LOWER" }),
  {
    title: "Conv of one spatial axis",
    opType: "Conv",
    inputs: [fed(normal(25, [2, 3, 9])), constant(normal(26, [4, 3, 3]))],
    attributes: { pads: [2, 0], dilations: [2], strides: [2] },
    tolerance: float5,
  },
  {
    title: "Conv of three spatial axes",
    opType: "Conv",
    inputs: [fed(normal(27, [1, 2, 4, 5, 3])), constant(normal(28, [3, 2, 2, 3, 2]))],
    attributes: { pads: [1, 1, 0, 0, 1, 1] },
    tolerance: float5,
  },
  transposed("3x3 with strides", [4, 5, 3, 3], { strides: [2, 2] }),
  transposed("pads and output_padding", [4, 5, 3, 3], {
    strides: [2, 3],
    pads: [1, 0, 1, 1],
    output_padding: [1, 2],
  }),
  {
    ...transposed("two groups and dilations", [4, 3, 3, 2], { group: 2, dilations: [2, 1] }),
    noReference: "it fails on groups with dilations",
  },
  {
    ...transposed("SAME_UPPER", [4, 2, 3, 3], { auto_pad: "SAME_UPPER", strides: [2, 2] }),
    noReference: "its output has other sizes than the specification's formula gives",
  },
  {
    ...transposed("output_shape", [4, 2, 3, 3], { output_shape: [14, 12], strides: [2, 2] }),
    noReference: "it ignores output_shape",
  },
  pool("MaxPool", "2x2", { kernel_shape: [2, 2], strides: [2, 2] }),
  pool("MaxPool", "with pads and dilations", { kernel_shape: [3, 2], pads: [1, 1, 1, 0], dilations: [2, 1] }),
  pool("MaxPool", "ceil_mode", { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 }),
  pool("MaxPool", "SAME_UPPER", { kernel_shape: [3, 3], strides: [2, 2], auto_pad: "SAME_UPPER" }),
  { ...pool("MaxPool", "with indices", { kernel_shape: [2, 3], strides: [2, 1] }), outputs: 2 },
  {
    ...pool("MaxPool", "of uint8", { kernel_shape: [2, 2], pads: [1, 1, 0, 0] }),
    inputs: [fed(integers(29, "uint8", [1, 2, 5, 5], 0, 255))],
    noReference: "it swaps uneven pads",
    tolerance: "exact",
  },
  {
    ...pool("MaxPool", "of int8", { kernel_shape: [2, 2], pads: [1, 1, 0, 0] }),
    inputs: [fed(integers(29, "int8", [1, 2, 5, 5], -128, -1))],
    noReference: "it pads integers with NaN",
    tolerance: "exact",
  },
  pool("AveragePool", "2x2", { kernel_shape: [2, 2], strides: [2, 2] }),
  pool("AveragePool", "pads left out of the mean", { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
  pool("AveragePool", "pads counted", { kernel_shape: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1 }),
  pool("AveragePool", "SAME_UPPER", { kernel_shape: [3, 2], strides: [2, 2], auto_pad: "SAME_UPPER" }),
  pool("AveragePool", "ceil_mode", { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 }),
  pool("GlobalAveragePool", "", {}),
  pool("GlobalMaxPool", "", {}),
];
