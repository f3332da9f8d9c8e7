import { type Attributes, optionalNumber, optionalNumbers, optionalTexts } from "./define.js";
import { elu, hardSigmoid, sigmoid, softplus } from "./functions.js";
import { OperatorError } from "./operator.js";

/** What LSTM, GRU and RNN share: activations, directions and the walk over time. */

export type Activation = (x: number) => number;

export type Direction = "forward" | "reverse" | "bidirectional";
export const directions = ["forward", "reverse", "bidirectional"] as const;

/** 2 for bidirectional recurrences, else 1: the first size of their weights. */
export function directionCount(direction: Direction): number {
  return direction === "bidirectional" ? 2 : 1;
}

interface ActivationKind {
  /** Defaults of alpha and beta; the number of them is how many the activation takes from the lists. */
  readonly defaults: readonly number[];
  make(alpha: number, beta: number): Activation;
}

/** @see https://onnx.ai/onnx/operators/onnx__LSTM.html, "Activation functions" */
const kinds: Readonly<Record<string, ActivationKind>> = {
  relu: { defaults: [], make: () => (x) => Math.max(0, x) },
  tanh: { defaults: [], make: () => Math.tanh },
  sigmoid: { defaults: [], make: () => sigmoid },
  softsign: { defaults: [], make: () => (x) => x / (1 + Math.abs(x)) },
  softplus: { defaults: [], make: () => softplus },
  affine: { defaults: [1, 0], make: (alpha, beta) => (x) => alpha * x + beta },
  leakyrelu: { defaults: [0.01], make: (alpha) => (x) => (x < 0 ? alpha * x : x) },
  thresholdedrelu: { defaults: [1], make: (alpha) => (x) => (x > alpha ? x : 0) },
  scaledtanh: { defaults: [1, 1], make: (alpha, beta) => (x) => alpha * Math.tanh(beta * x) },
  hardsigmoid: { defaults: [0.2, 0.5], make: (alpha, beta) => (x) => hardSigmoid(x, alpha, beta) },
  elu: { defaults: [1], make: (alpha) => (x) => elu(x, alpha) },
};

/**
 * Activations of each direction. Lists of alphas and betas are used up in order by the activations that take them.
 * With `clip` the inputs of activations are limited to -clip..clip.
 */
export function activationsOf(
  attributes: Attributes,
  direction: Direction,
  defaults: readonly string[],
): readonly (readonly Activation[])[] {
  const count = directionCount(direction);
  const names = optionalTexts(attributes, "activations") ?? Array.from({ length: count }, () => defaults).flat();
  if (names.length !== count * defaults.length) {
    throw new OperatorError(`activations need ${count * defaults.length} names, not ${names.length}`);
  }
  const alphas = [...(optionalNumbers(attributes, "activation_alpha") ?? [])];
  const betas = [...(optionalNumbers(attributes, "activation_beta") ?? [])];
  const clip = optionalNumber(attributes, "clip");
  const made = names.map((name): Activation => {
    const kind = Object.hasOwn(kinds, name.toLowerCase()) ? kinds[name.toLowerCase()] : undefined;
    if (!kind) throw new OperatorError(`no activation is called "${name}"; known: ${Object.keys(kinds).join(", ")}`);
    const [alpha = 0, beta = 0] = kind.defaults;
    const f = kind.make(
      kind.defaults.length > 0 ? (alphas.shift() ?? alpha) : alpha,
      kind.defaults.length > 1 ? (betas.shift() ?? beta) : beta,
    );
    return clip === undefined ? f : (x) => f(Math.max(-clip, Math.min(clip, x)));
  });
  return Array.from({ length: count }, (_, d) => made.slice(d * defaults.length, (d + 1) * defaults.length));
}

/**
 * `gates[j] = sum over k of w[j, k] * x[k]`, in float64.
 * @param w [rows, x.length] row-major from `start`
 */
export function addProduct(gates: Float64Array, w: ArrayLike<number>, start: number, x: ArrayLike<number>): void {
  for (let j = 0; j < gates.length; j++) {
    let sum = 0;
    const row = start + j * x.length;
    for (let k = 0; k < x.length; k++) sum += (w[row + k] as number) * (x[k] as number);
    gates[j] = (gates[j] as number) + sum;
  }
}

/**
 * Visits the steps of one sequence in the order of a direction: 0..length-1, or back.
 * @param reverse second direction of "bidirectional", or "reverse"
 */
export function stepsOf(length: number, reverse: boolean): number[] {
  const steps = Array.from({ length }, (_, t) => t);
  return reverse ? steps.reverse() : steps;
}
