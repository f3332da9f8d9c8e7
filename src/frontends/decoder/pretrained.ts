import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync, readSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, sep } from "node:path";
import { fail } from "../../base/diagnostic.js";
import { type ContentHash, hashJson } from "../../base/hash.js";
import type { Graph } from "../../ir/graph.js";
import { elementCount } from "../../tensor/tensor.js";
import { type JsonObject, objectAt, parseJson } from "../tfjs/json.js";
import { type DecoderConfig, type DecoderWeights, decoderGraph } from "./blocks.js";
import { readConfig } from "./config.js";
import { shapesAlone, weightsOf, wholeTensors } from "./pretrained-weights.js";
import { readHeader, type StoredTensor, unreadable } from "./safetensors.js";

/** A larger config.json or index is none. */
const MAX_JSON_BYTES = 16 * 2 ** 20;
const MAX_FILES = 1000;

/** A language model of a folder with config.json and safetensors files, its headers read and checked. */
export interface Pretrained {
  readonly config: DecoderConfig;
  readonly hash: ContentHash;
  /** The weights, each read when it is asked for. @throws {DiagnosticError} */
  readonly weights: DecoderWeights;
  /** Elements of each layer's weights, as the headers say, by the names that layers have in the graph. */
  readonly layers: readonly PretrainedLayer[];
  /** Reads the weights, one tensor at a time, and builds the graph. @throws {DiagnosticError} */
  lower(): Graph;
}

export interface PretrainedLayer {
  readonly name: string;
  /** "Embedding", "PositionEmbedding", "Dense", or a normalization. */
  readonly className: string;
  readonly parameters: number;
}

/**
 * Opens a model of the GPT-2 or Llama family as Hugging Face's libraries save it.
 * @param path  the folder, or a file in it
 * @param inputShape [tokens of a sequence]; of 128, or as many as the model has positions, unless given
 * @throws {DiagnosticError} for what is missing, damaged, or of another family
 */
export function openPretrained(path: string, inputShape?: readonly number[]): Pretrained {
  if (inputShape && inputShape.length !== 1) {
    fail("model-input-mismatch", { input: "tokens", declared: [null], given: inputShape });
  }
  const folder = statOf(path).isDirectory() ? path : dirname(path);
  const configPath = join(folder, "config.json");
  const json = readJson(configPath);
  const config = readConfig(configPath, json, inputShape?.[0]);
  const tensors = tensorsOf(folder, path);
  const weights = weightsOf(tensors, config, wholeTensors);
  // Names, shapes and types of all weights, before any of them is read.
  decoderGraph(config, weightsOf(tensors, config, shapesAlone));
  return {
    config,
    hash: hashJson({
      config: json,
      tensors: [...tensors].map(([name, { dtype, shape }]) => [name, dtype, shape]),
      content: contentOf(tensors),
    }),
    weights,
    layers: layersOf(config, tensors),
    lower: () => decoderGraph(config, weights),
  };
}

function layersOf(config: DecoderConfig, tensors: ReadonlyMap<string, StoredTensor>): PretrainedLayer[] {
  const { names, blocks, norm } = config;
  const normClass = norm === "rms" ? "RMSNormalization" : "LayerNormalization";
  const parametersOf = (layer: string) =>
    ["weight", "bias"].reduce((sum, weight) => {
      const stored = tensors.get(`${layer}.${weight}`) ?? tensors.get(`transformer.${layer}.${weight}`);
      return sum + (stored ? elementCount(stored.shape) : 0);
    }, 0);
  const entry = (name: string, className: string) => ({ name, className, parameters: parametersOf(name) });
  const head = entry(names.head, "Dense");
  return [
    entry(names.embedding, "Embedding"),
    ...(names.positions === undefined ? [] : [entry(names.positions, "PositionEmbedding")]),
    ...blocks.flatMap(({ attentionNorm, qkv, attention, output, mlpNorm, mlp }) => [
      entry(attentionNorm, normClass),
      ...[qkv].flat().map((layer) => entry(layer, "Dense")),
      { name: attention, className: "CausalSelfAttention", parameters: 0 },
      entry(output, "Dense"),
      entry(mlpNorm, normClass),
      ...mlp.map((layer) => entry(layer, "Dense")),
    ]),
    entry(names.finalNorm, normClass),
    config.tied ? { ...head, parameters: config.vocabulary * config.width } : head,
  ];
}

/** All tensors of the model, of one file or of those that an index names. */
function tensorsOf(folder: string, path: string): ReadonlyMap<string, StoredTensor> {
  const named = path.endsWith(".safetensors") ? basename(path) : "model.safetensors";
  const index = join(folder, "model.safetensors.index.json");
  const files = !path.endsWith(".safetensors") && exists(index) ? indexedFiles(index, folder) : [join(folder, named)];
  const all = new Map<string, StoredTensor>();
  for (const file of files) {
    for (const [name, stored] of readHeader(file)) {
      if (all.has(name)) fail("model-weight-duplicate", { weight: name });
      all.set(name, stored);
    }
  }
  return all;
}

function indexedFiles(index: string, folder: string): readonly string[] {
  const map = objectAt(readJson(index).weight_map, `weight_map of "${index}"`);
  const names = [...new Set(Object.values(map))];
  if (names.length > MAX_FILES) fail("safetensors-corrupt", { path: index, reason: `it names ${names.length} files` });
  const root = realpathSync(folder);
  return names.map((name) => {
    const shard = typeof name === "string" ? name : JSON.stringify(name);
    const file = join(folder, shard);
    // A name that leads out of the folder is not even tested for existence.
    if (!file.startsWith(join(folder, sep))) fail("shard-outside", { shard, model: index });
    if (!exists(file)) fail("shard-missing", { shard, model: index });
    return realpathSync(file).startsWith(root + sep) ? file : fail("shard-outside", { shard, model: index });
  });
}

/** SHA-256 of the files that hold the tensors, in the order of their names, read in pieces. */
function contentOf(tensors: ReadonlyMap<string, StoredTensor>): string {
  const hash = createHash("sha256");
  const piece = Buffer.alloc(2 ** 20);
  for (const file of [...new Set([...tensors.values()].map((stored) => stored.file))].sort()) {
    const descriptor = openSync(file, "r");
    try {
      for (let read = readSync(descriptor, piece); read > 0; read = readSync(descriptor, piece)) {
        hash.update(piece.subarray(0, read));
      }
    } finally {
      closeSync(descriptor);
    }
  }
  return hash.digest("hex");
}

function readJson(path: string): JsonObject {
  const { size } = statOf(path);
  if (size > MAX_JSON_BYTES) fail("model-too-large", { path, bytes: size, limit: MAX_JSON_BYTES });
  return objectAt(parseJson(textOf(path), path), `the content of "${path}"`);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    return unreadable(path, error);
  }
}

function statOf(path: string) {
  try {
    return statSync(path);
  } catch (error) {
    return unreadable(path, error);
  }
}

const exists = (path: string) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
