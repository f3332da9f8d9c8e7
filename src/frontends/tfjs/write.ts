import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Tensor } from "../../tensor/tensor.js";
import { isArray, isObject, type Json, type JsonObject, snakeCase } from "./json.js";
import type { LayerSpec, ModelTopology, TensorRef, TfjsModel } from "./model.js";
import { weightFinder } from "./scope.js";
import { type StorageType, storeWeight } from "./stored-weights.js";
import { placesOf } from "./walk.js";

/** Of one weight file; TF.js splits at 4 MiB so that browsers can cache, which no one needs here. */
const WEIGHTS = "weights.bin";

/**
 * Writes a model as `model.json` and `weights.bin`, in the spelling that TF.js itself writes, so that TF.js can load
 * whatever `readTfjs` read: Keras 3's references and shapes, and names with the models around them, become TF.js's
 * own. What only training reads (initializers, regularizers, constraints) is left out.
 * @param storageOf what each weight is stored as, by its name in `model.weights`; float32 unless given
 * @returns the path of the model.json
 */
export async function writeTfjs(
  model: TfjsModel,
  folder: string,
  storageOf: (weight: string) => StorageType = () => "float32",
): Promise<string> {
  const weights = canonicalWeights(model).map(([name, original, weight]) => ({
    spec: { name, shape: weight.shape, dtype: "float32" },
    stored: storeWeight(weight, storageOf(original)),
  }));
  const manifest = weights.map(({ spec, stored: { quantization } }) => ({
    ...spec,
    ...(quantization ? { quantization: { ...quantization, original_dtype: "float32" } } : {}),
  }));
  const json = {
    format: "layers-model",
    generatedBy: "nibble",
    convertedBy: null,
    modelTopology: { ...modelEntry(model.topology), keras_version: "tfjs-layers 4.22.0", backend: "tensor_flow.js" },
    weightsManifest: [{ paths: [WEIGHTS], weights: manifest }],
  };
  const path = join(folder, "model.json");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, WEIGHTS), Buffer.concat(weights.map(({ stored }) => stored.bytes)));
  await writeFile(path, JSON.stringify(json));
  return path;
}

/** The weights under the names that TF.js gives them, then their own; those of layers that Nibble does not know keep theirs. */
function canonicalWeights(model: TfjsModel): [string, string, Tensor<"float32">][] {
  const find = weightFinder(model);
  const names = new Map<string, string>();
  for (const { site, scope, canonical, definition } of placesOf(model.topology)) {
    for (const variable of definition?.weights?.(site) ?? []) {
      names.set(find(scope, site.name, variable)[0], `${canonical}/${variable}`);
    }
  }
  return [...model.weights].map(([name, weight]) => [names.get(name) ?? name, name, weight]);
}

function modelEntry(topology: ModelTopology): JsonObject {
  if (topology.kind === "sequential") {
    const layers = topology.layers.filter(({ className }) => className !== "InputLayer");
    const [first, ...rest] = layers.map(layerEntry);
    const input = topology.layers.find(({ className }) => className === "InputLayer");
    const shape = input?.config.batchInputShape ?? input?.config.batchShape;
    const isModel = layers[0]?.model !== undefined;
    const config = isObject(first?.config) ? first.config : {};
    const opened =
      first === undefined || isModel || shape === undefined
        ? first
        : { ...first, config: { ...config, batch_input_shape: shape } };
    return {
      class_name: "Sequential",
      config: { name: topology.name, layers: opened === undefined ? rest : [opened, ...rest] },
    };
  }
  const isModel = new Set(topology.layers.filter(({ model }) => model !== undefined).map(({ name }) => name));
  const ref = ({ layer, call, output }: TensorRef): Json => [layer, isModel.has(layer) ? call + 1 : call, output];
  return {
    class_name: "Functional",
    config: {
      name: topology.name,
      layers: topology.layers.map((layer) => ({
        ...layerEntry(layer),
        name: layer.name,
        inbound_nodes: layer.className === "InputLayer" ? [] : layer.calls.map((refs) => refs.map(withKeywords(ref))),
      })),
      input_layers: topology.inputs.map(ref),
      output_layers: topology.outputs.map(ref),
    },
  };
}

const withKeywords =
  (write: (ref: TensorRef) => Json) =>
  (ref: TensorRef): Json => [...(write(ref) as readonly Json[]), {}];

function layerEntry({ name, className, config, model }: LayerSpec): JsonObject {
  if (model !== undefined) return { ...modelEntry(model), name };
  const { batchShape, ...rest } = config;
  const shape = batchShape === undefined ? {} : { batchInputShape: batchShape };
  return { class_name: className, config: written({ ...rest, ...shape, name }) };
}

const TRAINING = /(Initializer|Regularizer|Constraint)$/;
const KERAS_3 = new Set(["module", "registeredName", "buildConfig", "sharedObjectId"]);

/** A config with the keys of files, without what TF.js does not read. */
function written(json: Json): Json {
  if (isArray(json)) return json.map(written);
  if (!isObject(json)) return json;
  return Object.fromEntries(
    Object.entries(json)
      .filter(([key]) => !TRAINING.test(key) && !KERAS_3.has(key))
      .map(([key, value]) => [snakeCase(key), key === "dtype" ? dtypeName(value) : written(value)]),
  );
}

/** Keras 3 writes a policy (`{ class_name: "DTypePolicy", ... }`); TF.js reads the name of a type. */
function dtypeName(json: Json): Json {
  return typeof json === "string" && ["float32", "int32", "bool"].includes(json) ? json : "float32";
}
