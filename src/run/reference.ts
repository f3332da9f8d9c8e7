import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DiagnosticError, fail } from "../base/diagnostic.js";
import { loadTensorFlow, type TfModule } from "../engines/tfjs.js";
import { openPretrained } from "../frontends/decoder/pretrained.js";
import { readModelJson, readTfjs } from "../frontends/tfjs/read.js";
import { writeTfjs } from "../frontends/tfjs/write.js";
import { isGraphModel } from "../frontends/tfjs-graph/graph-def.js";
import { type Tensor, tensor } from "../tensor/tensor.js";
import { runGraphModel } from "./graph-reference.js";
import { batches, joinBatches } from "./inference.js";
import { openDataset } from "./inputs.js";
import { runOnnxFile } from "./onnx-reference.js";
import { runPretrained } from "./pretrained-reference.js";
import type { Tasks } from "./protocol.js";

type LayersModel = Awaited<ReturnType<TfModule["loadLayersModel"]>>;

/**
 * Runs the user's model from its own files in what made it, on real samples: the oracle of the lowering. That is TF.js, and of
 * an ONNX file the engine itself, without any of its optimizations.
 * @throws {DiagnosticError} `reference-unavailable` when TF.js cannot load or run the model.
 */
export async function runReference(input: Tasks["reference"]["input"]): Promise<Tasks["reference"]["output"]> {
  const dataset = await openDataset(input.data);
  if (input.model.format === "onnx") return runOnnxFile(input.model, dataset, input.samples);
  try {
    const { tf, backend, version } = await loadTensorFlow();
    if (input.model.format === "safetensors") {
      const { path, inputShape } = input.model;
      const outputs = runPretrained(tf, openPretrained(path, inputShape), dataset, input.samples);
      return { outputs, reference: `TF.js ${version} (${backend}), operation by operation` };
    }
    if (isGraphModel((await readModelJson(input.model.path)).json)) {
      const { path, inputShape } = input.model;
      const options = inputShape ? { inputShape } : {};
      const outputs = await runGraphModel(tf, path, options, dataset, input.samples);
      return { outputs, reference: `TF.js ${version} (${backend})` };
    }
    const { model, copied } = await loadModel(tf, input.model.path);
    const parts: Tensor<"float32">[][] = model.outputs.map(() => []);
    for (const indices of batches(input.samples)) {
      const samples = dataset.read(indices).map((t) => tf.tensor(t.data, [...t.shape], "float32"));
      const outputs = [model.predict(samples)].flat();
      for (const [i, output] of outputs.entries()) {
        parts[i]?.push(tensor("float32", output.shape, Float32Array.from(await output.data())));
      }
      tf.dispose([...samples, ...outputs]);
    }
    const reference = `TF.js ${version} (${backend}${copied ? ", from a copy in its own spelling" : ""})`;
    return { outputs: parts.map(joinBatches), reference };
  } catch (error) {
    if (error instanceof DiagnosticError) throw error;
    return fail("reference-unavailable", { message: error instanceof Error ? error.message : String(error) });
  }
}

/**
 * The user's own files where TF.js can load them. Some that we read it cannot (Keras 3 spelling, `silu`): it then gets
 * a copy of the same layers and weights in its own spelling, and the record says so.
 */
async function loadModel(
  tf: TfModule,
  path: string,
): Promise<{ readonly model: LayersModel; readonly copied: boolean }> {
  try {
    return { model: await tf.loadLayersModel(`file://${path}`), copied: false };
  } catch (refused) {
    const folder = await mkdtemp(join(tmpdir(), "nibble-reference-"));
    try {
      const copy = await writeTfjs(await readTfjs(path), folder);
      return { model: await tf.loadLayersModel(`file://${copy}`), copied: true };
    } catch {
      throw refused;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}
