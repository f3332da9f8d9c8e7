import { tensorFrom } from "../../../src/tensor/tensor.js";
import {
  constant,
  fed,
  float5,
  integers,
  normal,
  type OperatorCase,
  scalar,
  type Tolerance,
  uniform,
} from "./one-node.js";

type Codes = "uint8" | "int8";
const low = (dtype: Codes) => (dtype === "uint8" ? 0 : -128);
const codes = (seed: number, dtype: Codes, shape: number[]) =>
  integers(seed, dtype, shape, low(dtype), low(dtype) + 255);
/** Symmetric int8 weights, or uint8 ones around a zero point. */
const weightCodes = (seed: number, dtype: Codes, shape: number[]) =>
  integers(seed, dtype, shape, dtype === "uint8" ? 0 : -127, dtype === "uint8" ? 255 : 127);
const scale = (value: number) => constant(scalar(value));
const point = (value: number, dtype: Codes) => constant(scalar(value, dtype));

/** ONNX Runtime folds scales in another order than dequantize, compute, quantize; few values lie near a middle. */
const oneStep: Tolerance = { steps: 1, share: 0.05 };

const contrib = { domain: "com.microsoft", noReference: "contrib operator" } as const;

const qConv = (
  title: string,
  [x, w]: readonly [Codes, Codes],
  weight: number[],
  attributes: OperatorCase["attributes"],
  perChannel: boolean,
): OperatorCase => {
  const channels = weight[0] ?? 1;
  const wScale = perChannel ? constant(uniform(81, [channels], 0.001, 0.02)) : scale(0.01);
  const wPoint = perChannel
    ? constant(tensorFrom(w, [channels], new Array<number>(channels).fill(w === "int8" ? 0 : 131)))
    : point(w === "int8" ? 0 : 131, w);
  return {
    title: `QLinearConv ${title}`,
    opType: "QLinearConv",
    inputs: [
      fed(codes(82, x, [2, 4, 7, 6])),
      scale(0.02),
      point(x === "uint8" ? 117 : -9, x),
      constant(weightCodes(83, w, weight)),
      wScale,
      wPoint,
      scale(0.07),
      point(x === "uint8" ? 101 : 4, x),
      constant(integers(84, "int32", [channels], -4000, 4000)),
    ],
    attributes: attributes ?? {},
    tolerance: "exact",
  };
};

const qMatMul = (title: string, [a, b]: readonly [Codes, Codes], perColumn: boolean): OperatorCase => ({
  title: `QLinearMatMul ${title}`,
  opType: "QLinearMatMul",
  inputs: [
    fed(codes(85, a, [2, 3, 16])),
    scale(0.02),
    point(a === "uint8" ? 120 : 3, a),
    constant(weightCodes(86, b, [16, 5])),
    perColumn ? constant(uniform(87, [5], 0.001, 0.02)) : scale(0.013),
    perColumn
      ? constant(tensorFrom(b, [5], b === "int8" ? [0, 0, 0, 0, 0] : [128, 120, 131, 128, 9]))
      : point(b === "int8" ? 0 : 128, b),
    scale(0.09),
    point(a === "uint8" ? 99 : -3, a),
  ],
  tolerance: "exact",
});

const qGemm = (title: string, integerOut: boolean, transB: number, perColumn: boolean): OperatorCase => ({
  ...contrib,
  title: `QGemm ${title}`,
  opType: "QGemm",
  inputs: [
    fed(codes(88, "uint8", [3, 16])),
    scale(0.02),
    point(120, "uint8"),
    constant(weightCodes(89, "int8", transB ? [5, 16] : [16, 5])),
    perColumn ? constant(uniform(90, [5], 0.001, 0.02)) : scale(0.013),
    perColumn ? constant(tensorFrom("int8", [5], [0, 0, 0, 0, 0])) : point(0, "int8"),
    constant(integers(91, "int32", [5], -3000, 3000)),
    ...(integerOut ? [scale(0.09), point(99, "uint8")] : []),
  ],
  attributes: { transB, alpha: 1 },
  tolerance: integerOut ? "exact" : float5,
});

