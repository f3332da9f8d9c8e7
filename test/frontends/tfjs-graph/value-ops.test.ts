import { expect, test } from "vitest";
import { tensorFrom } from "../../../src/tensor/tensor.js";
import { integers, normal, uniform } from "../../ir/operators/one-node.js";
import { type } from "./graph-file.js";
import { list, one, op, real } from "./op-case.js";
import { disagreement, fed, given, type OpCase } from "./op-parity.js";

const x = () => fed(normal(1, [2, 3, 4]));
const whole = (seed = 2, shape = [2, 3, 4]) => fed(integers(seed, "int32", shape, -3, 3));
const truths = (seed = 3, shape = [2, 3, 4]) => fed(integers(seed, "bool", shape, 0, 1));
const keep = { keep_dims: true };

const relations: readonly OpCase[] = ["Equal", "NotEqual", "Greater", "GreaterEqual", "Less", "LessEqual"].flatMap(
  (name) => [
    op(name, "of integers", [whole(), whole(4, [2, 3, 1])]),
    op(name, "of floats", [x(), real(0.3)]),
    op(name, "of truth values", [truths(), truths(5)]),
  ],
);

const logic: readonly OpCase[] = [
  op("LogicalAnd", "", [truths(), truths(5, [2, 1, 4])]),
  op("LogicalOr", "", [truths(), truths(5, [2, 1, 4])]),
  op("LogicalNot", "", [truths()]),
  op("Select", "", [truths(), x(), fed(normal(7, [2, 3, 4]))]),
  op("SelectV2", "that broadcasts", [truths(8, [2, 3, 1]), x(), real(-1)]),
  op("SelectV2", "of integers", [truths(), whole(), whole(9)]),
  op("SelectV2", "of truth values", [truths(), truths(9), truths(10)]),
];

const sums: readonly OpCase[] = [
  ...["Sum", "Mean", "Max", "Min", "Prod"].flatMap((name) => [
    op(name, "over the middle", [x(), list(1)]),
    op(name, "over two, kept", [x(), list(-1, 1)], keep),
    op(name, "of integers", [whole(), one(-1)]),
  ]),
  op("Sum", "over everything", [x(), list(0, 1, 2)], {}, { fixed: true }),
  op("Sum", "of truth values", [truths(), list(2)]),
  op("Sum", "over no axis", [x(), list()]),
  op("EuclideanNorm", "", [x(), list(1)], keep),
  op("All", "", [truths(), list(1)]),
  op("Any", "kept", [truths(), list(2, 1)], keep),
  op("ArgMax", "", [x(), one(-1)]),
  op("ArgMax", "of integers, the first of equals", [whole(), one(1)]),
  op("ArgMin", "", [x(), one(1)]),
  op("Cumsum", "", [x(), one(1)]),
  op("Cumsum", "exclusive, reverse", [x(), one(2)], { exclusive: true, reverse: true }),
  op("Cumsum", "of integers", [whole(), one(2)], { reverse: true }),
  op("Cumprod", "", [x(), one(2)]),
  op("Cumprod", "exclusive", [x(), one(1)], { exclusive: true }),
  op("Cumprod", "reverse", [x(), one(1)], { reverse: true }),
  op("Cumprod", "exclusive, reverse", [x(), one(2)], { exclusive: true, reverse: true }),
];

const orders: readonly OpCase[] = [
  op("TopKV2", "", [x(), one(3)], { sorted: true }, { outputs: 2 }),
  op("TopKV2", "of integers with equals", [whole(), one(2)], { sorted: true }, { outputs: 2 }),
  op("LowerBound", "", [given(tensorFrom("float32", [1, 4], [-1, 0, 0.5, 2])), fed(uniform(11, [1, 6], -2, 3))]),
  op("UpperBound", "of integers", [given(tensorFrom("int32", [1, 4], [-1, 0, 0, 2])), whole(12, [1, 6])]),
  op("MatrixBandPart", "", [fed(normal(13, [2, 4, 5])), one(1), one(1)]),
  op("MatrixBandPart", "of integers", [whole(13, [2, 4, 4]), one(0), one(0)]),
  op("OneHot", "", [whole(14, [2, 5]), one(3), real(1), real(0)], { T: type("float32"), axis: -1 }),
  op("OneHot", "with other values", [whole(14, [2, 5]), one(4), one(7), one(-2)], { T: type("int32"), axis: -1 }),
  op(
    "Bincount",
    "",
    [fed(integers(15, "int32", [8], 0, 4)), one(3), given(tensorFrom("int32", [0], []))],
    {},
    { fixed: true },
  ),
  op("DenseBincount", "with weights", [fed(integers(16, "int32", [2, 6], 0, 4)), one(4), fed(normal(17, [2, 6]))]),
  op(
    "DenseBincount",
    "binary",
    [fed(integers(16, "int32", [2, 6], 0, 4)), one(4), given(tensorFrom("float32", [0], []))],
    {
      binary_output: true,
    },
  ),
  op("ZerosLike", "with an open batch", [x()], { T: type("float32") }),
  op("OnesLike", "with an open batch", [whole()], { T: type("int32") }),
  op("OnesLike", "with a fixed batch", [x()], { T: type("float32") }, { fixed: true }),
];

const equations: readonly OpCase[] = [
  ["ij,jk->ik", [2, 3], [3, 4]],
  ["bij,bjk->bik", [2, 3, 4], [2, 4, 5]],
  ["bhqd,bhkd->bhqk", [2, 2, 3, 4], [2, 2, 5, 4]],
  ["bqhd,bkhd->bhqk", [2, 3, 2, 4], [2, 5, 2, 4]],
  ["btd,dhk->bthk", [2, 3, 4], [4, 2, 5]],
  ["bi,bi->b", [2, 3], [2, 3]],
  ["bi,j->bij", [2, 3], [4]],
].map(([equation, a, b]) =>
  op(
    "Einsum",
    String(equation),
    [fed(normal(18, a as number[])), (equation === "btd,dhk->bthk" ? given : fed)(normal(19, b as number[]))],
    {
      equation: String(equation),
      N: 2,
    },
    String(equation).startsWith("b") && equation !== "bi,j->bij" ? {} : { fixed: true },
  ),
);

test.each([...relations, ...logic, ...sums, ...orders, ...equations])("$title is what TF.js has", async (each) => {
  expect(await disagreement(each)).toBeUndefined();
});

test.each([
  op("Fill", "", [list(1, 3), real(2.5)]),
  op("Range", "of integers", [one(7), one(0), one(-2)], { Tidx: type("int32") }),
  op("Range", "of floats", [real(0.5), real(2), real(0.25)], { Tidx: type("float32") }),
  op("LinSpace", "", [real(-1), real(2), one(5)]),
  op("Ones", "", [list(1, 3)], { T: type("float32") }),
  op("Zeros", "", [list(1, 3)], { T: type("float32") }),
  op("BroadcastArgs", "", [list(4, 1), list(3, 1, 5)]),
])("$title is known when the model is read", async (each) => {
  expect(await disagreement(each)).toBeUndefined();
});
