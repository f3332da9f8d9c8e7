import distance from "fastest-levenshtein";
import { fail } from "../../base/diagnostic.js";
import {
  arrayAt,
  camelKeys,
  isArray,
  isObject,
  type Json,
  type JsonObject,
  objectAt,
  shown,
  stringAt,
} from "./json.js";
import type { LayerSpec, ModelTopology, TensorRef } from "./model.js";

const SEQUENTIAL = "Sequential";
const FUNCTIONAL = new Set(["Model", "Functional", "ClientModel"]);

/** More layers than this in one file is no model that people make. */
const MAX_LAYERS = 50_000;

/**
 * A model's topology from the JSON of `modelTopology`: what TF.js writes, what Keras 2 exports hold (a `model_config`
 * around it, `batch_input_shape`, keyword arguments in `inbound_nodes`), and Keras 3's spelling of the same
 * (`batch_shape`, `keras_history`). Layers of every class are kept; whether they can be lowered is asked later.
 * @param path what messages call the file
 */
export function readTopology(json: Json, path: string): ModelTopology {
  const outer = objectAt(json, `"modelTopology" of "${path}"`);
  const inner = outer.model_config ?? outer.modelConfig;
  if (outer.node !== undefined || outer.library !== undefined) fail("graph-model", { path });
  const config = camelKeys(typeof inner === "string" ? parsed(inner, path) : (inner ?? outer));
  const budget = { layers: MAX_LAYERS };
  return modelOf(objectAt(config, `"model_config" of "${path}"`), "the model", budget);
}

function parsed(text: string, path: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return fail("model-json-shape", {
      where: `"model_config" of "${path}"`,
      expected: "an object",
      found: shown(text),
    });
  }
}

/** Whether a class is a model that is used as a layer. */
function isModelClass(className: string): boolean {
  return className === SEQUENTIAL || FUNCTIONAL.has(className);
}

interface Budget {
  layers: number;
}

function modelOf(entry: JsonObject, where: string, budget: Budget): ModelTopology {
  const className = stringAt(entry.className, `"class_name" of ${where}`);
  if (className === SEQUENTIAL) return sequentialOf(entry.config, where, budget);
  if (FUNCTIONAL.has(className)) return functionalOf(objectAt(entry.config, `"config" of ${where}`), where, budget);
  return fail("model-json-shape", {
    where: `"class_name" of ${where}`,
    expected: '"Sequential", "Functional" or "Model"',
    found: shown(className),
  });
}

interface Entry extends Omit<LayerSpec, "calls"> {
  readonly inboundNodes: Json | undefined;
}

function entriesOf(layers: Json | undefined, where: string, budget: Budget): Entry[] {
  const list = arrayAt(layers, `"layers" of ${where}`);
  budget.layers -= list.length;
  if (budget.layers < 0) {
    fail("model-json-shape", {
      where: `"layers" of ${where}`,
      expected: `at most ${MAX_LAYERS} layers`,
      found: "longer",
    });
  }
  const entries = list.map((item, index) => entryOf(item, `layer ${index + 1} of ${where}`, budget));
  const names = new Set<string>();
  for (const { name } of entries) {
    if (names.has(name)) fail("layer-duplicate", { layer: name });
    names.add(name);
  }
  return entries;
}

function entryOf(item: Json, where: string, budget: Budget): Entry {
  const entry = objectAt(item, where);
  const className = stringAt(entry.className, `"class_name" of ${where}`);
  const config = isObject(entry.config) ? entry.config : {};
  const name = stringAt(
    typeof entry.name === "string" ? entry.name : (config.name ?? (isModelClass(className) ? className : undefined)),
    `"name" of ${where}`,
  );
  return {
    name,
    className,
    config,
    inboundNodes: entry.inboundNodes,
    ...(isModelClass(className) ? { model: modelOf(entry, `"${name}"`, budget) } : {}),
  };
}

/** The layer inside a wrapper's config (`{ class_name, config }`), such as the LSTM in a Bidirectional. */
export function wrappedLayer(config: JsonObject, where: string): LayerSpec {
  const { inboundNodes: _, ...spec } = entryOf(config.layer ?? null, `"layer" of ${where}`, { layers: MAX_LAYERS });
  return { ...spec, calls: [] };
}