const qBinary = (opType: string, dtype: Codes, b: number[]): OperatorCase => ({
  ...contrib,
  title: `${opType} ${dtype} [2, 3, 4] and [${b}]`,
  opType,
  inputs: [
    fed(codes(92, dtype, [2, 3, 4])),
    scale(0.02),
    point(low(dtype) + 120, dtype),
    fed(codes(93, dtype, b)),
    scale(0.03),
    point(low(dtype) + 133, dtype),
    scale(0.045),
    point(low(dtype) + 110, dtype),
  ],
  tolerance: oneStep,
});

const qUnary = (
  opType: string,
  title: string,
  dtype: Codes,
  shape: number[],
  [yScale, yPoint]: readonly [number, number],
  attributes: OperatorCase["attributes"] = {},
): OperatorCase => ({
  ...contrib,
  title: `${opType} ${title} ${dtype}`,
  opType,
  inputs: [
    fed(codes(94, dtype, shape)),
    scale(0.04),
    point(low(dtype) + 120, dtype),
    scale(yScale),
    point(yPoint, dtype),
  ],
  attributes,
  tolerance: oneStep,
});

const nbits = (bits: number, level: number, block: number, rows: number, zeroPoints: boolean): OperatorCase => {
  const [k, n] = [block * 2 + block / 2, 7];
  const blocks = Math.ceil(k / block);
  return {
    ...contrib,
    title: `MatMulNBits bits ${bits}, level ${level}, block ${block}, ${rows} rows${zeroPoints ? ", zero points" : ""}`,
    opType: "MatMulNBits",
    inputs: [
      fed(normal(95, [rows, k])),
      constant(integers(96, "uint8", [n, blocks, (block * bits) / 8], 0, 255)),
      constant(uniform(97, [n * blocks], 0.01, 0.05)),
      zeroPoints ? constant(integers(98, "uint8", [n * Math.ceil((blocks * bits) / 8)], 0, 255)) : undefined,
    ],
    attributes: { K: k, N: n, bits, block_size: block, accuracy_level: level },
    tolerance: { relative: 2e-5 },
  };
};

const dynamic = (title: string, b: Codes, perColumn: boolean, a: number[]): OperatorCase => ({
  ...contrib,
  title: `DynamicQuantizeMatMul ${title}`,
  opType: "DynamicQuantizeMatMul",
  inputs: [
    fed(normal(99, a)),
    constant(weightCodes(100, b, [16, 5])),
    perColumn ? constant(uniform(101, [5], 0.001, 0.02)) : scale(0.01),
    perColumn
      ? constant(tensorFrom(b, [5], b === "int8" ? [0, 0, 0, 0, 0] : [128, 120, 131, 128, 9]))
      : point(b === "int8" ? 0 : 128, b),
    constant(normal(102, [5])),
  ],
  tolerance: float5,
});

