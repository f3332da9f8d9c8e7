import { booleanOption, unsupportedOption } from "../config.js";
import type { LayerContext, LayerDefinition, LayerSite, Value } from "../layer.js";
import type { LayerSpec } from "../model.js";
import { wrappedLayer } from "../topology.js";
import { badSizes, ints, pair, single } from "../values.js";
import { isRecurrent, oneDirection, recurrenceOf, reversed, run, variablesOf } from "./recurrent.js";

function wrapped(site: LayerSite): LayerSpec {
  return wrappedLayer(site.config, `layer "${site.name}"`);
}

/** The layer inside, once for every time step: all steps are samples of one larger batch. */
const timeDistributed: LayerDefinition = {
  className: "TimeDistributed",
  mask: "passes",
  inside: wrapped,
  lower(context, inputs) {
    const x = single(context, inputs);
    const [steps, ...rest] = x.shape;
    if (steps === undefined || rest.length === 0) {
      return badSizes(context, inputs, "it needs time steps and at least one dimension more");
    }
    const fold = (name: string, shape: readonly number[]) =>
      context.node("Reshape", [name, ints(context, [-1, ...shape])]);
    const outputs = context.inner(wrapped(context), [{ name: fold(x.name, rest), shape: rest }]);
    return outputs.map(({ name, shape }) => ({ name: fold(name, [steps, ...shape]), shape: [steps, ...shape] }));
  },
};

type Merge = "concat" | "sum" | "ave" | "mul" | null;

function mergeMode(site: LayerSite): Merge {
  const { mergeMode: mode = "concat" } = site.config;
  if (mode === null || mode === "concat" || mode === "sum" || mode === "ave" || mode === "mul") return mode;
  return unsupportedOption(site, "mergeMode", "the modes are concat, sum, ave, mul and null");
}

/** Two values of one shape as one; null keeps both. */
function merge(context: LayerContext, mode: Merge, a: Value, b: Value): Value[] {
  if (mode === null) return [a, b];
  const names = [a.name, b.name];
  if (mode === "concat") {
    const shape = [...a.shape.slice(0, -1), 2 * (a.shape.at(-1) ?? 0)];
    return [{ name: context.node("Concat", names, { axis: -1 }), shape }];
  }
  if (mode === "mul") return [{ ...a, name: context.node("Mul", names) }];
  const sum = context.node("Add", names);
  if (mode === "sum") return [{ ...a, name: sum }];
  const half = context.constant(`${context.name}/const/half`, () => ({
    dtype: "float32",
    shape: [],
    data: Float32Array.of(0.5),
  }));
  return [{ ...a, name: context.node("Mul", [sum, half]) }];
}

/** The recurrent layer inside, as a site of its own that keeps the wrapper's name. */
function recurrentSite(site: LayerSite): { readonly site: LayerSite; readonly spec: LayerSpec } {
  const spec = wrapped(site);
  if (!isRecurrent(spec.className)) {
    unsupportedOption(site, "layer", `the layer inside is a ${spec.className}; LSTM, GRU and SimpleRNN can be`);
  }
  return { site: { name: site.name, className: spec.className, config: spec.config }, spec };
}

const prefixes = ({ name }: LayerSpec) => [`forward_${name}/`, `backward_${name}/`] as const;

/** A recurrent layer forwards and a second one backwards over the same steps, and both results merged. */
const bidirectional: LayerDefinition = {
  className: "Bidirectional",
  mask: "reads",
  quantizable: true,
  weights(site) {
    const { site: inner, spec } = recurrentSite(site);
    const variables = variablesOf(booleanOption(inner, "useBias", true));
    return prefixes(spec).flatMap((prefix) => variables.map((variable) => prefix + variable));
  },
  lower(context, inputs) {
    const x = single(context, inputs);
    const { site, spec } = recurrentSite(context);
    const recurrence = recurrenceOf(site);
    const mode = mergeMode(context);
    const [forward, backward] = prefixes(spec);
    if (recurrence.backwards) {
      // The "forward" layer runs backwards and gives its steps as computed; the other's are turned round.
      const [a, ...statesA] = oneDirection(context, recurrence, x, forward);
      const [b, ...statesB] = oneDirection(context, { ...recurrence, backwards: false }, x, backward);
      if (a === undefined || b === undefined) return [];
      const turned = recurrence.sequences ? { ...b, name: reversed(context, b.name) } : b;
      return [...merge(context, mode, a, turned), ...statesA, ...statesB];
    }
    const [steps] = pair(context, x);
    const { sequence, states } = run(context, recurrence, x, "bidirectional", [forward, backward], []);
    const halves = (name: string, axis: number, permutation: readonly number[] | undefined, shape: readonly number[]) =>
      context.nodes("Split", [name], { axis, num_outputs: 2 }, 2).map((half): Value => {
        const flat = context.node("Squeeze", [half, ints(context, [axis])]);
        return {
          name: permutation === undefined ? flat : context.node("Transpose", [flat], { perm: permutation }),
          shape,
        };
      });
    const wanted = recurrence.state ? states : states.slice(0, recurrence.sequences ? 0 : 1);
    const finals = wanted.map((name) => halves(name, 0, undefined, [recurrence.units]));
    const [a, b] = recurrence.sequences ? halves(sequence, 1, [1, 0, 2], [steps, recurrence.units]) : (finals[0] ?? []);
    if (a === undefined || b === undefined) return [];
    const kept = recurrence.state ? [0, 1].flatMap((side) => finals.flatMap((pair) => pair[side] ?? [])) : [];
    return [...merge(context, mode, a, b), ...kept];
  },
};

export const wrappers: readonly LayerDefinition[] = [timeDistributed, bidirectional];
