import { fail } from "../../base/diagnostic.js";
import { elementCount } from "../../tensor/tensor.js";
import type { Emitter } from "./emitter.js";
import type { LayerContext, Value } from "./layer.js";
import type { LayerSpec, ModelTopology, TensorRef } from "./model.js";
import type { WeightFinder } from "./scope.js";
import { badSizes } from "./values.js";
import { modelsInside, type Place, placeInside, placeOf } from "./walk.js";

/** What lowering needs from outside: where nodes go, and where weights come from. */
export interface Environment {
  readonly emitter: Emitter;
  readonly find: WeightFinder;
}

/** Elements of one sample of one tensor; more is a damaged file, and not what a CPU runs. */
const MAX_ELEMENTS = 2 ** 31 - 1;

interface Call {
  readonly spec: LayerSpec;
  readonly index: number;
  readonly inputs: readonly TensorRef[];
}

const keyOf = (layer: string, call: number): string => `${call} ${layer}`;

/**
 * Lowers every call of every layer that the outputs need.
 * @param inputs one value for each of the topology's inputs, in its order
 * @param models names of the models around this one, outermost first
 */
export function lowerModel(
  environment: Environment,
  topology: ModelTopology,
  inputs: readonly Value[],
  models: readonly string[] = [],
): Value[] {
  const results = new Map<string, readonly Value[]>();
  topology.inputs.forEach((ref, i) => {
    const value = inputs[i];
    if (value !== undefined) results.set(keyOf(ref.layer, ref.call), [value]);
  });
  const tensorOf = (ref: TensorRef, reader: string): Value => {
    const value = results.get(keyOf(ref.layer, ref.call))?.[ref.output];
    return value ?? fail("layer-unknown", { layer: reader, name: `${ref.layer}, output ${ref.output + 1}` });
  };
  for (const { spec, index, inputs: refs } of ordered(topology, new Set(results.keys()))) {
    const values = refs.map((ref) => tensorOf(ref, spec.name));
    results.set(keyOf(spec.name, index), lowerPlace(environment, placeOf(spec, models), values));
  }
  return topology.outputs.map((ref) => tensorOf(ref, topology.name));
}

/** The calls that the outputs need, each after the calls it reads. */
function ordered(topology: ModelTopology, given: ReadonlySet<string>): Call[] {
  const calls = new Map<string, Call>();
  for (const spec of topology.layers) {
    spec.calls.forEach((refs, index) => {
      calls.set(keyOf(spec.name, index), { spec, index, inputs: refs });
    });
  }
  const order: Call[] = [];
  const state = new Map<string, "open" | "done">();
  // A stack of its own: a chain of layers may be longer than the call stack is deep.
  const stack = topology.outputs.map(({ layer, call }) => keyOf(layer, call)).reverse();
  while (stack.length > 0) {
    const key = stack.at(-1) as string;
    const call = calls.get(key);
    if (given.has(key) || state.get(key) === "done") {
      stack.pop();
    } else if (call === undefined || call.spec.className === "InputLayer") {
      fail("layers-disconnected", { layers: [key.slice(key.indexOf(" ") + 1)] });
    } else {
      const waiting = call.inputs
        .map(({ layer, call: index }) => keyOf(layer, index))
        .filter((need) => !given.has(need) && state.get(need) !== "done");
      if (waiting.length === 0) {
        order.push(call);
        state.set(key, "done");
        stack.pop();
      } else {
        const cycle = state.get(key) === "open" || waiting.some((need) => state.get(need) === "open");
        if (cycle) fail("layers-disconnected", { layers: [call.spec.name] });
        state.set(key, "open");
        stack.push(...waiting.reverse());
      }
    }
  }
  return order;
}

function lowerPlace(environment: Environment, place: Place, inputs: readonly Value[]): readonly Value[] {
  const { site, spec, definition } = place;
  if (spec.model !== undefined) {
    const { model } = spec;
    if (model.inputs.length !== inputs.length) {
      const expected = `${model.inputs.length} inputs`;
      fail("layer-input-count", { layer: site.name, className: site.className, expected, found: inputs.length });
    }
    return lowerModel(environment, model, inputs, modelsInside(place));
  }
  if (definition === undefined) {
    return fail("unsupported-layer", { layer: site.name, className: site.className });
  }
  if (spec.argument !== undefined) {
    const reason = "arguments of a call are not known to its lowering";
    const facts = { layer: site.name, className: site.className, option: "the argument", value: spec.argument, reason };
    fail("unsupported-option", facts);
  }
  const source = inputs.find(({ masked }) => masked !== undefined)?.masked;
  if (definition.mask === "reads" && source !== undefined) {
    fail("mask-read", { layer: site.name, className: site.className, source });
  }
  const outputs = definition.lower(contextOf(environment, place), inputs).map((value): Value => {
    if (definition.mask === "passes" && source !== undefined) return { ...value, masked: value.masked ?? source };
    return value.masked === source && source !== undefined ? { name: value.name, shape: value.shape } : value;
  });
  for (const value of outputs) {
    if (elementCount(value.shape) > MAX_ELEMENTS) badSizes(site, inputs, "its output is too large for any machine");
    if (value.name !== "") environment.emitter.check(site.name, value);
  }
  return outputs;
}

function contextOf(environment: Environment, place: Place): LayerContext {
  const { site, scope } = place;
  const { emitter, find } = environment;
  return {
    ...site,
    weight(variable, shape) {
      const [, weight] = find(scope, site.name, variable);
      const same = weight.shape.length === shape.length && weight.shape.every((size, i) => size === shape[i]);
      if (!same) {
        fail("model-weight-shape", { layer: site.name, weight: variable, expected: shape, found: weight.shape });
      }
      return weight;
    },
    weightName: (variable) => find(scope, site.name, variable)[0],
    constant: (name, make) => emitter.constant(name, make),
    node: (opType, inputs, attributes = {}) => emitter.nodes(site.name, opType, inputs, attributes, 1)[0] as string,
    nodes: (opType, inputs, attributes, outputs) => emitter.nodes(site.name, opType, inputs, attributes, outputs),
    inner: (spec, inputs) => lowerPlace(environment, placeInside(place, spec), inputs),
  };
}