export const quantizedCases: readonly OperatorCase[] = [
  {
    title: "QuantizeLinear per tensor to uint8",
    opType: "QuantizeLinear",
    inputs: [fed(normal(103, [3, 50], 3)), scale(0.03), point(128, "uint8")],
    tolerance: "exact",
  },
  {
    title: "QuantizeLinear rounds halves to even and saturates",
    opType: "QuantizeLinear",
    inputs: [fed(tensorFrom("float32", [9], [-1000, -5, -3, -1, 1, 3, 5, 254, 1000])), scale(2), point(1, "int8")],
    tolerance: "exact",
  },
  {
    title: "QuantizeLinear per axis to int8",
    opType: "QuantizeLinear",
    inputs: [
      fed(normal(104, [2, 3, 4])),
      constant(uniform(105, [3], 0.01, 0.1)),
      constant(tensorFrom("int8", [3], [0, 5, -7])),
    ],
    attributes: { axis: 1 },
    tolerance: "exact",
  },
  {
    title: "QuantizeLinear in blocks to int16",
    opType: "QuantizeLinear",
    inputs: [
      fed(normal(106, [3, 6])),
      constant(uniform(107, [3, 2], 0.001, 0.01)),
      constant(integers(108, "int16", [3, 2], -9, 9)),
    ],
    attributes: { axis: 1, block_size: 3 },
    tolerance: "exact",
  },
  {
    title: "QuantizeLinear to output_dtype without a zero point",
    opType: "QuantizeLinear",
    inputs: [fed(normal(109, [7])), scale(0.01)],
    attributes: { output_dtype: 3 },
    tolerance: "exact",
  },
  ...(["uint8", "int8", "uint16", "int16"] as const).map(
    (dtype): OperatorCase => ({
      title: `DequantizeLinear ${dtype} per axis`,
      opType: "DequantizeLinear",
      inputs: [
        fed(integers(110, dtype, [2, 3, 4], 0, 100)),
        constant(uniform(111, [4], 0.01, 0.1)),
        constant(tensorFrom(dtype, [4], [3, 0, 1, 90])),
      ],
      attributes: { axis: -1 },
      tolerance: "exact",
    }),
  ),
  {
    title: "DequantizeLinear int32 without a zero point",
    opType: "DequantizeLinear",
    inputs: [fed(integers(112, "int32", [5], -100000, 100000)), scale(0.0031)],
    tolerance: "exact",
  },
  {
    title: "DequantizeLinear in blocks along axis 0",
    opType: "DequantizeLinear",
    inputs: [
      constant(integers(113, "int8", [5, 3], -127, 127)),
      fed(uniform(114, [3, 3], 0.01, 0.1)),
      constant(integers(115, "int8", [3, 3], -5, 5)),
    ],
    attributes: { axis: 0, block_size: 2 },
    tolerance: "exact",
    noReference: "it takes no last block that is shorter",
  },
  ...(
    [
      [-3, 9],
      [2, 9],
      [-9, -2],
      [0, 0],
    ] as const
  ).map(
    ([from, to]): OperatorCase => ({
      title: `DynamicQuantizeLinear of ${from} .. ${to}`,
      opType: "DynamicQuantizeLinear",
      inputs: [fed(uniform(116, [4, 9], from, to))],
      outputs: 3,
      tolerance: "exact",
      ...(from === to ? { noReference: "it divides by a scale of 0" } : {}),
    }),
  ),
  {
    title: "MatMulInteger uint8 x int8 with zero points per column",
    opType: "MatMulInteger",
    inputs: [
      fed(codes(117, "uint8", [2, 3, 8])),
      constant(codes(118, "int8", [8, 4])),
      point(7, "uint8"),
      constant(tensorFrom("int8", [4], [0, 3, -2, 9])),
    ],
    tolerance: "exact",
  },
  {
    title: "ConvInteger uint8 x uint8 with pads of the zero point",
    opType: "ConvInteger",
    inputs: [
      fed(codes(119, "uint8", [1, 2, 5, 5])),
      constant(codes(120, "uint8", [3, 2, 3, 3])),
      point(9, "uint8"),
      point(128, "uint8"),
    ],
    attributes: { pads: [1, 1, 1, 1], strides: [2, 1] },
    tolerance: "exact",
  },
  qConv("u8 x s8 per channel, pads", ["uint8", "int8"], [5, 4, 3, 3], { pads: [1, 1, 1, 1] }, true),
  qConv(
    "u8 x s8 per tensor, strides and dilations",
    ["uint8", "int8"],
    [3, 4, 3, 2],
    { strides: [2, 1], dilations: [2, 3], pads: [0, 1, 2, 1] },
    false,
  ),
  qConv("u8 x s8 depthwise", ["uint8", "int8"], [8, 1, 3, 3], { group: 4, pads: [1, 1, 1, 1] }, true),
  qConv("u8 x s8 in two groups", ["uint8", "int8"], [6, 2, 3, 3], { group: 2, strides: [2, 2] }, true),
  qConv("u8 x u8 with weight zero points", ["uint8", "uint8"], [5, 4, 3, 3], { pads: [1, 0, 1, 0] }, true),
  qConv("s8 x s8", ["int8", "int8"], [5, 4, 1, 1], {}, true),
  qMatMul("u8 x s8 per column", ["uint8", "int8"], true),
  qMatMul("u8 x u8 per tensor", ["uint8", "uint8"], false),
  qMatMul("u8 x u8 with zero points per column", ["uint8", "uint8"], true),
  qMatMul("s8 x s8", ["int8", "int8"], true),
  qGemm("to uint8, per column", true, 0, true),
  qGemm("to uint8, transB, per column", true, 1, true),
  qGemm("to float", false, 0, true),
  qGemm("to float, per tensor, transB", false, 1, false),
  {
    ...contrib,
    title: "MatMulIntegerToFloat per column with bias",
    opType: "MatMulIntegerToFloat",
    inputs: [
      fed(codes(121, "uint8", [3, 16])),
      constant(weightCodes(122, "int8", [16, 5])),
      scale(0.02),
      constant(uniform(123, [5], 0.001, 0.02)),
      point(117, "uint8"),
      constant(tensorFrom("int8", [5], [0, 1, -2, 3, 0])),
      constant(normal(124, [5])),
    ],
    tolerance: float5,
  },
  dynamic("int8 per column", "int8", true, [3, 16]),
  dynamic("uint8 with zero points, rank 3", "uint8", true, [2, 3, 16]),
  dynamic("int8 per tensor, one row", "int8", false, [1, 16]),
  ...[2, 4, 8].flatMap((bits) => [
    nbits(bits, 0, 32, 3, false),
    nbits(bits, 4, 32, 1, false),
    nbits(bits, 4, 32, 3, false),
    nbits(bits, 4, 128, 1, false),
    nbits(bits, 4, 16, 2, true),
    nbits(bits, 0, 64, 1, true),
  ]),
  qBinary("QLinearAdd", "uint8", [2, 3, 4]),
  qBinary("QLinearAdd", "int8", [4]),
  qBinary("QLinearMul", "uint8", [2, 3, 4]),
  qBinary("QLinearMul", "int8", [3, 1]),
  qUnary("QLinearLeakyRelu", "", "uint8", [200], [0.04, 60], { alpha: 0.2 }),
  qUnary("QLinearLeakyRelu", "", "int8", [200], [0.05, -60], { alpha: 0.2 }),
  qUnary("QLinearSigmoid", "", "uint8", [200], [1 / 256, 0]),
  qUnary("QLinearSigmoid", "", "int8", [200], [1 / 256, -128]),
  qUnary("QLinearSoftmax", "", "uint8", [5, 20], [1 / 256, 0], { axis: -1, opset: 13 }),
  qUnary("QLinearSoftmax", "of an inner axis", "int8", [5, 6, 4], [1 / 256, -128], { axis: 1, opset: 13 }),
  qUnary("QLinearAveragePool", "", "uint8", [1, 3, 6, 5], [0.03, 110], { kernel_shape: [2, 3], strides: [2, 1] }),
  qUnary("QLinearAveragePool", "with pads", "int8", [1, 3, 6, 5], [0.03, -4], {
    kernel_shape: [3, 3],
    pads: [1, 1, 1, 1],
  }),
  qUnary("QLinearAveragePool", "channels last", "uint8", [2, 6, 5, 3], [0.03, 110], {
    kernel_shape: [2, 2],
    strides: [2, 2],
    channels_last: 1,
  }),
  qUnary("QLinearGlobalAveragePool", "", "uint8", [2, 3, 6, 5], [0.01, 110]),
  qUnary("QLinearGlobalAveragePool", "channels last", "int8", [2, 6, 5, 3], [0.01, -8], { channels_last: 1 }),
  {
    ...contrib,
    title: "QLinearConcat of parts with their own scales",
    opType: "QLinearConcat",
    inputs: [
      scale(0.05),
      point(100, "uint8"),
      fed(codes(125, "uint8", [2, 3, 2])),
      scale(0.02),
      point(120, "uint8"),
      fed(codes(126, "uint8", [2, 1, 2])),
      scale(0.05),
      point(100, "uint8"),
    ],
    attributes: { axis: 1 },
    tolerance: "exact",
  },
];
