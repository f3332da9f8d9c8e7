import { listed, type Wording, type WordingOf } from "./wording.js";

/** A layer of the user's model: its name (with the names of the models around it) and its Keras class. */
interface LayerFacts {
  readonly layer: string;
  readonly className: string;
}

export interface ModelFacts {
  /** Files. */
  "model-not-found": { readonly path: string };
  "model-unreadable": { readonly path: string; readonly reason: string };
  "model-too-large": { readonly path: string; readonly bytes: number; readonly limit: number };
  "model-remote": { readonly path: string };
  "model-json-syntax": { readonly path: string; readonly detail: string };
  "model-json-depth": { readonly path: string; readonly limit: number };
  "model-json-shape": { readonly where: string; readonly expected: string; readonly found: string };
  "graph-model": { readonly path: string };
  "model-no-topology": { readonly path: string };
  "model-not-in-memory": { readonly found: string };
  "keras3-archive-weights": { readonly weight: string };

  /** Weight files. `bytes` that the manifest asks for, `found` in the files. */
  "shard-missing": { readonly shard: string; readonly model: string };
  "shard-outside": { readonly shard: string; readonly model: string };
  "shard-size": { readonly shards: readonly string[]; readonly bytes: number; readonly found: number };
  "model-weight-type": { readonly weight: string; readonly dtype: string };
  "model-weight-duplicate": { readonly weight: string };
  "model-weight-not-finite": {
    readonly weight: string;
    readonly nan: number;
    readonly infinite: number;
    readonly of: number;
  };
  "model-weight-missing": {
    readonly layer: string;
    readonly weight: string;
    readonly nearest?: string;
    readonly known: number;
  };
  "model-weight-ambiguous": { readonly layer: string; readonly weight: string; readonly candidates: readonly string[] };
  "model-weight-shape": {
    readonly layer: string;
    readonly weight: string;
    readonly expected: readonly number[];
    readonly found: readonly number[];
  };

  /** Models that are made up. `option`: what is to be changed. */
  "synthetic-sizes": { readonly option: string; readonly reason: string };
  "synthetic-too-large": { readonly bytes: number; readonly limit: number };
  "synthetic-memory": { readonly bytes: number; readonly needed: number; readonly available: number };

  /** Layers. */
  "unsupported-layer": LayerFacts & { readonly nearest?: string; readonly reason?: string };
  "unsupported-option": LayerFacts & { readonly option: string; readonly value: string; readonly reason: string };
  "layer-option": LayerFacts & { readonly option: string; readonly expected: string; readonly found: string };
  /** Of several outputs the first is scored. */
  "several-outputs": { readonly outputs: readonly string[] };
  "option-ignored": LayerFacts & { readonly option: string; readonly value: string };
  "layer-input-count": LayerFacts & { readonly expected: string; readonly found: number };
  "layer-sizes": LayerFacts & { readonly shapes: readonly (readonly number[])[]; readonly problem: string };
  "mask-read": LayerFacts & { readonly source: string };
  "layer-unknown": { readonly layer: string; readonly name: string; readonly nearest?: string };
  "layer-duplicate": { readonly layer: string };
  /** Layers of the user's own: the module that defines them, and what its code did. */
  "layer-module": { readonly module: string; readonly reason: string };
  "layer-lowering": LayerFacts & { readonly reason: string };
  "layers-disconnected": { readonly layers: readonly string[] };

  /** Inputs. Shapes are without the batch; null is an open size. */
  "model-input-open": { readonly input: string; readonly shape: readonly (number | null)[] };
  "model-input-mismatch": {
    readonly input: string;
    readonly declared: readonly (number | null)[];
    readonly given: readonly number[];
  };
  "model-input-several": { readonly inputs: readonly string[] };
}

const size = (value: number | null): string => (value === null ? "?" : String(value));
const shape = (sizes: readonly (number | null)[]): string => `[${sizes.map(size).join(", ")}]`;
const bytes = (count: number): string => `${count.toLocaleString("en-US")} bytes`;
const layerOf = ({ layer, className }: LayerFacts): string => `layer "${layer}" (${className})`;
const maybe = (nearest: string | undefined): { hint?: string } =>
  nearest === undefined ? {} : { hint: `did you mean "${nearest}"?` };

const reexport =
  "write the model with `model.save()` of TF.js, or convert a Keras model with `tensorflowjs_converter --input_format keras`";

const files: Pick<
  WordingOf<ModelFacts>,
  | "model-not-found"
  | "model-unreadable"
  | "model-too-large"
  | "model-remote"
  | "model-json-syntax"
  | "model-json-depth"
  | "model-json-shape"
  | "graph-model"
  | "model-no-topology"
  | "model-not-in-memory"
  | "keras3-archive-weights"
