import { defineOperator, int, numberOf, textOf } from "./define.js";
import type { Operator } from "./operator.js";
import { type Activation, activationsOf, addProduct, directions } from "./recurrent-cell.js";
import {
  type CellWeights,
  cellWeights,
  expectWeights,
  gateSums,
  recurrentAttributes,
  recurrentSizes,
  recurrentTypes,
  walk,
} from "./recurrent-walk.js";

/** H' = f(W x + R h + Wb + Rb) */
const rnn = defineOperator({
  opType: "RNN",
  inputs: [3, 6],
  outputs: [0, 2],
  attributes: recurrentAttributes,
  infer(inputs, attributes) {
    activationsOf(attributes, textOf(attributes, "direction", directions), ["Tanh"]);
    expectWeights(inputs, attributes, 1);
    return recurrentTypes(inputs, attributes, [5]);
  },
  evaluate(inputs, attributes) {
    const sizes = recurrentSizes(inputs, attributes);
    const activations = activationsOf(attributes, sizes.direction, ["Tanh"]);
    return walk(inputs, sizes, [inputs[5]], (d) => {
      const weights = cellWeights(inputs, d, 1, sizes);
      const [f] = activations[d] as [Activation];
      return (x, [h]) => h?.set(gateSums(weights, x, h).map(f));
    });
  },
});

/**
 * Gates z (update), r (reset), h (hidden), in this order:
 * `z = f(Wz x + Rz h + bz)`, `r = f(Wr x + Rr h + br)`,
 * `h~ = g(Wh x + Rh (r * h) + Rbh + Wbh)`, or with linear_before_reset `g(Wh x + r * (Rh h + Rbh) + Wbh)`,
 * `H' = (1 - z) * h~ + z * h`.
 */
const gru = defineOperator({
  opType: "GRU",
  inputs: [3, 6],
  outputs: [0, 2],
  attributes: { ...recurrentAttributes, linear_before_reset: int(0) },
  infer(inputs, attributes) {
    activationsOf(attributes, textOf(attributes, "direction", directions), ["Sigmoid", "Tanh"]);
    expectWeights(inputs, attributes, 3);
    return recurrentTypes(inputs, attributes, [5]);
  },
  evaluate(inputs, attributes) {
    const sizes = recurrentSizes(inputs, attributes);
    const activations = activationsOf(attributes, sizes.direction, ["Sigmoid", "Tanh"]);
    const linear = numberOf(attributes, "linear_before_reset") !== 0;
    return walk(inputs, sizes, [inputs[5]], (d) => {
      const weights = cellWeights(inputs, d, 3, sizes);
      const [f, g] = activations[d] as [Activation, Activation];
      return (x, [h]) => {
        if (h) h.set(gruStep(weights, x, h, { f, g, linear }));
      };
    });
  },
});

function gruStep(
  { w, r, b }: CellWeights,
  x: Float32Array,
  h: Float32Array,
  { f, g, linear }: { f: Activation; g: Activation; linear: boolean },
): Float64Array {
  const size = h.length;
  const fromInput = Float64Array.from(b.subarray(0, 3 * size));
  addProduct(fromInput, w, 0, x);
  const gates = Float64Array.from(
    { length: 2 * size },
    (_, j) => (fromInput[j] as number) + (b[3 * size + j] as number),
  );
  addProduct(gates, r, 0, h);
  const update = gates.subarray(0, size).map(f);
  const reset = gates.subarray(size).map(f);
  const fromState = new Float64Array(size);
  addProduct(fromState, r, 2 * size * size, linear ? h : Float64Array.from(h, (v, j) => v * (reset[j] as number)));
  return update.map((z, j) => {
    const recurrent = (fromState[j] as number) + (b[5 * size + j] as number);
    const candidate = g((fromInput[2 * size + j] as number) + (linear ? (reset[j] as number) * recurrent : recurrent));
    return (1 - z) * candidate + z * (h[j] as number);
  });
}

export const recurrent: readonly Operator[] = [rnn, gru];
