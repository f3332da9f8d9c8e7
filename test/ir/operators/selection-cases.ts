import { tensorFrom } from "../../../src/tensor/tensor.js";
import { constant, fed, float5, floats, int64s, integers, normal, type OperatorCase, scalar } from "./one-node.js";

const x = () => fed(normal(71, [2, 3, 4]));
/** Few different values, so that equal ones meet. */
const ties = () => fed(integers(72, "int32", [2, 3, 5], 0, 3));

const exact = (
  opType: string,
  title: string,
  inputs: OperatorCase["inputs"],
  attributes: OperatorCase["attributes"] = {},
): OperatorCase => ({ title: `${opType} ${title}`, opType, inputs, attributes, tolerance: "exact" });

const close = (one: OperatorCase): OperatorCase => ({ ...one, tolerance: float5 });

const list = (values: number[], shape?: number[]) => constant(int64s(values, shape));

const contraction = (equation: string, ...shapes: number[][]): OperatorCase =>
  close(
    exact(
      "Einsum",
      equation,
      shapes.map((shape, i) => fed(normal(73 + i, shape))),
      { equation },
    ),
  );

export const selectionCases: readonly OperatorCase[] = [
  exact("GatherND", "rows", [x(), list([1, 0, 0, 2, -1, 1], [3, 2])]),
  exact("GatherND", "elements", [x(), list([1, 0, 3, 0, 2, -1], [2, 1, 3])]),
  exact("GatherND", "within a batch", [x(), list([1, -1, 0, 2], [2, 2, 1])], { batch_dims: 1 }),
  exact("GatherElements", "along 1", [x(), list([0, 1, -1, 2, 2, 0, 1, 1], [2, 1, 4])], { axis: 1 }),
  {
    ...exact("GatherElements", "by int32 along -1", [x(), fed(integers(74, "int32", [2, 3, 2], -4, 3))], { axis: -1 }),
    noReference: "it fails along the last axis",
  },
  exact("ScatterND", "of rows", [x(), list([1, 0, 0, 2], [2, 2]), fed(normal(75, [2, 4]))]),
  close(
    exact("ScatterND", "that adds", [x(), list([1, 1, 0], [3, 1]), fed(normal(75, [3, 3, 4]))], { reduction: "add" }),
  ),
  exact("ScatterND", "that keeps the larger", [x(), list([1, 0], [2, 1]), fed(normal(75, [2, 3, 4]))], {
    reduction: "max",
  }),
  exact("ScatterElements", "along 1", [x(), list([2, 0], [1, 2, 1]), fed(normal(76, [1, 2, 1]))], { axis: 1 }),
  close(
    exact("ScatterElements", "that multiplies", [x(), list([1, 1], [2, 1, 1]), fed(normal(76, [2, 1, 1]))], {
      axis: -1,
      reduction: "mul",
    }),
  ),
  { ...exact("TopK", "largest along the last axis", [x(), list([2])]), outputs: 2 },
  { ...exact("TopK", "smallest along 1", [x(), list([3])], { axis: 1, largest: 0 }), outputs: 2 },
  {
    ...exact("TopK", "of equal elements", [ties(), list([4])]),
    outputs: 2,
    noReference: "of equal elements it takes the last",
  },
  exact("OneHot", "along the last axis", [
    fed(integers(77, "int64", [2, 3], -5, 6)),
    constant(scalar(4, "int64")),
    constant(floats([-1, 2.5])),
  ]),
  exact(
    "OneHot",
    "along 1",
    [fed(integers(77, "int64", [2, 3], 0, 3)), constant(scalar(4, "int64")), constant(floats([0, 1]))],
    { axis: 1 },
  ),
  exact("Trilu", "upper", [x()]),
  exact("Trilu", "lower from the first diagonal above", [x(), constant(scalar(1, "int64"))], { upper: 0 }),
  exact("ReverseSequence", "time first", [x(), constant(int64s([2, 1, 0]))]),
  exact("ReverseSequence", "batch first", [x(), constant(int64s([2, 3]))], { batch_axis: 0, time_axis: 1 }),
  close(exact("CumSum", "along 1", [x(), constant(scalar(1, "int64"))])),
  close(exact("CumSum", "exclusive, reverse", [x(), constant(scalar(-1, "int64"))], { exclusive: 1, reverse: 1 })),
  exact("CumSum", "of int32", [ties(), constant(scalar(0, "int32"))]),
  exact("Shape", "whole", [x()]),
  exact("Shape", "of the last two axes", [x()], { start: -2 }),
  exact("Size", "", [x()]),
  exact("ConstantOfShape", "of int64", [list([2, 3])], { value: tensorFrom("int64", [1], [7]) }),
  exact("Range", "downwards", [
    constant(scalar(7, "int32")),
    constant(scalar(-2, "int32")),
    constant(scalar(-3, "int32")),
  ]),
  exact("Range", "of floats", [constant(scalar(0.5)), constant(scalar(3)), constant(scalar(0.75))]),
  exact("EyeLike", "above the diagonal", [fed(normal(78, [3, 4]))], { k: 1 }),
  exact("DepthToSpace", "blocks first", [fed(normal(79, [2, 8, 2, 3]))], { blocksize: 2 }),
  exact("DepthToSpace", "blocks last", [fed(normal(79, [2, 8, 2, 3]))], { blocksize: 2, mode: "CRD" }),
  exact("SpaceToDepth", "", [fed(normal(80, [2, 3, 4, 6]))], { blocksize: 2 }),
  close(exact("LRN", "over five channels", [fed(normal(81, [7, 7, 3, 2]))], { size: 5, alpha: 0.3, bias: 1.5 })),
  {
    ...close(exact("LRN", "over four channels", [fed(normal(81, [7, 7, 3, 2]))], { size: 4 })),
    noRuntime: "it takes odd sizes only",
  },
  contraction("ij,jk->ik", [2, 3], [3, 4]),
  contraction("bhqd,bkhd->bhqk", [2, 2, 3, 4], [2, 5, 2, 4]),
  contraction("...ij,...kj->...ik", [2, 3, 4], [2, 5, 4]),
  contraction("ij,k->kj", [2, 3], [4]),
  contraction("iij->j", [3, 3, 2]),
  contraction("ij,ji", [3, 2], [2, 3]),
];
