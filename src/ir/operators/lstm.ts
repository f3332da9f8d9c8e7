import { broadcastOffsets } from "../../tensor/layout.js";
import { type Tensor, tensor } from "../../tensor/tensor.js";
import {
  type Attributes,
  defineOperator,
  expectDType,
  expectShape,
  float32Of,
  given,
  int,
  type KnownInputs,
  numberOf,
  optionalNumber,
  type TensorInputs,
  textOf,
} from "./define.js";
import { multiplyInto } from "./matrix.js";
import { type Operator, OperatorError } from "./operator.js";
import { codes8, dynamicCodes, expectOneZeroPoint, expectPositive } from "./quantized.js";
import { type Activation, activationsOf, directionCount, directions, stepsOf } from "./recurrent-cell.js";
import {
  cellWeights,
  expectWeights,
  gateSums,
  type RecurrentSizes,
  recurrentAttributes,
  recurrentSizes,
  recurrentTypes,
  walk,
} from "./recurrent-walk.js";

/** Activations, peepholes and options of an LSTM cell. */
interface LstmCell {
  /** Of the gates, of the cell input, of the output. */
  readonly activations: readonly [Activation, Activation, Activation];
  /** i, o, f; [3 * hidden]. */
  readonly peepholes: Float32Array;
  readonly inputForget: boolean;
}

/** The cell of direction d: activations, and peepholes from input 7. */
function lstmCell(inputs: TensorInputs, attributes: Attributes, d: number, sizes: RecurrentSizes): LstmCell {
  const size = 3 * sizes.hidden;
  const all = activationsOf(attributes, sizes.direction, ["Sigmoid", "Tanh", "Tanh"]);
  return {
    activations: all[d] as [Activation, Activation, Activation],
    peepholes: inputs[7] ? float32Of(inputs[7]).subarray(d * size, (d + 1) * size) : new Float32Array(size),
    inputForget: (optionalNumber(attributes, "input_forget") ?? 0) !== 0,
  };
}

/**
 * From the gates' sums in the order i, o, f, c:
 * `i = f(i + Pi C)`, `f = f(f + Pf C)` (1 - i with input_forget), `C' = f * C + i * g(c)`, `o = f(o + Po C')`, `H' = o * h(C')`.
 * C' is rounded to float32 before it is used.
 */
function lstmStep(cell: LstmCell, sums: Float64Array, h: Float32Array, c: Float32Array): void {
  const size = h.length;
  const [f, g, out] = cell.activations;
  for (let j = 0; j < size; j++) {
    const before = c[j] as number;
    const peep = (gate: number) => cell.peepholes[gate * size + j] as number;
    const input = f((sums[j] as number) + peep(0) * before);
    const forget = cell.inputForget ? 1 - input : f((sums[2 * size + j] as number) + peep(2) * before);
    const after = Math.fround(forget * before + input * g(sums[3 * size + j] as number));
    const output = f((sums[size + j] as number) + peep(1) * after);
    c[j] = after;
    h[j] = output * out(after);
  }
}

/** Throws unless peepholes P are [directions, 3 * hidden]. */
function expectPeepholes(inputs: KnownInputs, attributes: Attributes): void {
  const peepholes = inputs[7]?.type;
  if (!peepholes) return;
  expectDType(peepholes, ["float32"], "P");
  const count = directionCount(textOf(attributes, "direction", directions));
  expectShape(peepholes, [count, 3 * numberOf(attributes, "hidden_size")], "P");
}

/** X, W, R, B, sequence_lens, initial_h, initial_c, P; gates in the order i, o, f, c. Outputs Y, Y_h, Y_c. */
const lstm = defineOperator({
  opType: "LSTM",
  inputs: [3, 8],
  outputs: [0, 3],
  attributes: { ...recurrentAttributes, input_forget: int(0) },
  infer(inputs, attributes) {
    activationsOf(attributes, textOf(attributes, "direction", directions), ["Sigmoid", "Tanh", "Tanh"]);
    expectWeights(inputs, attributes, 4);
    expectPeepholes(inputs, attributes);
    return recurrentTypes(inputs, attributes, [5, 6]);
  },
  evaluate(inputs, attributes) {
    const sizes = recurrentSizes(inputs, attributes);
    return walk(inputs, sizes, [inputs[5], inputs[6]], (d) => {
      const weights = cellWeights(inputs, d, 4, sizes);
      const cell = lstmCell(inputs, attributes, d, sizes);
      return (x, [h, c]) => {
        if (h && c) lstmStep(cell, gateSums(weights, x, h), h, c);
      };
    });
  },
});

