import { badOption, unsupportedOption } from "./config.js";
import { camelCase, isObject, type Json } from "./json.js";
import type { LayerContext, LayerSite, Value } from "./layer.js";
import { scalar } from "./values.js";

/** Names that Keras and TF.js give to one function. */
const ALIASES: Readonly<Record<string, string>> = { silu: "swish", geluNew: "gelu_new" };

type Lowering = (context: LayerContext, x: string) => string;

const one =
  (opType: string, attributes: Readonly<Record<string, number | string>> = {}): Lowering =>
  (context, x) =>
    context.node(opType, [x], attributes);

/**
 * Every activation of TF.js 4.22 by its name there, as IR nodes.
 * @see tfjs-layers/src/activations.ts
 */
const activations: Readonly<Record<string, Lowering>> = {
  elu: one("Elu", { alpha: 1 }),
  // Klambauer et al. 2017; the constants of tfjs-core's selu_util.
  selu: one("Selu", { alpha: 1.6732632423543772, gamma: 1.0507009873554805 }),
  relu: one("Relu"),
  relu6: (context, x) => context.node("Clip", [x, scalar(context, 0), scalar(context, 6)]),
  linear: (_, x) => x,
  sigmoid: one("Sigmoid"),
  hardSigmoid: one("HardSigmoid", { alpha: 0.2, beta: 0.5 }),
  softplus: one("Softplus"),
  softsign: one("Softsign"),
  tanh: one("Tanh"),
  softmax: one("Softmax", { axis: -1 }),
  logSoftmax: one("LogSoftmax", { axis: -1 }),
  gelu: one("Gelu", { approximate: "none" }),
  gelu_new: one("Gelu", { approximate: "tanh" }),
  mish: one("Mish"),
  swish: (context, x) => context.node("Mul", [x, context.node("Sigmoid", [x])]),
};

/** The name of a layer's activation in TF.js's spelling; "linear" where the file says nothing. */
export function activationOption(site: LayerSite, option = "activation", fallback = "linear"): string {
  const value = site.config[option] === undefined ? fallback : (site.config[option] ?? "linear");
  const word = nameOf(value);
  if (word === undefined) return badOption(site, option, "the name of an activation");
  const name = ALIASES[camelCase(word)] ?? camelCase(word);
  if (!Object.hasOwn(activations, name)) {
    unsupportedOption(site, option, `the activations are ${Object.keys(activations).join(", ")}`);
  }
  return name;
}

/** A string, or Keras's serialized form of one: `{ class_name, config }` with the name in either. */
function nameOf(value: Json): string | undefined {
  if (typeof value === "string") return value;
  if (!isObject(value)) return undefined;
  if (typeof value.config === "string") return value.config;
  return typeof value.className === "string" ? value.className : undefined;
}

/** The value after an activation; the value itself for "linear". */
export function activate(context: LayerContext, value: Value, activation: string): Value {
  const lowering = activations[activation];
  return lowering === undefined ? value : { ...value, name: lowering(context, value.name) };
}
