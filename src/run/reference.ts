import { DiagnosticError, fail } from "../base/diagnostic.js";
import { loadTensorFlow } from "../engines/tfjs.js";
import { type Tensor, tensor } from "../tensor/tensor.js";
import { batches, joinBatches } from "./inference.js";
import { openDataset } from "./inputs.js";
import type { Tasks } from "./protocol.js";

/**
 * Runs the user's model in TF.js itself, from its own files, on real samples: the oracle of the lowering.
 * @throws {DiagnosticError} `reference-unavailable` when TF.js cannot load or run the model.
 */
export async function runReference(input: Tasks["reference"]["input"]): Promise<Tasks["reference"]["output"]> {
  const dataset = await openDataset(input.data);
  try {
    const { tf, backend, version } = await loadTensorFlow();
    const model = await tf.loadLayersModel(`file://${input.model.path}`);
    const parts: Tensor<"float32">[][] = model.outputs.map(() => []);
    for (const indices of batches(input.samples)) {
      const samples = dataset.read(indices).map((t) => tf.tensor(t.data, [...t.shape], "float32"));
      const outputs = [model.predict(samples)].flat();
      for (const [i, output] of outputs.entries()) {
        parts[i]?.push(tensor("float32", output.shape, Float32Array.from(await output.data())));
      }
      tf.dispose([...samples, ...outputs]);
    }
    return { outputs: parts.map(joinBatches), reference: `TF.js ${version} (${backend})` };
  } catch (error) {
    if (error instanceof DiagnosticError) throw error;
    return fail("reference-unavailable", { message: error instanceof Error ? error.message : String(error) });
  }
}
