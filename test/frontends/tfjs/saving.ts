import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { io, LayersModel } from "@tensorflow/tfjs";
import { DiagnosticError, renderDiagnostic } from "../../../src/base/diagnostic.js";
import { randomize, tf } from "./parity.js";

const L = tf.layers;

/** A small convolutional model with random weights. */
export function small(): LayersModel {
  const model = tf.sequential({
    layers: [
      L.conv2d({ name: "conv", inputShape: [5, 5, 1], filters: 2, kernelSize: 3, activation: "relu" }),
      L.flatten({ name: "flat" }),
      L.dense({ name: "head", units: 3, activation: "softmax" }),
    ],
  });
  return randomize(model);
}

/** What `model.save` hands to a handler. */
export async function artifactsOf(model: LayersModel): Promise<io.ModelArtifacts> {
  let artifacts: io.ModelArtifacts = {};
  const handler = tf.io.withSaveHandler(async (saved) => {
    artifacts = saved;
    return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
  });
  await model.save(handler);
  return artifacts;
}

/** Saves a model as TF.js lays it out, cut into weight files of `shardBytes`. */
export async function save(model: LayersModel, folder: string, shardBytes = 64): Promise<string> {
  const { modelTopology, weightSpecs, weightData, format } = await artifactsOf(model);
  const bytes = Buffer.from(weightData as ArrayBuffer);
  const paths = Array.from({ length: Math.ceil(bytes.length / shardBytes) }, (_, i) => `group1-shard${i + 1}.bin`);
  for (const [i, path] of paths.entries()) {
    await writeFile(join(folder, path), bytes.subarray(i * shardBytes, (i + 1) * shardBytes));
  }
  const json = { format, modelTopology, weightsManifest: [{ paths, weights: weightSpecs }] };
  await writeFile(join(folder, "model.json"), JSON.stringify(json));
  return join(folder, "model.json");
}

/** What `read` refuses, rendered, with the folder's path out of it. */
export async function refused(folder: string, read: () => unknown): Promise<string> {
  try {
    await read();
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    return error.diagnostics
      .map((d) => renderDiagnostic(d, new Map()))
      .join("\n")
      .replaceAll(folder, "FOLDER");
  }
  return "not refused";
}
