import {
  constant,
  fed,
  float5,
  floats,
  int64s,
  integers,
  normal,
  type OperatorCase,
  scalar,
  uniform,
} from "./one-node.js";

const matmul = (title: string, a: number[], b: number[]): OperatorCase => ({
  title: `MatMul ${title}`,
  opType: "MatMul",
  inputs: [fed(normal(31, a)), fed(normal(32, b))],
  tolerance: float5,
});

const gemm = (
  title: string,
  a: number[],
  b: number[],
  c: number[] | undefined,
  attributes: OperatorCase["attributes"],
): OperatorCase => ({
  title: `Gemm ${title}`,
  opType: "Gemm",
  inputs: [fed(normal(33, a)), constant(normal(34, b)), c && constant(normal(35, c))],
  attributes: attributes ?? {},
  tolerance: float5,
});

const reduce = (
  opType: string,
  title: string,
  axes: number[] | undefined,
  attributes: OperatorCase["attributes"],
  x = normal(36, [2, 3, 4]),
): OperatorCase => ({
  title: `${opType} ${title}`,
  opType,
  inputs: [fed(x), axes && constant(int64s(axes))],
  attributes: attributes ?? {},
  tolerance: float5,
});

const channels = (seed: number) => constant(normal(seed, [3]));

const norms = ["ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSumExp"];

export const matrixCases: readonly OperatorCase[] = [
  matmul("of matrices", [3, 4], [4, 5]),
  matmul("with batches that broadcast", [2, 1, 3, 4], [5, 4, 2]),
  matmul("vector by matrix", [4], [3, 4, 2]),
  matmul("matrix by vector", [2, 3, 4], [4]),
  matmul("of vectors", [4], [4]),
  gemm("with bias", [3, 4], [4, 5], [5], {}),
  gemm("transposed with alpha and beta", [4, 3], [5, 4], [3, 1], { transA: 1, transB: 1, alpha: 0.5, beta: 2 }),
  gemm("without C", [3, 4], [4, 5], undefined, {}),
  {
    title: "BatchNormalization",
    opType: "BatchNormalization",
    inputs: [
      fed(normal(37, [2, 3, 2, 2])),
      channels(38),
      channels(39),
      channels(40),
      constant(uniform(41, [3], 0.1, 2)),
    ],
    attributes: { epsilon: 1e-3 },
    tolerance: float5,
  },
  {
    title: "BatchNormalization of rank 2",
    opType: "BatchNormalization",
    inputs: [fed(normal(37, [4, 3])), channels(38), channels(39), channels(40), constant(uniform(41, [3], 0.1, 2))],
    tolerance: float5,
  },
  {
    title: "LayerNormalization over the last axis",
    opType: "LayerNormalization",
    inputs: [fed(normal(42, [2, 3, 4])), constant(normal(43, [4])), constant(normal(44, [4]))],
    tolerance: float5,
    outputs: 3,
  },
  {
    title: "LayerNormalization over two axes without bias",
    opType: "LayerNormalization",
    inputs: [fed(normal(42, [2, 3, 4])), constant(normal(43, [3, 4]))],
    attributes: { axis: 1, epsilon: 1e-2 },
    tolerance: float5,
  },
  {
    title: "InstanceNormalization",
    opType: "InstanceNormalization",
    inputs: [fed(normal(45, [2, 3, 4, 4])), channels(38), channels(39)],
    tolerance: float5,
  },
  ...["ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", ...norms].flatMap((opType) => [
    reduce(opType, "over the middle axis", [1], {}),
    reduce(opType, "over two axes, dropped", [-1, 0], { keepdims: 0 }),
    reduce(opType, "over everything", undefined, {}),
  ]),
  reduce("ReduceSum", "of nothing with noop", undefined, { noop_with_empty_axes: 1 }),
  {
    title: "ReduceSum int64",
    opType: "ReduceSum",
    inputs: [fed(int64s([1, 2, 3, 4, 5, 6], [2, 3])), constant(int64s([1]))],
    tolerance: "exact",
  },
  {
    title: "ReduceMax uint8",
    opType: "ReduceMax",
    inputs: [fed({ dtype: "uint8", shape: [2, 2], data: Uint8Array.of(3, 200, 9, 7) }), constant(int64s([0]))],
    tolerance: "exact",
  },
  reduce("ReduceLogSum", "over the last axis", [-1], {}, uniform(48, [2, 3, 4], 0.1, 3)),
  {
    title: "ReduceProd int32",
    opType: "ReduceProd",
    inputs: [fed(integers(49, "int32", [2, 5], -5, 5)), constant(int64s([1]))],
    tolerance: "exact",
  },
  {
    title: "ArgMin of int32",
    opType: "ArgMin",
    inputs: [fed(integers(49, "int32", [2, 5], -2, 2))],
    attributes: { axis: 1, keepdims: 0 },
    tolerance: "exact",
  },
  {
    title: "ArgMax takes the first of equals",
    opType: "ArgMax",
    inputs: [fed(floats([1, 3, 3, 2, 2, 1], [2, 3]))],
    attributes: { axis: 1 },
    tolerance: "exact",
  },
  {
    title: "ArgMax takes the last of equals when told",
    opType: "ArgMax",
    inputs: [fed(floats([1, 3, 3, 2, 2, 1], [2, 3]))],
    attributes: { axis: -1, keepdims: 0, select_last_index: 1 },
    tolerance: "exact",
  },
  {
    title: "Gemm with a scalar C",
    opType: "Gemm",
    inputs: [fed(normal(46, [2, 2])), constant(normal(47, [2, 2])), constant(scalar(0.25))],
    tolerance: float5,
  },
];
