import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { attest } from "../backends/onnx/attest.js";
import { toOnnx } from "../backends/onnx/write.js";
import { fail } from "../base/diagnostic.js";
import { hashBytes, shortHash } from "../base/hash.js";
import type { Graph } from "../ir/graph.js";
import { sizeResult } from "../measure/size.js";
import { nodeWork } from "../measure/work.js";
import { givenBytes } from "../quantize/size.js";
import { score } from "./inference.js";
import type { Opened } from "./opened.js";
import type { EvaluatedTrial, Tasks } from "./protocol.js";
import { accuracyOf, stopRule } from "./scoring.js";
import { enterStage } from "./stage.js";
import { ownName, writeWhole } from "./whole-file.js";

/** Operators that choose one range a run, so that samples of one batch change each other's codes. */
const dynamicOperators = new Set(["DynamicQuantizeLinear", "DynamicQuantizeMatMul", "DynamicQuantizeLSTM"]);

/**
 * Evaluates a model that came quantized as it came: its own codes, scales and nodes, against the float model that they stand
 * for. Nothing of it is simulated, and what its converter meant is not known, so it has neither a gap nor a cross-check.
 * @throws {DiagnosticError} `given-not-quantized` where the model is none
 */
export async function evaluateGiven(opened: Opened, input: Tasks["trial"]["input"]): Promise<EvaluatedTrial> {
  const { engine, graph, given, dataset, folder, fp32, seed, model } = opened;
  const { id, scheme, measures } = input;
  if (!given) return fail("given-not-quantized", { model: model.name, format: model.format });
  enterStage("lower");
  const bytes = toOnnx(given);
  const path = join(folder, `${scheme.name}-${shortHash(id)}.onnx`);
  await writeWhole(path, bytes);
  enterStage("accuracy");
  const optimizedModelPath = ownName(path, "optimized");
  try {
    const stop = stopRule(measures);
    const options = { optimizedModelPath, float: fp32, stop, seed, ...(isDynamic(given) ? { batchSize: 1 } : {}) };
    const scored = await score(engine, bytes, given, dataset, options);
    const { fallen, ...facts } = attest(given, await readFile(optimizedModelPath));
    return {
      path,
      accuracy: accuracyOf(scored, fp32, { seed, stop }),
      size: sizeResult(givenBytes(given), bytes.length, fp32.bytes.length),
      file: { sha256: hashBytes(bytes), bytes: bytes.length },
      attestation: { ...facts, ...(fallen ? { fallen: fallen.map(({ kernels: _, ...each }) => each) } : {}) },
      work: measures.latency.map(({ batch }) => ({
        batch,
        baseline: nodeWork(graph, batch),
        trial: nodeWork(given, batch),
      })),
    };
  } finally {
    await rm(optimizedModelPath, { force: true });
  }
}

function isDynamic(graph: Graph): boolean {
  return graph.nodes.some(({ opType }) => dynamicOperators.has(opType));
}
