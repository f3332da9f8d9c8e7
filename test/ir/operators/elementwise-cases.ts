import { tensorFrom } from "../../../src/tensor/tensor.js";
import { constant, fed, float5, floats, integers, normal, type OperatorCase, scalar, uniform } from "./one-node.js";

const x = () => fed(normal(1, [2, 3, 4], 2));
const positive = () => fed(uniform(2, [2, 3, 4], 0.1, 5));

const unary = (opType: string, input = x(), attributes: OperatorCase["attributes"] = {}): OperatorCase => ({
  title: `${opType} ${JSON.stringify(attributes)}`,
  opType,
  inputs: [input],
  attributes,
  tolerance: float5,
});

const halves = fed(floats([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.49999997, 3.7]));
const booleans = (seed: number, shape: number[]) => fed(integers(seed, "bool", shape, 0, 1));

const binary = (opType: string, a = x(), b = fed(normal(3, [3, 1])), title = ""): OperatorCase => ({
  title: `${opType} ${title || "broadcast [2, 3, 4] and [3, 1]"}`,
  opType,
  inputs: [a, b],
  tolerance: float5,
});

const ints = (opType: string, dtype: "int32" | "int64"): OperatorCase => ({
  title: `${opType} ${dtype}`,
  opType,
  inputs: [fed(integers(4, dtype, [2, 5], -1000, 1000)), fed(integers(5, dtype, [5], 1, 70000))],
  tolerance: "exact",
});

export const elementwiseCases: readonly OperatorCase[] = [
  unary("Identity"),
  unary("Neg"),
  unary("Abs"),
  unary("Sign"),
  unary("Sqrt", positive()),
  unary("Exp"),
  unary("Log", positive()),
  unary("Erf"),
  unary("Reciprocal", positive()),
  unary("Floor"),
  unary("Ceil"),
  unary("Round", halves),
  unary("Sin"),
  unary("Cos"),
  unary("Tanh"),
  unary("Sigmoid", fed(floats([-200, -20, -1, 0, 1, 20, 200]))),
  unary("Softplus", fed(floats([-50, -1, 0, 1, 50]))),
  unary("Softsign"),
  unary("HardSwish"),
  unary("Mish"),
  unary("Relu"),
  unary("LeakyRelu", x(), { alpha: 0.3 }),
  unary("Elu", x(), { alpha: 0.7 }),
  unary("Selu"),
  unary("HardSigmoid", x(), { alpha: 0.3, beta: 0.4 }),
  unary("ThresholdedRelu", x(), { alpha: 0.6 }),
  unary("Gelu"),
  unary("Gelu", x(), { approximate: "tanh" }),
  unary("Softmax"),
  unary("Softmax", x(), { axis: 1 }),
  unary("LogSoftmax", x(), { axis: 0 }),
  { ...unary("Not", booleans(6, [4])), tolerance: "exact" },
  { ...unary("Neg", fed(integers(7, "int8", [9], -128, 127))), title: "Neg int8", tolerance: "exact" },
  { ...unary("Relu", fed(integers(7, "int32", [9], -5, 5))), title: "Relu int32", tolerance: "exact" },
  binary("Add"),
  binary("Sub"),
  binary("Mul"),
  binary("Div"),
  binary("Pow", positive(), fed(floats([2, 0.5, -1, 3]))),
  binary("PRelu", x(), constant(normal(8, [3, 1]))),
  binary("Max"),
  binary("Min"),
  { ...binary("Max"), title: "Max of three", inputs: [x(), fed(normal(9, [4])), fed(scalar(0.3))] },
  ints("Add", "int32"),
  ints("Mul", "int32"),
  ints("Div", "int32"),
  ints("Sub", "int64"),
  ints("Mul", "int64"),
  ints("Div", "int64"),
  ints("Max", "int64"),
  ints("Min", "int32"),
  ints("Greater", "int64"),
  { ...binary("Greater"), tolerance: "exact" },
  { ...binary("Less"), tolerance: "exact" },
  {
    ...binary("Equal", fed(integers(10, "int32", [3, 4], 0, 3)), fed(integers(11, "int32", [4], 0, 3))),
    tolerance: "exact",
  },
  { ...binary("And", booleans(12, [3, 4]), booleans(13, [4])), tolerance: "exact" },
  { ...binary("Or", booleans(12, [3, 4]), booleans(13, [4])), tolerance: "exact" },
  {
    title: "Where broadcasts all three",
    opType: "Where",
    inputs: [booleans(14, [3, 1]), x(), fed(normal(15, [4]))],
    tolerance: "exact",
  },
  {
    title: "Clip between -0.5 and 0.5",
    opType: "Clip",
    inputs: [x(), constant(scalar(-0.5)), constant(scalar(0.5))],
    tolerance: "exact",
  },
  {
    title: "Clip from above only",
    opType: "Clip",
    inputs: [x(), undefined, constant(scalar(0.5))],
    tolerance: "exact",
  },
  {
    title: "Clip int64",
    opType: "Clip",
    inputs: [fed(integers(16, "int64", [9], -9, 9)), constant(scalar(-3, "int64")), constant(scalar(4, "int64"))],
    tolerance: "exact",
  },
  ...(
    [
      ["float32", 7, [-2.7, -0.5, 0, 1.5, 300.9]],
      ["float32", 9, [0, 1, -0.5, 2]],
      ["float32", 10, [1.0009765, 65504, 1e-8, -3.1234]],
      ["float32", 16, [1.0009765, 3.1234, 1e30, -2]],
      ["int64", 6, [-5, 2147483647]],
      ["int64", 1, [-5, 16777217]],
      ["uint8", 1, [0, 255]],
      ["bool", 6, [0, 1]],
      ["int32", 2, [0, 17, 255]],
    ] as const
  ).map(
    ([dtype, to, values]): OperatorCase => ({
      title: `Cast ${dtype} to element type ${to}`,
      opType: "Cast",
      inputs: [fed(tensorFrom(dtype, [values.length], values))],
      attributes: { to },
      tolerance: "exact",
      ...(to === 16 ? { noRuntime: "its Node binding has no bfloat16" } : {}),
    }),
  ),
];