> = {
  "model-not-found": ({ path }) => ({
    message: `there is no model at "${path}"`,
    hint: "a TF.js model is a folder with model.json and its weight files; the path names that model.json",
  }),
  "model-unreadable": ({ path, reason }) => ({ message: `"${path}" cannot be read: ${reason}` }),
  "model-too-large": ({ path, bytes: count, limit }) => ({
    message: `"${path}" has ${bytes(count)}, more than the ${bytes(limit)} that are read`,
  }),
  "model-remote": ({ path }) => ({
    message: `"${path}" is on the network; models are read from files`,
    hint: "download model.json and the weight files it names into one folder, and name that model.json",
  }),
  "model-json-syntax": ({ path, detail }) => ({ message: `"${path}" is not JSON: ${detail}`, hint: reexport }),
  "model-json-depth": ({ path, limit }) => ({
    message: `"${path}" nests values deeper than ${limit} levels, which no TF.js model does`,
  }),
  "model-json-shape": ({ where, expected, found }) => ({
    message: `${where} must be ${expected}, and is ${found}`,
    hint: reexport,
  }),
  "graph-model": ({ path }) => ({
    message: `"${path}" is a graph-model, where a layers-model is needed`,
    hint: "convert the Keras model to a layers-model: `tensorflowjs_converter --input_format keras --output_format tfjs_layers_model`",
  }),
  "model-no-topology": ({ path }) => ({
    message: `"${path}" has no "modelTopology", so it is not a TF.js model`,
    hint: reexport,
  }),
  "model-not-in-memory": ({ found }) => ({
    message: `${found} is no TF.js model; a tf.LayersModel or tf.GraphModel is needed, or a path to a model.json`,
  }),
  "keras3-archive-weights": ({ weight }) => ({
    message: `weight "${weight}" is numbered as in a Keras 3 archive, which does not say which layer it belongs to`,
    hint: 'save the model as HDF5 first (`model.save("model.h5")`), or set TF_USE_LEGACY_KERAS=1, and convert it again',
  }),
};

const weights: Pick<
  WordingOf<ModelFacts>,
  | "shard-missing"
  | "shard-outside"
  | "shard-size"
  | "model-weight-type"
  | "model-weight-duplicate"
  | "model-weight-not-finite"
  | "model-weight-missing"
  | "model-weight-ambiguous"
  | "model-weight-shape"
> = {
  "shard-missing": ({ shard, model }) => ({
    message: `the weight file "${shard}" that "${model}" names does not exist`,
    hint: "copy every weight file into the folder of model.json",
  }),
  "shard-outside": ({ shard, model }) => ({
    message: `the weight file "${shard}" lies outside the folder of "${model}"`,
    hint: "keep weight files in the folder of model.json and name them without `..` or a leading `/`",
  }),
  "shard-size": ({ shards, bytes: wanted, found }) => ({
    message: `${listed(shards, 3)} ${shards.length === 1 ? "has" : "together have"} ${bytes(found)}; the manifest describes ${bytes(wanted)}`,
    hint:
      found < wanted
        ? "the file is cut short: copy or download it again"
        : "the files belong to another version of model.json: export model and weights together",
  }),
  "model-weight-type": ({ weight, dtype }) => ({
    message: `weight "${weight}" has type ${dtype}; weights may be float32, int32 or bool, stored as such or as uint8, uint16 or float16`,
  }),
  "model-weight-duplicate": ({ weight }) => ({
    message: `two weights are called "${weight}"`,
    hint: "give layers of different sub-models different names and export the model again",
  }),
  "model-weight-not-finite": ({ weight, nan, infinite, of }) => ({
    message: `weight "${weight}" holds ${[nan > 0 ? `${nan} NaN` : "", infinite > 0 ? `${infinite} infinite` : ""].filter(Boolean).join(" and ")} of ${of} values`,
    hint: "training has diverged, or the file is damaged: no measurement on this model means anything",
  }),
  "model-weight-missing": ({ layer, weight, nearest, known }) => ({
    message: `layer "${layer}" needs the weight "${weight}", which is not among the ${known} weights of the model`,
    hint: nearest === undefined ? "export model and weights together" : `the nearest name is "${nearest}"`,
  }),
  "model-weight-ambiguous": ({ layer, weight, candidates }) => ({
    message: `layer "${layer}" needs the weight "${weight}", and ${listed(candidates, 4)} could all be it`,
    hint: "give layers of different sub-models different names and export the model again",
  }),
  "model-weight-shape": ({ layer, weight, expected, found }) => ({
    message: `weight "${weight}" of layer "${layer}" has shape ${shape(found)}; the layer needs ${shape(expected)}`,
    hint: "the weight files belong to another version of model.json: export model and weights together",
  }),
};

const layers: Pick<
  WordingOf<ModelFacts>,
  | "unsupported-layer"
  | "unsupported-option"
  | "layer-option"
  | "option-ignored"
  | "several-outputs"
  | "layer-input-count"
  | "layer-sizes"
  | "mask-read"
  | "layer-unknown"
  | "layer-duplicate"
  | "layer-module"
  | "layer-lowering"
  | "layers-disconnected"
