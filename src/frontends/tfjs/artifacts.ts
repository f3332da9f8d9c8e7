import { fail } from "../../base/diagnostic.js";
import { type Tensor, tensor } from "../../tensor/tensor.js";
import { assembleModel } from "./assemble.js";
import { checkDepth, type Json } from "./json.js";
import { addWeight, decodeGroup, storedBytes, weightSpecs } from "./manifest.js";
import type { TfjsModel } from "./model.js";
import { readTopology } from "./topology.js";

/** A tensor of TF.js, as far as it is read here. */
interface TensorLike {
  readonly shape: readonly (number | null)[];
  readonly dtype: string;
  dataSync(): ArrayLike<number>;
}

/** A `tf.LayersModel`, as far as it is read here; no import of TF.js is needed. */
export interface LayersModelLike {
  toJSON(unused: null, returnString: false): unknown;
  readonly weights: readonly { readonly originalName?: string; readonly name: string; read(): TensorLike }[];
}

/** `tf.io.ModelArtifacts`, as `model.save(tf.io.withSaveHandler(...))` hands them out. */
export interface ModelArtifactsLike {
  readonly modelTopology?: unknown;
  readonly weightSpecs?: unknown;
  readonly weightData?: ArrayBuffer | readonly ArrayBuffer[];
  readonly format?: string;
}

const MEMORY = "the model in memory";

/**
 * The same as `readTfjs` for a model in memory. Weights are copied, so the model may be trained on or disposed
 * afterwards.
 * @param artifacts a `tf.LayersModel`, or its `tf.io.ModelArtifacts`; anything else is refused
 * @throws {DiagnosticError} as `readTfjs` does
 */
export function tfjsFromArtifacts(artifacts: LayersModelLike | ModelArtifactsLike | unknown): TfjsModel {
  if (isLayersModel(artifacts)) return fromLayersModel(artifacts);
  if (isArtifacts(artifacts)) return fromArtifacts(artifacts);
  const graphModel = typeof artifacts === "object" && artifacts !== null && "executor" in artifacts;
  if (graphModel) return fail("graph-model", { path: MEMORY });
  return fail("model-not-in-memory", { found: artifacts === null ? "null" : `a value of type ${typeof artifacts}` });
}

function isLayersModel(value: unknown): value is LayersModelLike {
  if (typeof value !== "object" || value === null) return false;
  const { toJSON, weights } = value as Partial<LayersModelLike>;
  return typeof toJSON === "function" && Array.isArray(weights);
}

function isArtifacts(value: unknown): value is ModelArtifactsLike {
  return typeof value === "object" && value !== null && "modelTopology" in value;
}

function fromLayersModel(model: LayersModelLike): TfjsModel {
  const weights = new Map<string, Tensor<"float32">>();
  const topology = readTopology(plain(model.toJSON(null, false)), MEMORY);
  for (const variable of model.weights) {
    const name = variable.originalName ?? variable.name;
    const value = variable.read();
    if (!["float32", "int32", "bool"].includes(value.dtype)) {
      fail("model-weight-type", { weight: name, dtype: value.dtype });
    }
    addWeight(weights, name, tensor("float32", value.shape.map(Number), Float32Array.from(value.dataSync())));
  }
  return assembleModel(topology, weights);
}

function fromArtifacts({ modelTopology, weightSpecs: specs, weightData, format }: ModelArtifactsLike): TfjsModel {
  if (format === "graph-model") fail("graph-model", { path: MEMORY });
  if (modelTopology === undefined || modelTopology === null) fail("model-no-topology", { path: MEMORY });
  const weights = new Map<string, Tensor<"float32">>();
  const topology = readTopology(plain(modelTopology), MEMORY);
  const group = weightSpecs(plain(specs ?? []), MEMORY);
  const bytes = joined(weightData);
  const wanted = group.reduce((sum, spec) => sum + storedBytes(spec), 0);
  if (bytes.length !== wanted) fail("shard-size", { shards: ["weightData"], bytes: wanted, found: bytes.length });
  decodeGroup({ weights: group }, bytes, weights);
  return assembleModel(topology, weights);
}

/** The value as a file would hold it: `undefined` gone, nothing but JSON. */
function plain(value: unknown): Json {
  const text = JSON.stringify(value) as string | undefined;
  const json = JSON.parse(text ?? "null") as Json;
  checkDepth(json, MEMORY);
  return json;
}

function joined(data: ModelArtifactsLike["weightData"]): Uint8Array {
  if (data === undefined) return new Uint8Array();
  const parts = data instanceof ArrayBuffer ? [data] : data;
  // Copied: the weights must not change when the caller's buffers do.
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(new Uint8Array(part), offset);
    offset += part.byteLength;
  }
  return bytes;
}
