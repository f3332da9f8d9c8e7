import { type Tensor, tensor } from "../../tensor/tensor.js";
import type { Dim, ValueType } from "../graph.js";
import {
  type Attributes,
  expectDType,
  expectRank,
  expectSameDim,
  expectShape,
  float,
  float32Of,
  floats,
  given,
  int,
  type KnownInputs,
  numberOf,
  required,
  type TensorInputs,
  text,
  textOf,
  texts,
} from "./define.js";
import { type AttributeSpec, OperatorError } from "./operator.js";
import { addProduct, type Direction, directionCount, directions, stepsOf } from "./recurrent-cell.js";

/** What the recurrent operators share: sizes, weights, and the walk over directions, sequences and time. */

export const recurrentAttributes: Readonly<Record<string, AttributeSpec>> = {
  activation_alpha: floats(),
  activation_beta: floats(),
  activations: texts(),
  clip: float(),
  direction: text("forward"),
  hidden_size: required(int()),
  layout: int(0),
};

/** Sizes at run time. */
export interface RecurrentSizes {
  readonly steps: number;
  readonly batch: number;
  readonly input: number;
  readonly hidden: number;
  readonly direction: Direction;
}

/**
 * Checks X [steps, batch, input], sequence_lens [batch] and initial states [directions, batch, hidden], and gives the
 * types of Y [steps, directions, batch, hidden] and of the final states.
 */
export function recurrentTypes(inputs: KnownInputs, attributes: Attributes, states: readonly number[]): ValueType[] {
  const x = given(inputs, 0, "X").type;
  expectDType(x, ["float32"], "X");
  expectRank(x, 3, "X");
  if (attributes.layout !== undefined && numberOf(attributes, "layout") !== 0) {
    throw new OperatorError("layout must be 0: [steps, batch, input]");
  }
  const hidden = numberOf(attributes, "hidden_size");
  const count = directionCount(textOf(attributes, "direction", directions));
  const [steps = 1, batch = 1] = x.shape;
  const lengths = inputs[4]?.type;
  if (lengths) {
    expectDType(lengths, ["int32"], "sequence_lens");
    expectShape(lengths, [batch], "sequence_lens");
  }
  const state: ValueType = { dtype: "float32", shape: [count, batch, hidden] };
  for (const index of states) {
    const initial = inputs[index]?.type;
    if (!initial) continue;
    expectDType(initial, ["float32"], "initial state");
    expectShape(initial, state.shape, "initial state");
  }
  return [{ dtype: "float32", shape: [steps, count, batch, hidden] }, ...states.map(() => state)];
}

/** Checks W [directions, gates * hidden, input], R [directions, gates * hidden, hidden], B [directions, 2 * gates * hidden]. */
export function expectWeights(inputs: KnownInputs, attributes: Attributes, gates: number): void {
  const hidden = numberOf(attributes, "hidden_size");
  const count = directionCount(textOf(attributes, "direction", directions));
  const input: Dim = given(inputs, 0, "X").type.shape[2] ?? 1;
  for (const [index, name, shape] of [
    [1, "W", [count, gates * hidden, input]],
    [2, "R", [count, gates * hidden, hidden]],
    [3, "B", [count, 2 * gates * hidden]],
  ] as const) {
    const weight = inputs[index]?.type;
    if (!weight) {
      if (name === "B") continue;
      throw new OperatorError(`input ${index} (${name}) is missing`);
    }
    expectDType(weight, ["float32"], name);
    expectShape(weight, shape, name);
    if (name === "W") expectSameDim(weight.shape[2] ?? 1, input, "input sizes of X and W");
  }
}

export function recurrentSizes(inputs: TensorInputs, attributes: Attributes): RecurrentSizes {
  const [steps = 1, batch = 1, input = 1] = given(inputs, 0, "X").shape;
  const direction = textOf(attributes, "direction", directions);
  return { steps, batch, input, hidden: numberOf(attributes, "hidden_size"), direction };
}

/** One step of one sequence: reads x and the states, and writes the new ones. States are float32 [hidden]. */
export type Step = (x: Float32Array, states: readonly Float32Array[]) => void;

/**
 * Walks every direction and sequence over time. States begin with the initial ones, else 0. Steps beyond a sequence's
 * length give 0 in Y; the reverse direction begins at the sequence's own last step.
 * @param makeStep the cell of a direction
 * @param initial  one tensor [directions, batch, hidden] for each state, the output state first
 * @returns Y and the final states
 */
export function walk(
  inputs: TensorInputs,
  sizes: RecurrentSizes,
  initial: readonly (Tensor | undefined)[],
  makeStep: (direction: number) => Step,
): Tensor[] {
  const { steps, batch, input, hidden, direction } = sizes;
  const count = directionCount(direction);
  const x = float32Of(given(inputs, 0, "X"));
  const y = new Float32Array(steps * count * batch * hidden);
  const finals = initial.map(() => new Float32Array(count * batch * hidden));
  for (let d = 0; d < count; d++) {
    const step = makeStep(d);
    for (let n = 0; n < batch; n++) {
      const at = (d * batch + n) * hidden;
      const states = initial.map((t) => (t ? float32Of(t).slice(at, at + hidden) : new Float32Array(hidden)));
      const length = sequenceLength(inputs[4], n, steps);
      for (const t of stepsOf(length, direction === "reverse" || d === 1)) {
        const row = (t * batch + n) * input;
        step(x.subarray(row, row + input), states);
        y.set(states[0] ?? [], ((t * count + d) * batch + n) * hidden);
      }
      for (const [i, final] of finals.entries()) final.set(states[i] ?? [], at);
    }
  }
  return [
    tensor("float32", [steps, count, batch, hidden], y),
    ...finals.map((final) => tensor("float32", [count, batch, hidden], final)),
  ];
}

function sequenceLength(lengths: Tensor | undefined, n: number, steps: number): number {
  if (!lengths) return steps;
  const length = Number(lengths.data[n]);
  if (length < 0 || length > steps) throw new OperatorError(`sequence_lens has ${length}, which is not 0..${steps}`);
  return length;
}

/** Weights of one direction: rows of gates, then hidden. */
export interface CellWeights {
  readonly w: Float32Array;
  readonly r: Float32Array;
  /** Of W, then of R; zeros when absent. */
  readonly b: Float32Array;
}

export function cellWeights(inputs: TensorInputs, d: number, gates: number, sizes: RecurrentSizes): CellWeights {
  const rows = gates * sizes.hidden;
  const slice = (index: number, length: number) =>
    float32Of(given(inputs, index, "weights")).subarray(d * length, (d + 1) * length);
  return {
    w: slice(1, rows * sizes.input),
    r: slice(2, rows * sizes.hidden),
    b: inputs[3] ? slice(3, 2 * rows) : new Float32Array(2 * rows),
  };
}

/** `W x + R h + Wb + Rb`, all gates of one step, in float64. */
export function gateSums({ w, r, b }: CellWeights, x: Float32Array, h: Float32Array): Float64Array {
  const rows = b.length / 2;
  const sums = Float64Array.from({ length: rows }, (_, j) => (b[j] as number) + (b[rows + j] as number));
  addProduct(sums, w, 0, x);
  addProduct(sums, r, 0, h);
  return sums;
}