function sequentialOf(config: Json | undefined, where: string, budget: Budget): ModelTopology {
  const object = isObject(config) ? config : undefined;
  const entries = entriesOf(object === undefined ? config : object.layers, where, budget);
  const name = typeof object?.name === "string" ? object.name : "sequential";
  const layers: LayerSpec[] = [];
  let previous: TensorRef | undefined;
  for (const { inboundNodes: _, ...entry } of entries) {
    if (entry.className === "InputLayer") {
      layers.push({ ...entry, calls: [[]] });
    } else {
      if (previous === undefined) {
        const input = firstInput(entry, object?.buildInputShape, layers);
        layers.push(input);
        previous = first(input.name);
      }
      layers.push({ ...entry, calls: [[previous]] });
    }
    previous = first(entry.name);
  }
  const input = layers[0];
  if (input === undefined || previous === undefined) {
    return fail("model-json-shape", { where: `"layers" of ${where}`, expected: "at least one layer", found: "none" });
  }
  return { name, kind: "sequential", layers, inputs: [first(input.name)], outputs: [previous] };
}

function first(layer: string): TensorRef {
  return { layer, call: 0, output: 0 };
}

/**
 * The input that a sequential model makes for its first layer; TF.js names it `<layer>_input`, and takes the input of a
 * first layer that is a model itself.
 */
function firstInput(entry: Omit<LayerSpec, "calls">, built: Json | undefined, taken: readonly LayerSpec[]): LayerSpec {
  if (entry.model !== undefined) {
    const ref = entry.model.inputs[0];
    const inner = entry.model.layers.find(({ name }) => name === ref?.layer);
    if (inner !== undefined) return { ...inner, name: freeName(inner.name, [...taken, entry]), calls: [[]] };
  }
  const shape = declaredShape(entry.config) ?? (isArray(built) ? built : defaultShape(entry));
  return {
    name: freeName(`${entry.name}_input`, [...taken, entry]),
    className: "InputLayer",
    config: { batchInputShape: shape ?? null, dtype: entry.config.dtype ?? "float32" },
    calls: [[]],
  };
}

function freeName(wish: string, taken: readonly { readonly name: string }[]): string {
  return taken.some(({ name }) => name === wish) ? `${wish}_input` : wish;
}

/** The batch input shape that a layer's config declares, in any of the spellings of Keras and TF.js. */
export function declaredShape(config: JsonObject): readonly Json[] | undefined {
  const shape = config.batchInputShape ?? config.batchShape;
  if (isArray(shape)) return shape;
  if (isArray(config.inputShape)) return [null, ...config.inputShape];
  if (isArray(config.shape)) return [null, ...config.shape];
  return undefined;
}

function defaultShape({ className, config }: Omit<LayerSpec, "calls">): readonly Json[] | undefined {
  if (className === "Embedding") {
    return isArray(config.inputLength) ? [null, ...config.inputLength] : [null, config.inputLength ?? null];
  }
  return typeof config.inputDim === "number" ? [null, config.inputDim] : undefined;
}

function functionalOf(config: JsonObject, where: string, budget: Budget): ModelTopology {
  const entries = entriesOf(config.layers, where, budget);
  const withCalls = entries.map(({ inboundNodes, ...entry }): LayerSpec => {
    if (entry.className === "InputLayer") return { ...entry, calls: [[]] };
    return { ...entry, ...callsOf(inboundNodes, `layer "${entry.name}"`) };
  });
  const inputs = refsOf(config.inputLayers ?? null, `"input_layers" of ${where}`);
  const outputs = refsOf(config.outputLayers ?? null, `"output_layers" of ${where}`);
  if (outputs.length === 0) {
    fail("model-json-shape", { where: `"output_layers" of ${where}`, expected: "at least one output", found: "none" });
  }
  const settle = settledRefs(withCalls, [...inputs, ...outputs]);
  const layers = withCalls.map((layer) => ({
    ...layer,
    calls: layer.calls.map((refs) => refs.map((ref) => settle(ref, layer.name))),
  }));
  return {
    name: typeof config.name === "string" ? config.name : "model",
    kind: "functional",
    layers,
    inputs: inputs.map((ref) => settle(ref, "input_layers")),
    outputs: outputs.map((ref) => settle(ref, "output_layers")),
  };
}

/**
 * References with calls counted from 0. Keras and TF.js count the calls of a model used as a layer from 1, call 0
 * being the one that made it; exports of deferred sequential models count them from 0.
 */
