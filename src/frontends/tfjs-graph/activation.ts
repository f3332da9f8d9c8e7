import { reshaped } from "../../tensor/layout.js";
import { floatAttribute, textsAttribute } from "./attributes.js";
import type { OpContext, TensorValue } from "./definition.js";
import { badInputs, known, refuse, scalar, toChannelsFirst, toChannelsLast } from "./steps.js";

/** TensorFlow's own slope of LeakyRelu; TF.js has the same. */
export const LEAK = 0.2;

/** Every activation that a fused node can have, and a node of its own name too, as IR nodes. */
export const activations = {
  Relu: (context, x) => context.emit("Relu", [x]),
  Relu6: (context, x) => context.emit("Clip", [x, scalar(0), scalar(6)]),
  Elu: (context, x) => context.emit("Elu", [x], { alpha: 1 }),
  Sigmoid: (context, x) => context.emit("Sigmoid", [x]),
  Tanh: (context, x) => context.emit("Tanh", [x]),
} satisfies Readonly<Record<string, (context: OpContext, x: TensorValue) => TensorValue>>;

/** max(0, x) + alpha * min(0, x), with one alpha. */
export function leakyRelu(context: OpContext, x: TensorValue, alpha: number): TensorValue {
  return context.emit("LeakyRelu", [x], { alpha });
}

/**
 * The same with a tensor of slopes, which broadcasts to x. Slopes of one channel each are what convolutions are followed
 * by; with channels first they stay next to them.
 */
export function prelu(context: OpContext, x: TensorValue, alpha: TensorValue): TensorValue {
  const channels = x.shape.at(-1);
  const sizes = alpha.constant?.shape ?? [];
  const perChannel = alpha.constant?.data.length === channels && sizes.at(-1) === channels && sizes.length <= 4;
  if (x.shape.length !== 4 || !perChannel) return context.emit("PRelu", [x, alpha]);
  const slope = context.derive(alpha, "channels first", (tensor) => reshaped(tensor, [Number(channels), 1, 1]));
  return toChannelsLast(context, context.emit("PRelu", [toChannelsFirst(context, x), slope]));
}

/** What a fused node does after its product: a bias, an activation, and what these take. */
export interface Fused {
  readonly bias: TensorValue | undefined;
  finish(value: TensorValue): TensorValue;
}

/**
 * Reads `fused_ops`: ["BiasAdd"], ["BiasAdd", activation] or nothing. What they take follows the node's two operands.
 * @param inputs all inputs of the node
 */
export function fusedOf(context: OpContext, inputs: readonly TensorValue[]): Fused {
  const [first, activation, ...more] = textsAttribute(context.node, "fused_ops") ?? [];
  if (first === undefined) return { bias: undefined, finish: (value) => value };
  if (first !== "BiasAdd" || more.length > 0) {
    return refuse(context, `TF.js does not run what is fused into it: ${[first, activation, ...more].join(", ")}`);
  }
  const bias = inputs[2] ?? badInputs(context, inputs, "the bias is missing");
  return { bias, finish: (value) => activate(context, value, activation, inputs) };
}

function activate(
  context: OpContext,
  value: TensorValue,
  activation: string | undefined,
  inputs: readonly TensorValue[],
): TensorValue {
  if (activation === undefined || activation === "Linear") return value;
  if (activation === "LeakyRelu")
    return leakyRelu(context, value, floatAttribute(context.node, "leakyrelu_alpha", LEAK));
  if (activation === "Prelu") {
    return prelu(context, value, inputs[3] ?? badInputs(context, inputs, "the slopes are missing"));
  }
  const names = Object.keys(activations) as (keyof typeof activations)[];
  const name = names.find((each) => each === activation);
  if (name === undefined) return refuse(context, `no activation that is fused into it is called ${activation}`);
  return activations[name](context, value);
}

/** A bias of one number a channel as [channels], where it is known and of that size. */
export function channelBias(
  context: OpContext,
  bias: TensorValue | undefined,
  channels: number,
): TensorValue | undefined {
  if (bias?.constant?.data.length !== channels) return undefined;
  return bias.shape.length === 1 ? bias : context.derive(bias, "bias", (tensor) => reshaped(tensor, [channels]));
}

/** A float32 constant filled with one number. */
export function filled(shape: readonly number[], value: number, label: string): TensorValue {
  const count = shape.reduce((product, size) => product * size, 1);
  return known({ dtype: "float32", shape, data: new Float32Array(count).fill(value) }, label);
}
