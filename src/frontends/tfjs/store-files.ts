import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tensor } from "../../tensor/tensor.js";
import { isObject, type Json, type JsonObject } from "./json.js";
import { decodeWeight, storedBytes, type WeightGroup, type WeightSpec, weightGroups } from "./manifest.js";
import { readGroup, readModelJson, readTfjs } from "./read.js";
import { type StorageType, storeWeight } from "./stored-weights.js";
import { writeTfjs } from "./write.js";

/** Files of a TF.js model that were written anew. */
export interface StoredFiles {
  /** Path of the model.json. */
  readonly path: string;
  /** Bytes of both files together. */
  readonly bytes: number;
  /** Of these, weights that are codes, and those that are float32, integers or booleans. */
  readonly codes: number;
  readonly float: number;
}

/** Of one weight file; TF.js splits at 4 MiB so that browsers can cache, which no one needs here. */
const WEIGHTS = "weights.bin";

/**
 * Writes a TF.js model again with its float32 weights stored otherwise. A layers-model is written in TF.js's own spelling; of a
 * graph-model the topology and the signature stay as they are, and so do weights that are no float32 numbers.
 * @param path      the user's model.json
 * @param folder    where `model.json` and `weights.bin` go; made when missing
 * @param storageOf what each weight is stored as, by its name in the user's manifest
 * @throws {DiagnosticError} whatever is wrong with the user's files
 */
export async function storeTfjs(
  path: string,
  folder: string,
  storageOf: (weight: string) => StorageType,
): Promise<StoredFiles> {
  const { file, json } = await readModelJson(path);
  await mkdir(folder, { recursive: true });
  if (isGraphModel(json)) await storeGraphModel(json, file, folder, storageOf);
  else await writeTfjs(await readTfjs(path), folder, storageOf);
  return sizesOf(join(folder, "model.json"));
}

/** Whether a model.json holds a graph of TensorFlow's nodes. */
export function isGraphModel({ format, modelTopology }: JsonObject): boolean {
  return format === "graph-model" || (isObject(modelTopology) && Array.isArray(modelTopology.node));
}

async function storeGraphModel(
  json: JsonObject,
  file: string,
  folder: string,
  storageOf: (weight: string) => StorageType,
): Promise<void> {
  const manifest: Json[] = [];
  const parts: Uint8Array[] = [];
  const groups = Array.isArray(json.weightsManifest) ? json.weightsManifest : [];
  for (const [i, group] of weightGroups(groups, file).entries()) {
    const bytes = await readGroup(group, file);
    const written = (groups[i] as JsonObject).weights as readonly JsonObject[];
    let offset = 0;
    for (const [j, spec] of group.weights.entries()) {
      const own = bytes.subarray(offset, offset + storedBytes(spec));
      offset += own.length;
      const stored = spec.dtype === "float32" ? restored(spec, own, storageOf) : undefined;
      manifest.push(stored === undefined ? (written[j] as Json) : manifestEntry(written[j] as JsonObject, stored));
      parts.push(stored?.bytes ?? own);
    }
  }
  await writeFile(join(folder, WEIGHTS), Buffer.concat(parts));
  const whole = { ...json, weightsManifest: [{ paths: [WEIGHTS], weights: manifest }] };
  await writeFile(join(folder, "model.json"), JSON.stringify(whole));
}

/** A weight of whatever storage as another. */
function restored(spec: WeightSpec, bytes: Uint8Array, storageOf: (weight: string) => StorageType) {
  const value = tensor("float32", spec.shape, decodeWeight(spec, bytes));
  return storeWeight(value, storageOf(spec.name));
}

function manifestEntry({ quantization: _, ...spec }: JsonObject, { quantization }: ReturnType<typeof restored>): Json {
  return { ...spec, ...(quantization ? { quantization: { ...quantization, original_dtype: "float32" } } : {}) };
}

async function sizesOf(path: string): Promise<StoredFiles> {
  const { file, json } = await readModelJson(path);
  const groups: readonly WeightGroup[] = weightGroups(json.weightsManifest ?? [], file);
  const specs = groups.flatMap(({ weights }) => weights);
  const sum = (isCode: boolean) =>
    specs
      .filter(({ quantization }) => (quantization !== undefined) === isCode)
      .reduce((bytes, spec) => bytes + storedBytes(spec), 0);
  const [codes, float] = [sum(true), sum(false)];
  return { path, bytes: Buffer.byteLength(JSON.stringify(json)) + codes + float, codes, float };
}
