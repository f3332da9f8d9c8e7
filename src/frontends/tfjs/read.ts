import { open, readFile, realpath, stat } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { fail } from "../../base/diagnostic.js";
import type { Tensor } from "../../tensor/tensor.js";
import { assembleModel } from "./assemble.js";
import { type JsonObject, objectAt, parseJson } from "./json.js";
import { decodeGroup, storedBytes, type WeightGroup, weightGroups } from "./manifest.js";
import type { TfjsModel } from "./model.js";
import { readTopology } from "./topology.js";

/** Limits on what is read from untrusted files. */
export const MAX_JSON_BYTES = 64 * 2 ** 20;
export const MAX_SHARD_BYTES = 2 ** 31 - 1;

/**
 * Reads and checks a TF.js layers-model.
 * @param path its model.json, or the folder that holds it; weight files must lie in that folder
 * @throws {DiagnosticError} when a file is missing, damaged, too large, not a layers-model, or holds NaN or infinities.
 * Whether every layer can be lowered is `toGraph`'s question.
 */
export async function readTfjs(path: string): Promise<TfjsModel> {
  return layersModelFrom(await readModelJson(path));
}

/** A model.json as it was read, and its path, with which messages name it. */
export interface ModelJson {
  readonly file: string;
  readonly json: JsonObject;
}

/** The layers-model of a model.json, with its weights. @throws {DiagnosticError} as `readTfjs` does */
export async function layersModelFrom({ file, json }: ModelJson): Promise<TfjsModel> {
  if (json.format === "graph-model") fail("graph-model", { path: file });
  const topology = readTopology(topologyOf(json, file), file);
  const weights = new Map<string, Tensor<"float32">>();
  for (const group of weightGroups(json.weightsManifest ?? [], file)) {
    const next = await openParts(group.paths, file, group.weights.map(storedBytes));
    for (const spec of group.weights) decodeGroup({ weights: [spec] }, await next(), weights);
  }
  return assembleModel(topology, weights, file);
}

/** What a model.json holds, and where it lies. @param path the file, or its folder */
export async function readModelJson(path: string): Promise<ModelJson> {
  const file = await modelFile(path);
  return { file, json: objectAt(parseJson(await readText(file), file), `the content of "${file}"`) };
}

function topologyOf(json: JsonObject, path: string) {
  if (json.modelTopology !== undefined && json.modelTopology !== null) return json.modelTopology;
  if (json.class_name !== undefined || json.model_config !== undefined) return json;
  return fail("model-no-topology", { path });
}

async function modelFile(path: string): Promise<string> {
  if (/^file:\/\//i.test(path)) return modelFile(fileURLToPath(path));
  if (/^[a-z][a-z\d+.-]+:\/\//i.test(path)) return fail("model-remote", { path });
  return (await statOf(path)).isDirectory() ? join(path, "model.json") : path;
}

async function statOf(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    return failReading(path, error);
  }
}

function failReading(path: string, error: unknown): never {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOENT" || code === "ENOTDIR") return fail("model-not-found", { path });
  const reasons: Readonly<Record<string, string>> = { EACCES: "permission denied", EISDIR: "it is a folder" };
  return fail("model-unreadable", { path, reason: reasons[code ?? ""] ?? code ?? String(error) });
}

async function readText(path: string): Promise<string> {
  const { size } = await statOf(path);
  if (size > MAX_JSON_BYTES) fail("model-too-large", { path, bytes: size, limit: MAX_JSON_BYTES });
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    return failReading(path, error);
  }
}

/** The bytes of a group's files, one after the other; their sizes are checked before anything is read. */
export async function readGroup({ paths, weights }: WeightGroup, model: string): Promise<Uint8Array> {
  const wanted = weights.reduce((sum, spec) => sum + storedBytes(spec), 0);
  return readShards(paths, model, wanted);
}

/**
 * The bytes of weight files, one after the other.
 * @param wanted how many there must be; undefined where only the bytes themselves say that (texts)
 */
export async function readShards(
  paths: readonly string[],
  model: string,
  wanted: number | undefined,
): Promise<Uint8Array> {
  const files = await checkedShards(paths, model, wanted);
  const bytes = new Uint8Array(files.reduce((sum, { size }) => sum + size, 0));
  let offset = 0;
  for (const { path, size } of files) {
    await readInto(bytes.subarray(offset, offset + size), path);
    offset += size;
  }
  return bytes;
}

/**
 * The same cut into parts of the given lengths: each call of what is returned reads the next one, into a buffer of its own,
 * so that no weight keeps the others' bytes in memory.
 * @throws {DiagnosticError} before anything is read, when the files are not as long as the parts together
 */
async function openParts(
  paths: readonly string[],
  model: string,
  lengths: readonly number[],
): Promise<() => Promise<Uint8Array>> {
  const wanted = lengths.reduce((sum, length) => sum + length, 0);
  const files = await checkedShards(paths, model, wanted);
  let [part, file, offset] = [0, 0, 0];
  return async () => {
    const bytes = new Uint8Array(lengths[part++] ?? 0);
    for (let filled = 0; filled < bytes.length; ) {
      const { path, size } = files[file] as Shard;
      const length = Math.min(size - offset, bytes.length - filled);
      await readInto(bytes.subarray(filled, filled + length), path, offset);
      filled += length;
      offset += length;
      if (offset === size) [file, offset] = [file + 1, 0];
    }
    return bytes;
  };
}

interface Shard {
  readonly path: string;
  readonly size: number;
}

/** The weight files with their sizes, which are checked before anything is read. */
async function checkedShards(
  paths: readonly string[],
  model: string,
  wanted: number | undefined,
): Promise<readonly Shard[]> {
  const files = await Promise.all(paths.map((shard) => shardFile(shard, model)));
  const found = files.reduce((sum, { size }) => sum + size, 0);
  if (wanted !== undefined && found !== wanted) fail("shard-size", { shards: paths, bytes: wanted, found });
  if (found > MAX_SHARD_BYTES) {
    fail("model-too-large", { path: paths.slice(0, 3).join(", "), bytes: found, limit: MAX_SHARD_BYTES });
  }
  return files;
}

async function shardFile(shard: string, model: string): Promise<Shard> {
  const folder = dirname(model);
  const path = resolve(folder, shard);
  if (isAbsolute(shard) || shard.includes("\0") || !isInside(path, resolve(folder))) {
    return fail("shard-outside", { shard, model });
  }
  let found: Awaited<ReturnType<typeof stat>>;
  try {
    found = await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return fail("shard-missing", { shard, model });
    return failReading(path, error);
  }
  // Links may lead into the folder of the real model.json (as download caches lay them out), and nowhere else.
  const real = await realpath(path);
  const homes = [await realpath(folder), dirname(await realpath(model))];
  if (!homes.some((home) => isInside(real, home))) return fail("shard-outside", { shard, model });
  if (!found.isFile()) return fail("model-unreadable", { path, reason: "it is not a file" });
  if (found.size > MAX_SHARD_BYTES) {
    return fail("model-too-large", { path, bytes: found.size, limit: MAX_SHARD_BYTES });
  }
  return { path, size: found.size };
}

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

async function readInto(target: Uint8Array, path: string, start = 0): Promise<void> {
  const file = await open(path).catch((error: unknown) => failReading(path, error));
  try {
    let offset = 0;
    while (offset < target.length) {
      const { bytesRead } = await file.read(target, offset, target.length - offset, start + offset);
      if (bytesRead === 0) fail("shard-size", { shards: [path], bytes: start + target.length, found: start + offset });
      offset += bytesRead;
    }
  } finally {
    await file.close();
  }
}
