import { fail } from "../base/diagnostic.js";
import type { Dataset } from "../datasets/dataset.js";
import type { Feeds, InferenceSession } from "../engines/engine.js";
import { onnxruntime } from "../engines/onnxruntime.js";
import { scoredOutputs } from "../frontends/onnx/graph.js";
import { type ResolvedInput, resolveInputs } from "../frontends/onnx/inputs.js";
import { readOnnx } from "../frontends/onnx/read.js";
import { type ConstantInput, constantInputs } from "../frontends/onnx/sequences.js";
import { dtypeOfCode } from "../ir/operators/element-type.js";
import type { ModelReference } from "../plan/plan.js";
import { transposed } from "../tensor/layout.js";
import { type Tensor, tensor, tensorFrom } from "../tensor/tensor.js";
import { batches, joinBatches } from "./inference.js";
import { graphOptions } from "./inputs.js";
import type { Tasks } from "./protocol.js";

/**
 * Runs an ONNX file as it is in the engine, with every optimization off: nothing of our reading or writing is in it.
 * @throws {DiagnosticError} `reference-unavailable` where its inputs cannot be fed, `engine-refused` where it cannot run
 */
export async function runOnnxFile(
  reference: ModelReference,
  dataset: Dataset,
  samples: Int32Array,
): Promise<Tasks["reference"]["output"]> {
  const model = await readOnnx(reference.path);
  const options = graphOptions(reference);
  const inputs = resolveInputs(model, options);
  const constants = options.sequences ? constantInputs(model, inputs[0]?.sampleShape[0] ?? 0) : [];
  const outputs = scoredOutputs(model, options).map(({ name }) => name);
  const engine = await onnxruntime();
  const session = await engine.load(reference.path, { threads: 1, optimization: "disabled" });
  try {
    const fixed = inputs.find(({ batch }) => batch !== undefined)?.batch;
    const parts: Tensor<"float32">[][] = outputs.map(() => []);
    for (const indices of batches(samples, fixed)) {
      const results = await runPadded(session, { inputs, constants }, dataset, indices, fixed);
      for (const [i, name] of outputs.entries())
        parts[i]?.push(firstSamples(results[name], name, indices.length, fixed));
    }
    return {
      outputs: parts.map(joinBatches),
      reference: `onnxruntime ${engine.version} (the file itself, not optimized)`,
    };
  } finally {
    await session.close();
  }
}

/** A file that fixes its batch gets whole batches: the last sample again where there are too few. */
function runPadded(
  session: InferenceSession,
  { inputs, constants }: { readonly inputs: readonly ResolvedInput[]; readonly constants: readonly ConstantInput[] },
  dataset: Dataset,
  indices: Int32Array,
  fixed: number | undefined,
): ReturnType<InferenceSession["run"]> {
  const last = indices.at(-1) ?? 0;
  const whole = Int32Array.from({ length: fixed ?? indices.length }, (_, i) => indices[i] ?? last);
  const tensors = dataset.read(whole);
  const feeds: Feeds = Object.fromEntries(
    inputs.map((input, i) => [input.name, asDeclared(tensors[i] as Tensor<"float32">, input)] as const),
  );
  const further = constants.map((each) => [each.name, constantAsDeclared(each, whole.length)] as const);
  return session.run({ ...feeds, ...Object.fromEntries(further) });
}

/** Its contents have the type that the file declares, where that is no float of another width. */
function constantAsDeclared({ name, contents, narrowed }: ConstantInput, batch: number): Tensor {
  const value = contents(batch);
  if (narrowed === undefined) return value;
  return asDeclared(value as Tensor<"float32">, { name, sampleShape: [], narrowed });
}

function asDeclared(samples: Tensor<"float32">, { permutation, cast, name, narrowed }: ResolvedInput): Tensor {
  // float64 crosses the binding; 16-bit floats do not.
  if (narrowed === "float64") return tensorFrom("float64", samples.shape, samples.data);
  if (narrowed !== undefined) {
    const message = `input "${name}" is ${narrowed}, which the engine's binding cannot be fed`;
    return fail("reference-unavailable", { by: "onnxruntime", message });
  }
  const placed = permutation ? transposed(samples, permutation) : samples;
  return cast === undefined ? placed : tensorFrom(dtypeOfCode(cast), placed.shape, placed.data);
}

function firstSamples(
  output: Tensor | undefined,
  name: string,
  count: number,
  fixed: number | undefined,
): Tensor<"float32"> {
  if (!output)
    return fail("reference-unavailable", { by: "onnxruntime", message: `the file gave no output "${name}"` });
  const data = Float32Array.from(output.data as ArrayLike<number | bigint>, Number);
  const [rows = count, ...rest] = output.shape;
  const each = rows === 0 ? 0 : data.length / rows;
  const kept = fixed === undefined ? rows : Math.min(rows, Math.round((count * rows) / fixed));
  return tensor("float32", [kept, ...rest], data.slice(0, kept * each));
}
