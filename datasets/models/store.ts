import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setFloat16 } from "@petamoriken/float16";
import type { io, LayersModel } from "@tensorflow/tfjs";
import type { TfModule } from "../../src/engines/tfjs.js";

/** Smaller weights (biases, batch norm) stay float32: they cost nothing and a small variance would lose its digits. */
const smallest = 1024;

/**
 * Writes `model.json` and `weights.bin` as `model.save` does; with "float16" large weights are stored as the TF.js
 * converter's `--quantize_float16` stores them, and TF.js widens them when it loads the model.
 * @returns bytes of weights.bin
 */
export async function storeModel(
  tf: TfModule,
  model: LayersModel,
  folder: string,
  storage: "float32" | "float16",
): Promise<number> {
  const artifacts = await artifactsOf(tf, model);
  const parts: Uint8Array[] = [];
  const weights: io.WeightsManifestEntry[] = [];
  let at = 0;
  for (const spec of artifacts.weightSpecs ?? []) {
    const count = spec.shape.reduce((product, size) => product * size, 1);
    const values = new Float32Array((artifacts.weightData as ArrayBuffer).slice(at, at + 4 * count));
    at += 4 * count;
    const halved = storage === "float16" && count >= smallest;
    parts.push(halved ? toFloat16(values) : new Uint8Array(values.buffer));
    const { name, shape, dtype } = spec;
    const quantization = { dtype: "float16" as const, original_dtype: "float32" as const };
    weights.push(halved ? { name, shape, dtype, quantization } : { name, shape, dtype });
  }
  const bytes = Buffer.concat(parts);
  const manifest = {
    format: "layers-model",
    generatedBy: `TensorFlow.js tfjs-layers v${tf.version["tfjs-layers"]}`,
    convertedBy: null,
    modelTopology: artifacts.modelTopology,
    weightsManifest: [{ paths: ["weights.bin"], weights }],
  };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "weights.bin"), bytes);
  await writeFile(join(folder, "model.json"), `${JSON.stringify(manifest)}\n`);
  return bytes.length;
}

async function artifactsOf(tf: TfModule, model: LayersModel): Promise<io.ModelArtifacts> {
  const saved: io.ModelArtifacts[] = [];
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      saved.push(artifacts);
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
    }),
  );
  const [artifacts] = saved;
  if (!artifacts) throw new Error("train: TF.js saved nothing");
  return artifacts;
}

function toFloat16(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(2 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    setFloat16(view, 2 * i, value, true);
  });
  return bytes;
}
