import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fail } from "../../base/diagnostic.js";
import { bytesOf, type Tensor, tensor } from "../../tensor/tensor.js";
import { checkDepth, isObject, type Json, type JsonObject } from "../tfjs/json.js";
import type { ValueDType } from "./definition.js";
import type { GraphModel } from "./model.js";
import { assembleGraphModel, graphParts } from "./read.js";
import { decodeGraphGroup, type GraphWeights, graphWeightSpecs } from "./weights.js";

/** A `tf.GraphModel`, as far as it is read here; no import of TF.js is needed. */
export interface GraphModelLike {
  readonly executor: {
    readonly weightMap: Readonly<Record<string, readonly WeightLike[]>>;
  };
  readonly artifacts: {
    readonly modelTopology?: unknown;
    readonly signature?: unknown;
    readonly userDefinedMetadata?: unknown;
  };
}

interface WeightLike {
  readonly shape: readonly number[];
  readonly dtype: string;
  dataSync(): ArrayLike<number>;
}

/** `tf.io.ModelArtifacts` of a graph-model. */
export interface GraphArtifactsLike {
  readonly modelTopology?: unknown;
  readonly signature?: unknown;
  readonly userDefinedMetadata?: unknown;
  readonly weightSpecs?: unknown;
  readonly weightData?: ArrayBuffer | readonly ArrayBuffer[];
}

const MEMORY = "the model in memory";

/** Whether a value is a `tf.GraphModel` that is loaded, or the artifacts of one. */
export function isGraphInMemory(value: unknown): value is GraphModelLike | GraphArtifactsLike {
  if (typeof value !== "object" || value === null) return false;
  if ("executor" in value && "artifacts" in value) return true;
  const { format, modelTopology } = value as { readonly format?: unknown; readonly modelTopology?: unknown };
  const nodes = typeof modelTopology === "object" && modelTopology !== null && "node" in modelTopology;
  return format === "graph-model" || nodes;
}

/** A graph-model from memory, and the nodes and signature that it was read from. */
export interface GraphInMemory {
  readonly model: GraphModel;
  readonly json: JsonObject;
}

/**
 * The same as `readGraphModel` for a model in memory. Weights are copied, so the model may be disposed afterwards.
 * @throws {DiagnosticError} as `readGraphModel` does
 */
export function graphModelFromMemory(value: GraphModelLike | GraphArtifactsLike): GraphInMemory {
  const decoded: GraphWeights = { weights: new Map(), texts: new Set() };
  const json = described("executor" in value ? value.artifacts : value);
  const parts = graphParts(json, MEMORY);
  if ("executor" in value) copyWeights(value, decoded);
  else {
    const specs = graphWeightSpecs(plain(value.weightSpecs ?? []), MEMORY);
    decodeGraphGroup(specs, joined(value.weightData), decoded, ["weightData"]);
  }
  return { model: assembleGraphModel("graph_model", parts, decoded), json };
}

/**
 * Writes a graph-model from memory as `model.json` and `weights.bin`. Texts are left out; nothing that is lowered reads them.
 * @returns the path of the model.json
 */
export async function writeGraphModel({ model, json }: GraphInMemory, folder: string): Promise<string> {
  const weights = [...model.weights];
  const manifest = weights.map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
  const file = {
    ...{ format: "graph-model", generatedBy: "nibble", convertedBy: null, ...json },
    weightsManifest: [{ paths: ["weights.bin"], weights: manifest }],
  };
  const path = join(folder, "model.json");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "weights.bin"), Buffer.concat(weights.map(([, weight]) => bytesOf(weight))));
  await writeFile(path, JSON.stringify(file));
  return path;
}

function copyWeights(value: GraphModelLike, decoded: GraphWeights): void {
  for (const [name, [weight]] of Object.entries(value.executor.weightMap)) {
    if (weight === undefined) continue;
    if (weight.dtype === "string" || weight.dtype === "complex64") decoded.texts.add(name);
    else decoded.weights.set(name, copied(name, weight));
  }
}

function copied(name: string, weight: WeightLike): Tensor<ValueDType> {
  const { shape, dtype } = weight;
  const values = weight.dataSync();
  if (dtype === "float32") return tensor("float32", shape, Float32Array.from(values));
  if (dtype === "int32") return tensor("int32", shape, Int32Array.from(values));
  if (dtype === "bool") return tensor("bool", shape, Uint8Array.from(values));
  return fail("model-weight-type", { weight: name, dtype });
}

function described({ modelTopology, signature, userDefinedMetadata }: GraphModelLike["artifacts"]): JsonObject {
  const json = plain({ modelTopology, signature, userDefinedMetadata });
  return isObject(json) ? json : {};
}

/** The value as a file would hold it: `undefined` gone, nothing but JSON. */
function plain(value: unknown): Json {
  const text = JSON.stringify(value) as string | undefined;
  const json = JSON.parse(text ?? "null") as Json;
  checkDepth(json, MEMORY);
  return json;
}

function joined(data: GraphArtifactsLike["weightData"]): Uint8Array {
  const parts = data === undefined ? [] : data instanceof ArrayBuffer ? [data] : data;
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(new Uint8Array(part), offset);
    offset += part.byteLength;
  }
  return bytes;
}