/** Integer weights of one direction, [inputs, 4 * hidden]: `real = (code - zero point) * scale`. */
interface IntegerWeights {
  readonly inputs: number;
  /** Codes minus zero points. */
  readonly centered: Float64Array;
  /** float32, one for each column. */
  readonly scales: Float32Array;
}

/** The weights at `index` with the scales and zero points at `scaleIndex`: one a direction, or one a column. */
function integerWeights(inputs: TensorInputs, index: number, scaleIndex: number, d: number): IntegerWeights {
  const codes = given(inputs, index, "weights");
  const [count = 1, rows = 1, columns = 1] = codes.shape;
  const perColumn = (t: Tensor) => {
    const offsets = broadcastOffsets(t.shape.length === 1 ? [count, 1] : t.shape, [count, columns]);
    return Float64Array.from(offsets.subarray(d * columns, (d + 1) * columns), (at) => Number(t.data[at]));
  };
  const zeroPoint = inputs[scaleIndex + 1];
  const points = zeroPoint ? perColumn(zeroPoint) : new Float64Array(columns);
  const own = (codes.data as Uint8Array).subarray(d * rows * columns, (d + 1) * rows * columns);
  return {
    inputs: rows,
    centered: Float64Array.from(own, (code, i) => code - (points[i % columns] as number)),
    scales: new Float32Array(perColumn(given(inputs, scaleIndex, "scales"))),
  };
}

/** `x * weights` for rows of x that are quantized together to uint8, as ONNX Runtime does; float32, [rows, columns]. */
function dynamicProduct(x: Float32Array, { inputs, centered, scales }: IntegerWeights): Float32Array {
  const rows = x.length / inputs;
  const columns = scales.length;
  const { codes, scale, zeroPoint } = dynamicCodes(x, [rows, inputs]);
  const left = Float64Array.from(codes.data, (code) => code - zeroPoint);
  const sums = new Float64Array(rows * columns);
  multiplyInto(sums, 0, left, 0, centered, 0, { rows, inner: inputs, columns });
  return Float32Array.from(sums, (sum, i) => Math.fround(sum) * Math.fround(scale * (scales[i % columns] as number)));
}

/**
 * An LSTM whose products run on integers: W [directions, input, 4 * hidden] and R [directions, hidden, 4 * hidden] are
 * codes (transposed against LSTM) with scales and zero points [directions] or [directions, 4 * hidden]. X is quantized
 * as a whole to uint8 with a range of its own, the states of a batch anew at each step. Gates in the order i, o, f, c.
 * Inputs: X, W, R, B, sequence_lens (not supported), initial_h, initial_c, P, W_scale, W_zp, R_scale, R_zp.
 * @see ONNX Runtime docs/ContribOperators.md, DynamicQuantizeLSTM
 */
const dynamicQuantizeLstm = defineOperator({
  opType: "DynamicQuantizeLSTM",
  domain: "com.microsoft",
  inputs: [3, 12],
  outputs: [0, 3],
  attributes: { ...withoutLayout(), input_forget: int(0) },
  infer(inputs, attributes) {
    activationsOf(attributes, textOf(attributes, "direction", directions), ["Sigmoid", "Tanh", "Tanh"]);
    if (inputs[4]) throw new OperatorError("sequence_lens is not supported");
    expectIntegerWeights(inputs, attributes);
    expectPeepholes(inputs, attributes);
    return recurrentTypes(inputs, attributes, [5, 6]);
  },
  evaluate: dynamicLstm,
});

function withoutLayout(): typeof recurrentAttributes {
  const { layout: _, ...rest } = recurrentAttributes;
  return rest;
}

