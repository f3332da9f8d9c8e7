import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { toOnnx } from "../backends/onnx/write.js";
import { hashBytes, shortHash } from "../base/hash.js";
import { sizeResult } from "../measure/size.js";
import { nodeWork } from "../measure/work.js";
import { engineForm, quantizeGraph } from "../quantize/quantize.js";
import { weightBytes } from "../quantize/size.js";
import { attestTrial } from "./attestation.js";
import { configured, engineConfig } from "./engine-config.js";
import { explainTrial } from "./explain.js";
import { measureGap } from "./gap.js";
import { evaluateGiven } from "./given-trial.js";
import { score } from "./inference.js";
import { layerErrors } from "./layer-errors.js";
import type { Opened } from "./opened.js";
import { withPhases, writePhases } from "./phases.js";
import type { EvaluatedTrial, Tasks } from "./protocol.js";
import { accuracyOf, floatAccuracyOf, stopRule } from "./scoring.js";
import { evaluateSimulated } from "./simulated-trial.js";
import { enterStage } from "./stage.js";
import { evaluateStored } from "./stored-trial.js";
import { ownName, writeWhole } from "./whole-file.js";

/**
 * A dynamic scheme chooses one range of activations a run, so samples that share a run change each other's codes: it is
 * evaluated as it runs at batch 1.
 */
const DYNAMIC_BATCH = 1;

/** Quantizes the opened model by one scheme, writes its ONNX file, and measures all of it that needs no clock. */
export async function evaluate(shared: Opened, input: Tasks["trial"]["input"]): Promise<EvaluatedTrial> {
  if (input.scheme.storage === "tfjs") return evaluateStored(shared, input);
  if (input.scheme.mode === "given") return evaluateGiven(shared, input);
  if (input.scheme.execution === "simulated") return evaluateSimulated(shared, input);
  const { id, scheme, measures } = input;
  const opened = { ...shared, engine: configured(shared.engine, engineConfig(scheme)) };
  const { engine, graph, dataset, folder, fp32, seed } = opened;
  enterStage("quantize");
  const ranges = scheme.calibration ? opened.ranges(scheme.calibration) : undefined;
  const quantized = quantizeGraph(graph, scheme, ranges);
  enterStage("lower");
  const written = engineForm(quantized);
  const bytes = toOnnx(written);
  const path = scheme.mode === "fp32" ? fp32.path : join(folder, `${scheme.name}-${shortHash(id)}.onnx`);
  if (path !== fp32.path) await writeWhole(path, bytes);
  // Every trial is timed against this file, and somebody may have cleaned up during the run.
  if (!existsSync(fp32.path)) await writeWhole(fp32.path, fp32.bytes);
  enterStage("accuracy");
  const optimizedModelPath = ownName(path, "optimized");
  try {
    const stop = stopRule(measures);
    const scored = await score(engine, bytes, quantized, dataset, {
      optimizedModelPath,
      float: fp32,
      stop,
      seed,
      ...(scheme.mode === "dynamic" ? { batchSize: DYNAMIC_BATCH } : {}),
    });
    const optimized = await readFile(optimizedModelPath);
    const isBaseline = scheme.mode === "fp32";
    // The gap compares samples of the whole test split.
    const wantsGap = measures.accuracy && !isBaseline && !scored.stopped;
    const gap = wantsGap ? await measureGap(opened, quantized, scored.scores) : undefined;
    const attestation = await attestTrial(opened, quantized, optimized, scheme);
    const phases = await writePhases(opened, { quantized, scheme, ranges }, measures.latency);
    return {
      path,
      accuracy: isBaseline ? floatAccuracyOf(fp32, seed) : accuracyOf(scored, fp32, { seed, stop }),
      size: sizeResult(weightBytes(written), bytes.length, fp32.bytes.length),
      file: { sha256: hashBytes(bytes), bytes: bytes.length },
      attestation: withPhases(attestation, phases),
      ...(phases.length > 0 ? { phases } : {}),
      work: measures.latency.map(({ batch }) => ({
        batch,
        baseline: nodeWork(graph, batch),
        trial: nodeWork(written, batch),
      })),
      ...(gap ? { gap } : {}),
      ...(measures.layers && !isBaseline ? { layers: await layerErrors(opened, quantized, engine) } : {}),
      ...(measures.accuracy && !isBaseline ? await explainTrial(shared, scheme, quantized) : {}),
    };
  } finally {
    await rm(optimizedModelPath, { force: true });
  }
}
