import { join } from "node:path";
import { toOnnx } from "../backends/onnx/write.js";
import { shortHash } from "../base/hash.js";
import { type StoredFiles, storeTfjs } from "../frontends/tfjs/store-files.js";
import type { StorageType } from "../frontends/tfjs/stored-weights.js";
import type { Graph } from "../ir/graph.js";
import { sizeResult } from "../measure/size.js";
import { prepare } from "../quantize/passes/float/prepare.js";
import type { Scheme } from "../quantize/scheme.js";
import { score } from "./inference.js";
import { openModel } from "./inputs.js";
import { layerErrors } from "./layer-errors.js";
import type { Opened } from "./opened.js";
import type { EvaluatedTrial, Tasks } from "./protocol.js";
import { accuracyOf, stopRule } from "./scoring.js";
import { enterStage } from "./stage.js";

/**
 * A trial of how TF.js stores weights: the files are written as `export` writes them, read again as any model of the user's
 * is, and run in float32 on the engine. So what is evaluated is what TF.js gets.
 */
export async function evaluateStored(
  opened: Opened,
  { id, scheme, measures }: Tasks["trial"]["input"],
): Promise<EvaluatedTrial> {
  const { engine, dataset, fp32, seed } = opened;
  enterStage("quantize");
  const folder = join(opened.folder, `${scheme.name}-${shortHash(id)}.tfjs`);
  const { files, graph } = await storedModel(opened, folder, schemeStorage(scheme));
  enterStage("accuracy");
  const stop = stopRule(measures);
  const scored = await score(engine, toOnnx(graph), graph, dataset, { float: fp32, stop, seed });
  const { codes, float, bytes } = files;
  const reason = `simulated: computed in float32 on weights as TF.js reads them from ${scheme.weights?.dtype} files; no integer kernel ran`;
  return {
    path: "",
    accuracy: accuracyOf(scored, fp32, { seed, stop }),
    size: sizeResult({ codes, scales: 0, zeroPoints: 0, float }, bytes, fp32.bytes.length),
    attestation: { integerNodes: 0, floatNodes: 0, attested: false, reason },
    work: [],
    ...(measures.layers ? { layers: await layerErrors(opened, graph, engine) } : {}),
  };
}

/** The files of an opened TF.js model with its weights stored otherwise, and the float graph that they come to. */
export async function storedModel(
  { model }: Pick<Opened, "model">,
  folder: string,
  storageOf: (weight: string) => StorageType,
): Promise<{ readonly files: StoredFiles; readonly graph: Graph }> {
  const files = await storeTfjs(model.path, folder, storageOf);
  const { graph } = await openModel({ ...model, path: files.path });
  return { files, graph: prepare(graph) };
}

/** What a scheme stores a weight as: layers that are kept are float32. */
export function schemeStorage({ weights, keep }: Scheme): (weight: string) => StorageType {
  const type = weights?.dtype === "fp16" ? "float16" : ((weights?.dtype ?? "float32") as StorageType);
  const kept = Object.keys(keep);
  return (weight) => (kept.some((layer) => weight === layer || weight.startsWith(`${layer}/`)) ? "float32" : type);
}