function expectIntegerWeights(inputs: KnownInputs, attributes: Attributes): void {
  const columns = 4 * numberOf(attributes, "hidden_size");
  const count = directionCount(textOf(attributes, "direction", directions));
  const input = given(inputs, 0, "X").type.shape[2] ?? 1;
  for (const [index, name, rows] of [
    [1, "W", input],
    [2, "R", columns / 4],
  ] as const) {
    const weights = given(inputs, index, name).type;
    expectDType(weights, codes8, name);
    expectShape(weights, [count, rows, columns], name);
    const scale = given(inputs, 2 * index + 6, `${name}_scale`);
    const point = given(inputs, 2 * index + 7, `${name}_zero_point`);
    const zeroPoint = point.type;
    expectOneZeroPoint(weights.dtype, point.constant, `${name}_zero_point`);
    expectDType(scale.type, ["float32"], `${name}_scale`);
    expectPositive(scale.constant, `${name}_scale`);
    expectDType(zeroPoint, [weights.dtype], `${name}_zero_point`);
    expectShape(scale.type, scale.type.shape.length === 1 ? [count] : [count, columns], `${name}_scale`);
    expectShape(zeroPoint, scale.type.shape, `${name}_zero_point`);
  }
  const bias = inputs[3]?.type;
  if (bias) {
    expectDType(bias, ["float32"], "B");
    expectShape(bias, [count, 2 * columns], "B");
  }
}

function dynamicLstm(inputs: TensorInputs, attributes: Attributes): Tensor[] {
  const sizes = recurrentSizes(inputs, attributes);
  const { steps, batch, hidden, direction } = sizes;
  const count = directionCount(direction);
  const y = new Float32Array(steps * count * batch * hidden);
  const finals = [new Float32Array(count * batch * hidden), new Float32Array(count * batch * hidden)] as const;
  for (let d = 0; d < count; d++) {
    const at = d * batch * hidden;
    const [h, c] = [inputs[5], inputs[6]].map((t) =>
      t ? float32Of(t).slice(at, at + batch * hidden) : new Float32Array(batch * hidden),
    ) as [Float32Array, Float32Array];
    const step = dynamicStep(inputs, attributes, sizes, d);
    for (const t of stepsOf(steps, direction === "reverse" || d === 1)) {
      step(t, h, c);
      y.set(h, (t * count + d) * batch * hidden);
    }
    finals[0].set(h, at);
    finals[1].set(c, at);
  }
  const state = [count, batch, hidden];
  return [
    tensor("float32", [steps, count, batch, hidden], y),
    tensor("float32", state, finals[0]),
    tensor("float32", state, finals[1]),
  ];
}

/** The step of one direction: takes the states of a whole batch, [batch, hidden], from time t - 1 to t. */
function dynamicStep(
  inputs: TensorInputs,
  attributes: Attributes,
  { batch, hidden, ...rest }: RecurrentSizes,
  d: number,
): (t: number, h: Float32Array, c: Float32Array) => void {
  const cell = lstmCell(inputs, attributes, d, { batch, hidden, ...rest });
  const columns = 4 * hidden;
  const fromInput = dynamicProduct(float32Of(given(inputs, 0, "X")), integerWeights(inputs, 1, 8, d));
  const recurrence = integerWeights(inputs, 2, 10, d);
  const bias = inputs[3] && float32Of(inputs[3]).subarray(d * 2 * columns, (d + 1) * 2 * columns);
  return (t, h, c) => {
    const fromState = dynamicProduct(h, recurrence);
    for (let n = 0; n < batch; n++) {
      const sums = Float64Array.from({ length: columns }, (_, j) => {
        const constant = (bias?.[j] ?? 0) + (bias?.[columns + j] ?? 0);
        return (fromInput[(t * batch + n) * columns + j] as number) + (fromState[n * columns + j] as number) + constant;
      });
      lstmStep(cell, sums, h.subarray(n * hidden, (n + 1) * hidden), c.subarray(n * hidden, (n + 1) * hidden));
    }
  };
}

export const lstms: readonly Operator[] = [lstm, dynamicQuantizeLstm];