function settledRefs(
  layers: readonly LayerSpec[],
  ends: readonly TensorRef[],
): (ref: TensorRef, reader: string) => TensorRef {
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const lowest = new Map<string, number>();
  for (const ref of [...layers.flatMap(({ calls }) => calls.flat()), ...ends]) {
    lowest.set(ref.layer, Math.min(ref.call, lowest.get(ref.layer) ?? ref.call));
  }
  return (ref, reader) => {
    const layer = byName.get(ref.layer);
    if (layer === undefined) {
      const nearest = byName.size === 0 ? undefined : distance.closest(ref.layer, [...byName.keys()]);
      return fail("layer-unknown", { layer: reader, name: ref.layer, ...(nearest === undefined ? {} : { nearest }) });
    }
    const shift = layer.model !== undefined && (lowest.get(ref.layer) ?? 0) > 0 ? 1 : 0;
    const call = layer.className === "InputLayer" ? 0 : ref.call - shift;
    if (call < 0 || call >= layer.calls.length) {
      return fail("model-json-shape", {
        where: `the call of "${ref.layer}" that "${reader}" reads`,
        expected: `one of ${layer.calls.length}`,
        found: `number ${ref.call}`,
      });
    }
    return { ...ref, call };
  };
}

/** The calls of a layer, and the first argument that is no tensor. */
function callsOf(inbound: Json | undefined, where: string): Pick<LayerSpec, "calls" | "argument"> {
  if (inbound === undefined || inbound === null) return { calls: [] };
  const found: Found = { argument: undefined };
  const place = `"inbound_nodes" of ${where}`;
  const calls = arrayAt(inbound, place).map((call) => {
    if (isObject(call) && (call.args !== undefined || call.kwargs !== undefined)) {
      return historiesOf(call.args ?? null, where).concat(keywordTensors(call.kwargs, where, found));
    }
    return refsOf(call, place, found);
  });
  return { calls, ...(found.argument === undefined ? {} : { argument: found.argument }) };
}

interface Found {
  argument: string | undefined;
}

/** What Keras writes in place of a layer's name for an argument that is a constant. */
const CONSTANT = "_CONSTANT_VALUE";

/** References written as lists: one `[layer, call, output, arguments?]`, a list of them, or a record of them. */
function refsOf(json: Json, where: string, found: Found = { argument: undefined }): TensorRef[] {
  if (isArray(json)) {
    const [layer, call, output, keywords] = json;
    if (typeof layer !== "string") return json.flatMap((item) => refsOf(item, where, found));
    keywordTensors(keywords, where, found);
    if (layer === CONSTANT) {
      found.argument ??= shown(output);
      return [];
    }
    return [{ layer, call: countAt(call ?? 0, where), output: countAt(output ?? 0, where) }];
  }
  if (isObject(json)) return Object.values(json).flatMap((item) => refsOf(item, where, found));
  return fail("model-json-shape", { where, expected: "lists of [layer, call, output]", found: shown(json) });
}

/** Keras 3's references: every `keras_history` inside the arguments, in order. */
function historiesOf(json: Json, where: string): TensorRef[] {
  if (isArray(json)) return json.flatMap((item) => historiesOf(item, where));
  if (!isObject(json)) return [];
  if (isObject(json.config) && json.config.kerasHistory !== undefined) {
    return refsOf(json.config.kerasHistory, `"keras_history" of ${where}`);
  }
  return Object.values(json).flatMap((item) => historiesOf(item, where));
}

/**
 * Tensors among a call's keyword arguments (the initial states of a recurrent layer). Other arguments change what the
 * layer computes, but for `training`, which no prediction reads.
 */
function keywordTensors(keywords: Json | undefined, where: string, found: Found): TensorRef[] {
  if (!isObject(keywords)) return [];
  return Object.entries(keywords).flatMap(([key, value]) => {
    if (value === null || key === "training" || key === "name") return [];
    const tensors = historiesOf(value, where);
    if (tensors.length === 0 || key !== "initialState") found.argument ??= `${key}: ${shown(value)}`;
    return tensors;
  });
}

function countAt(json: Json, where: string): number {
  if (typeof json === "number" && Number.isInteger(json) && json >= 0) return json;
  return fail("model-json-shape", { where, expected: "lists of [layer, call, output]", found: shown(json) });
}
