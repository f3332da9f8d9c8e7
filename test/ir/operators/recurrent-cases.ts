import { tensorFrom } from "../../../src/tensor/tensor.js";
import { constant, fed, float5, integers, normal, type OperatorCase, uniform } from "./one-node.js";

const [steps, batch, input, hidden] = [4, 3, 5, 6];
const x = () => fed(normal(61, [steps, batch, input]));

/** W, R and B of `gates` gates for `directions` directions. */
const weights = (gates: number, directions: number) => [
  constant(normal(62, [directions, gates * hidden, input], 0.4)),
  constant(normal(63, [directions, gates * hidden, hidden], 0.4)),
  constant(normal(64, [directions, 2 * gates * hidden], 0.3)),
];
const state = (seed: number, directions: number) => fed(normal(seed, [directions, batch, hidden]));
const lengths = () => fed(tensorFrom("int32", [batch], [4, 2, 3]));

const cell = (
  title: string,
  opType: string,
  inputs: OperatorCase["inputs"],
  attributes: OperatorCase["attributes"] = {},
  noReference = "",
): OperatorCase => ({
  title: `${opType} ${title}`,
  opType,
  inputs,
  attributes: { hidden_size: hidden, ...attributes },
  outputs: opType === "LSTM" ? 3 : 2,
  tolerance: float5,
  ...(noReference ? { noReference } : {}),
});

const oneWay = "it computes the forward direction only";

/** DynamicQuantizeLSTM with weights per direction or per column. */
function integerLstm(title: string, dtype: "int8" | "uint8", perColumn: boolean, direction: string): OperatorCase {
  const count = direction === "bidirectional" ? 2 : 1;
  const center = dtype === "int8" ? 0 : 125;
  const scaleShape = perColumn ? [count, 4 * hidden] : [count];
  const codes = (seed: number, rows: number) =>
    constant(
      integers(seed, dtype, [count, rows, 4 * hidden], dtype === "int8" ? -127 : 0, dtype === "int8" ? 127 : 255),
    );
  const zeroPoint = () => constant(integers(65, dtype, scaleShape, center, center));
  const scale = (seed: number) => constant(uniform(seed, scaleShape, 0.002, 0.006));
  return {
    title: `DynamicQuantizeLSTM ${title}`,
    opType: "DynamicQuantizeLSTM",
    domain: "com.microsoft",
    inputs: [
      x(),
      codes(66, input),
      codes(67, hidden),
      constant(normal(68, [count, 8 * hidden], 0.3)),
      undefined,
      state(69, count),
      state(70, count),
      undefined,
      scale(71),
      zeroPoint(),
      scale(72),
      zeroPoint(),
    ],
    attributes: { hidden_size: hidden, direction },
    outputs: 3,
    tolerance: float5,
    noReference: "contrib operator",
  };
}

export const recurrentCases: readonly OperatorCase[] = [
  cell("forward", "LSTM", [x(), ...weights(4, 1)]),
  cell("reverse", "LSTM", [x(), ...weights(4, 1)], { direction: "reverse" }, oneWay),
  cell(
    "bidirectional with states, lengths and peepholes",
    "LSTM",
    [x(), ...weights(4, 2), lengths(), state(73, 2), state(74, 2), constant(normal(75, [2, 3 * hidden]))],
    { direction: "bidirectional" },
    oneWay,
  ),
  cell(
    "with other activations",
    "LSTM",
    [x(), ...weights(4, 1)],
    {
      activations: ["HardSigmoid", "Relu", "Softsign"],
      activation_alpha: [0.25],
      activation_beta: [0.4],
    },
    "it always takes sigmoid and tanh",
  ),
  cell("with clip", "LSTM", [x(), ...weights(4, 1)], { clip: 0.4 }, "it ignores clip"),
  cell("forward", "GRU", [x(), ...weights(3, 1)]),
  cell("linear_before_reset", "GRU", [x(), ...weights(3, 1)], { linear_before_reset: 1 }),
  cell(
    "bidirectional with states and lengths",
    "GRU",
    [x(), ...weights(3, 2), lengths(), state(76, 2)],
    { direction: "bidirectional" },
    oneWay,
  ),
  cell("forward", "RNN", [x(), ...weights(1, 1)]),
  cell(
    "bidirectional with Relu and ScaledTanh",
    "RNN",
    [x(), ...weights(1, 2), lengths(), state(77, 2)],
    {
      direction: "bidirectional",
      activations: ["Relu", "ScaledTanh"],
      activation_alpha: [1.5],
      activation_beta: [0.5],
    },
    oneWay,
  ),
  integerLstm("int8, one scale", "int8", false, "forward"),
  integerLstm("int8, scales per column, bidirectional", "int8", true, "bidirectional"),
  integerLstm("uint8 with zero points, reverse", "uint8", true, "reverse"),
];
