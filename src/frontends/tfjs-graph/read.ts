import { basename, dirname } from "node:path";
import { fail } from "../../base/diagnostic.js";
import { hashJson, hashParts } from "../../base/hash.js";
import { bytesOf } from "../../tensor/tensor.js";
import { arrayAt, isObject, type JsonObject, objectAt, stringAt } from "../tfjs/json.js";
import { MAX_SHARD_BYTES, type ModelJson, readModelJson, readShards } from "../tfjs/read.js";
import { readGraphDef } from "./graph-def.js";
import type { GraphModel } from "./model.js";
import { endsOf } from "./signature.js";
import { decodeGraphGroup, type GraphWeights, graphWeightSpecs, groupBytes } from "./weights.js";

/**
 * Reads and checks a TF.js graph-model. Whether every node can be lowered is `lowerGraphModel`'s question.
 * @param path its model.json, or the folder that holds it; weight files must lie in that folder
 * @throws {DiagnosticError} when a file is missing, damaged or too large, or nodes read what is not there
 */
export async function readGraphModel(path: string): Promise<GraphModel> {
  return graphModelFrom(await readModelJson(path));
}

/** The graph-model of a model.json, with its weights. @throws {DiagnosticError} as `readGraphModel` does */
export async function graphModelFrom({ file, json }: ModelJson): Promise<GraphModel> {
  const parts = graphParts(json, file);
  const where = `"weightsManifest" of "${file}"`;
  const groups = arrayAt(json.weightsManifest ?? [], where).map((item) => {
    const group = objectAt(item, `a group of ${where}`);
    const paths = arrayAt(group.paths, `"paths" of ${where}`).map((path) => stringAt(path, `"paths" of ${where}`));
    return { paths, specs: graphWeightSpecs(group.weights, where) };
  });
  const most = groups.reduce((sum, { specs }) => sum + (groupBytes(specs) ?? 0), 0);
  if (most > MAX_SHARD_BYTES) fail("model-too-large", { path: file, bytes: most, limit: MAX_SHARD_BYTES });
  const decoded: GraphWeights = { weights: new Map(), texts: new Set() };
  for (const { paths, specs } of groups) {
    decodeGraphGroup(specs, await readShards(paths, file, groupBytes(specs)), decoded, paths);
  }
  const folder = basename(dirname(file));
  return assembleGraphModel(folder === "" || folder === "." ? "graph_model" : folder, parts, decoded, file);
}

/** What of a graph-model is not weights. */
export type GraphParts = Pick<GraphModel, "nodes" | "functions" | "inputs" | "outputs">;

/** Nodes, functions, inputs and outputs of a model.json, or of model artifacts with the same keys. */
export function graphParts(json: JsonObject, file: string): GraphParts {
  const topology = json.modelTopology;
  if (!isObject(topology) || topology.node === undefined) return fail("model-no-topology", { path: file });
  const { nodes, functions } = readGraphDef(topology, file);
  const metadata = isObject(json.userDefinedMetadata) ? json.userDefinedMetadata.signature : undefined;
  const signature = [metadata, json.signature].find(isObject);
  const ends = endsOf(nodes, signature);
  if (ends.outputs.length === 0)
    fail("model-json-shape", { where: `"node" of "${file}"`, expected: "nodes", found: "none" });
  return { nodes, functions, ...ends };
}

/** A model of parts that are checked already, with its hash. */
export function assembleGraphModel(
  name: string,
  parts: GraphParts,
  decoded: GraphWeights,
  source?: string,
): GraphModel {
  const { weights, texts } = decoded;
  const names = [...weights.keys()].sort();
  const shapes = names.map((weight) => [weight, weights.get(weight)?.dtype, weights.get(weight)?.shape ?? []]);
  const functions = [...parts.functions.values()].map((f) => ({ ...f, nodes: [...f.nodes.values()] }));
  const topology = [[...parts.nodes.values()], functions, parts.inputs, parts.outputs, shapes];
  const bytes = names.flatMap((weight) => {
    const value = weights.get(weight);
    return value === undefined ? [] : [bytesOf(value)];
  });
  const hash = hashParts([Buffer.from(hashJson(topology)), ...bytes]);
  return { name, ...parts, weights, texts, hash, ...(source === undefined ? {} : { source }) };
}
