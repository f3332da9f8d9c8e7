import { type Tensor, tensor } from "../../../tensor/tensor.js";
import { activationOption } from "../activation.js";
import { booleanOption, integerOption, unsupportedOption } from "../config.js";
import type { LayerContext, LayerDefinition, LayerSite, Value } from "../layer.js";
import { badSizes, ints, pair } from "../values.js";

/** A kind of recurrent cell: where ONNX has what Keras has. */
interface Cell {
  readonly opType: "LSTM" | "GRU" | "RNN";
  /** Keras's gate at each place of ONNX's. LSTM: i, f, c, o there and i, o, f, c in ONNX; GRU: z, r, h in both. */
  readonly gates: readonly number[];
  /** States that it hands from step to step. */
  readonly states: number;
  /** The options that name its activations, in ONNX's order, with TF.js's defaults. */
  readonly activations: readonly (readonly [option: string, fallback: string])[];
}

const RECURRENT = ["recurrentActivation", "hardSigmoid"] as const;
const ACTIVATION = ["activation", "tanh"] as const;

const cells: Readonly<Record<string, Cell>> = {
  LSTM: { opType: "LSTM", gates: [0, 3, 1, 2], states: 2, activations: [RECURRENT, ACTIVATION, ACTIVATION] },
  GRU: { opType: "GRU", gates: [0, 1, 2], states: 1, activations: [RECURRENT, ACTIVATION] },
  SimpleRNN: { opType: "RNN", gates: [0], states: 1, activations: [ACTIVATION] },
};

/** The activations that ONNX's recurrent operators know: name, and alpha and beta where it takes them. */
const ONNX_ACTIVATIONS: Readonly<Record<string, readonly [name: string, alpha?: number, beta?: number]>> = {
  relu: ["Relu"],
  tanh: ["Tanh"],
  sigmoid: ["Sigmoid"],
  hardSigmoid: ["HardSigmoid", 0.2, 0.5],
  linear: ["Affine", 1, 0],
  elu: ["Elu", 1],
  softsign: ["Softsign"],
  softplus: ["Softplus"],
};

/** The options of one recurrent layer, checked. */
interface Recurrence {
  readonly cell: Cell;
  readonly units: number;
  readonly useBias: boolean;
  readonly backwards: boolean;
  readonly sequences: boolean;
  readonly state: boolean;
  readonly activations: readonly (readonly [name: string, alpha?: number, beta?: number])[];
}

function recurrenceOf(site: LayerSite): Recurrence {
  const cell = cells[site.className];
  if (cell === undefined) throw new Error(`frontend tfjs: ${site.className} is no recurrent layer`);
  if (booleanOption(site, "stateful", false)) {
    unsupportedOption(site, "stateful", "its outputs depend on earlier calls, so that no sample stands alone");
  }
  if (booleanOption(site, "resetAfter", false)) {
    unsupportedOption(site, "resetAfter", "TF.js cannot load it; train with reset_after=False");
  }
  return {
    cell,
    units: integerOption(site, "units"),
    useBias: booleanOption(site, "useBias", true),
    backwards: booleanOption(site, "goBackwards", false),
    sequences: booleanOption(site, "returnSequences", false),
    state: booleanOption(site, "returnState", false),
    activations: cell.activations.map(([option, fallback]) => {
      const known = ONNX_ACTIVATIONS[activationOption(site, option, fallback)];
      const names = Object.keys(ONNX_ACTIVATIONS).join(", ");
      return known ?? unsupportedOption(site, option, `recurrent kernels have ${names}`);
    }),
  };
}

const variablesOf = (useBias: boolean) => ["kernel", "recurrent_kernel", ...(useBias ? ["bias"] : [])];

/**
 * One weight of each direction as ONNX lays it out: [rows, gates * units] of Keras becomes
 * [directions, gates * units, rows] with the gates in ONNX's order.
 */
function packed({ cell, units }: Recurrence, weights: readonly Tensor<"float32">[]): Tensor<"float32"> {
  const rows = weights[0]?.shape[0] ?? 0;
  const width = cell.gates.length * units;
  const data = new Float32Array(weights.length * width * rows);
  let at = 0;
  for (const weight of weights) {
    for (const gate of cell.gates) {
      for (let unit = 0; unit < units; unit++) {
        for (let row = 0; row < rows; row++) data[at++] = weight.data[row * width + gate * units + unit] as number;
      }
    }
  }
  return tensor("float32", [weights.length, width, rows], data);
}

/** Biases [gates * units] as ONNX wants them: input biases, then recurrent biases, which Keras has not: zeros. */
function packedBias({ cell, units }: Recurrence, biases: readonly Tensor<"float32">[]): Tensor<"float32"> {
  const width = cell.gates.length * units;
  const data = new Float32Array(biases.length * 2 * width);
  biases.forEach((bias, direction) => {
    cell.gates.forEach((gate, place) => {
      const from = bias.data.subarray(gate * units, (gate + 1) * units);
      data.set(from, direction * 2 * width + place * units);
    });
  });
  return tensor("float32", [biases.length, 2 * width], data);
}

type Direction = "forward" | "reverse" | "bidirectional";