> = {
  "unsupported-layer": (facts): Wording => ({
    message: `${layerOf(facts)} cannot be read${facts.reason === undefined ? "" : `: ${facts.reason}`}`,
    hint:
      facts.nearest === undefined
        ? "rebuild the model without it, or teach Nibble the class from TypeScript: registerLayers(module)"
        : `did you mean "${facts.nearest}"? A class of your own is taught from TypeScript: registerLayers(module)`,
  }),
  "unsupported-option": (facts) => ({
    message: `${layerOf(facts)} has ${facts.option} ${facts.value}: ${facts.reason}`,
  }),
  "layer-option": (facts) => ({
    message: `${facts.option} of ${layerOf(facts)} must be ${facts.expected}, and is ${facts.found}`,
  }),
  "several-outputs": ({ outputs }) => ({
    message: `the model has ${outputs.length} outputs (${outputs.join(", ")}); accuracy is that of the first, "${outputs[0]}"`,
    hint: "parity with TF.js and SQNR of layers cover all of them",
  }),
  "option-ignored": (facts) => ({
    message: `${layerOf(facts)} has ${facts.option} ${facts.value}, which TF.js ignores; so does Nibble`,
    hint: "if the model was trained in Keras, its outputs differ there",
  }),
  "layer-input-count": (facts) => ({
    message: `${layerOf(facts)} takes ${facts.expected}, and is connected to ${facts.found}`,
  }),
  "layer-sizes": (facts) => ({
    message: `${layerOf(facts)} does not fit its input ${facts.shapes.map(shape).join(" and ")}: ${facts.problem}`,
  }),
  "mask-read": (facts) => ({
    message: `${layerOf(facts)} skips the steps that "${facts.source}" masks, which cannot be executed`,
    hint: "train with a fixed sequence length and without mask_zero or Masking; padding then is an ordinary token",
  }),
  "layer-unknown": ({ layer, name, nearest }) => ({
    message: `layer "${layer}" takes its input from "${name}", which the model does not have`,
    ...maybe(nearest),
  }),
  "layer-duplicate": ({ layer }) => ({ message: `two layers of one model are called "${layer}"` }),
  "layer-module": ({ module, reason }) => ({
    message: `the layers of ${module} cannot be used: ${reason}`,
    hint: "it must export `layers`, a list of { className, lower }, and where TF.js has to know the classes a function `tfjs(tf)`",
  }),
  "layer-lowering": (facts) => ({
    message: `${layerOf(facts)} is lowered by code of your own, which failed: ${facts.reason}`,
  }),
  "layers-disconnected": ({ layers: names }) => ({
    message: `the inputs of ${listed(names, 6)} cannot be computed: they wait for one another, or for an input that is not there`,
  }),
};

const inputs: Pick<WordingOf<ModelFacts>, "model-input-open" | "model-input-mismatch" | "model-input-several"> = {
  "model-input-open": ({ input, shape: sizes }) => ({
    message: `input "${input}" has shape ${shape(sizes)}, with sizes left open`,
    hint: `name them: tfjs("...") { input_shape: [${sizes.map((value) => value ?? (sizes.length === 3 ? 224 : 128)).join(", ")}] }`,
  }),
  "model-input-mismatch": ({ input, declared, given }) => ({
    message: `input_shape ${shape(given)} does not fit input "${input}", which has shape ${shape(declared)}`,
  }),
  "model-input-several": ({ inputs: names }) => ({
    message: `input_shape is for models with one input; this one has ${listed(names, 6)}`,
    hint: "export the model with fixed input sizes",
  }),
};

const megabytes = (bytes: number) => `${Math.round(bytes / 1e6).toLocaleString("en-US")} MB`;

const synthetic = {
  "synthetic-sizes": ({ reason }) => ({
    message: `these sizes make no model: ${reason}`,
    hint: "hidden / heads has to be a multiple of 16 (gpt2 family: 8), and heads a multiple of kv_heads",
  }),
  "synthetic-too-large": ({ bytes, limit }) => ({
    message: `the weights are ${megabytes(bytes)}, and one ONNX file holds at most ${megabytes(limit)}`,
    hint: "take fewer layers: a layer takes the same time whatever stands around it",
  }),
  "synthetic-memory": ({ bytes, needed, available }) => ({
    message: `the weights are ${megabytes(bytes)}; making and timing them needs about ${megabytes(needed)} of memory, and ${megabytes(available)} can be had`,
    hint: "take fewer layers or a smaller hidden size, or end what else uses the memory",
  }),
} satisfies Partial<WordingOf<ModelFacts>>;

export const modelWording: WordingOf<ModelFacts> = { ...files, ...weights, ...layers, ...inputs, ...synthetic };