/** Y [time, directions, batch, units], and the last states, each [directions, batch, units]. */
interface Outputs {
  readonly sequence: string;
  readonly states: readonly string[];
}

/**
 * The ONNX node over `x` [batch, time, features].
 * @param prefixes where each direction's weights are: "" for the layer itself, "forward_lstm_1/" inside a wrapper
 * @param initial states before the first step, each [directions, batch, units]
 */
function run(
  context: LayerContext,
  recurrence: Recurrence,
  x: Value,
  direction: Direction,
  prefixes: readonly string[],
  initial: readonly string[],
): Outputs {
  const { cell, units, useBias } = recurrence;
  const [, features] = pair(context, x);
  const width = cell.gates.length * units;
  const operand = (variable: string, shape: readonly number[], pack: typeof packed) => {
    const weights = prefixes.map((prefix) => context.weight(`${prefix}${variable}`, shape));
    const [only = ""] = prefixes;
    const name = prefixes.length === 1 ? context.weightName(`${only}${variable}`) : `${context.name}/${variable}`;
    return context.constant(name, () => pack(recurrence, weights));
  };
  const time = context.node("Transpose", [x.name], { perm: [1, 0, 2] });
  const operands = [
    time,
    operand("kernel", [features, width], packed),
    operand("recurrent_kernel", [units, width], packed),
    useBias ? operand("bias", [width], packedBias) : "",
    "",
    ...initial,
  ];
  const twice = <T>(items: readonly T[]) => (direction === "bidirectional" ? [...items, ...items] : items);
  const given = (values: readonly (number | undefined)[]) => values.filter((value) => value !== undefined);
  const alpha = twice(given(recurrence.activations.map(([, value]) => value)));
  const beta = twice(given(recurrence.activations.map(([, , value]) => value)));
  const [sequence = "", ...states] = context.nodes(
    cell.opType,
    operands,
    {
      hidden_size: units,
      direction,
      activations: twice(recurrence.activations.map(([name]) => name)),
      ...(alpha.length > 0 ? { activation_alpha: alpha } : {}),
      ...(beta.length > 0 ? { activation_beta: beta } : {}),
      ...(cell.opType === "GRU" ? { linear_before_reset: 0 } : {}),
    },
    1 + cell.states,
  );
  return { sequence, states };
}

/** Initial states that the layer is given as further inputs, [batch, units] each, as ONNX wants them. */
function initialStates(context: LayerContext, recurrence: Recurrence, given: readonly Value[]): string[] {
  if (given.length === 0) return [];
  const { units, cell } = recurrence;
  if (given.length !== cell.states || given.some(({ shape }) => shape.length !== 1 || shape[0] !== units)) {
    badSizes(context, given, `its initial states are ${cell.states} of [${units}]`);
  }
  return given.map(({ name }) => context.node("Unsqueeze", [name, ints(context, [0])]));
}

/** The time dimension, axis 1, backwards. */
function reversed(context: LayerContext, name: string): string {
  const last = -(2 ** 31);
  const operands = [ints(context, [-1]), ints(context, [last]), ints(context, [1]), ints(context, [-1])];
  return context.node("Slice", [name, ...operands]);
}

/** The outputs of one direction, as Keras gives them: backwards, the step that was computed first comes first. */
function oneDirection(
  context: LayerContext,
  recurrence: Recurrence,
  x: Value,
  prefix: string,
  given: readonly Value[] = [],
): Value[] {
  const [steps] = pair(context, x);
  const { units } = recurrence;
  const initial = initialStates(context, recurrence, given);
  const direction = recurrence.backwards ? "reverse" : "forward";
  const { sequence, states } = run(context, recurrence, x, direction, [prefix], initial);
  const squeezed = (name: string, axis: number) => context.node("Squeeze", [name, ints(context, [axis])]);
  const finals = states.map((name, i) => (i === 0 || recurrence.state ? squeezed(name, 0) : ""));
  const flat = finals.map((name): Value => ({ name, shape: [units] }));
  if (!recurrence.sequences) return recurrence.state ? [...flat.slice(0, 1), ...flat] : flat.slice(0, 1);
  const forward = context.node("Transpose", [squeezed(sequence, 1)], { perm: [1, 0, 2] });
  const name = recurrence.backwards ? reversed(context, forward) : forward;
  return [{ name, shape: [steps, units] }, ...(recurrence.state ? flat : [])];
}

function recurrent(className: string): LayerDefinition {
  return {
    className,
    // onnxruntime has an integer kernel for the LSTM alone (DynamicQuantizeLSTM).
    quantizable: className === "LSTM",
    mask: "reads",
    weights: (site) => variablesOf(booleanOption(site, "useBias", true)),
    lower(context, inputs) {
      const [x, ...given] = inputs;
      if (x === undefined) return badSizes(context, inputs, "it needs an input");
      return oneDirection(context, recurrenceOf(context), x, "", given);
    },
  };
}

export { oneDirection, type Recurrence, recurrenceOf, reversed, run, variablesOf };
export const recurrents: readonly LayerDefinition[] = ["LSTM", "GRU", "SimpleRNN"].map(recurrent);
export const isRecurrent = (className: string): boolean => Object.hasOwn(cells, className);
