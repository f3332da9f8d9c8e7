import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { attest } from "../backends/onnx/attest.js";
import { toOnnx } from "../backends/onnx/write.js";
import { shortHash } from "../base/hash.js";
import type { Graph } from "../ir/graph.js";
import { compareAccuracy } from "../measure/accuracy.js";
import { sizeResult } from "../measure/size.js";
import { type LayerResult, startSqnr } from "../measure/sqnr.js";
import { nodeWork } from "../measure/work.js";
import { exposeLayers } from "../quantize/layers.js";
import { quantizeGraph } from "../quantize/quantize.js";
import { weightBytes } from "../quantize/size.js";
import { configured, engineConfig } from "./engine-config.js";
import { explainTrial } from "./explain.js";
import { measureGap } from "./gap.js";
import { batches, feeds, floatOutput, score } from "./inference.js";
import type { Opened } from "./opened.js";
import type { EvaluatedTrial, Tasks } from "./protocol.js";
import { enterStage } from "./stage.js";
import { ownName, writeWhole } from "./whole-file.js";

/** Test samples over which per-layer SQNR is summed. */
const SQNR_SAMPLES = 128;

/**
 * A dynamic scheme chooses one range of activations a run, so samples that share a run change each other's codes: it is
 * evaluated as it runs at batch 1.
 */
const DYNAMIC_BATCH = 1;

/** Quantizes the opened model by one scheme, writes its ONNX file, and measures all of it that needs no clock. */
export async function evaluate(
  shared: Opened,
  { id, scheme, measures }: Tasks["trial"]["input"],
): Promise<EvaluatedTrial> {
  const opened = { ...shared, engine: configured(shared.engine, engineConfig(scheme)) };
  const { engine, graph, dataset, folder, fp32, seed } = opened;
  enterStage("quantize");
  const ranges = scheme.calibration ? opened.ranges(scheme.calibration) : undefined;
  const quantized = quantizeGraph(graph, scheme, ranges);
  enterStage("lower");
  const bytes = toOnnx(quantized);
  const path = scheme.mode === "fp32" ? fp32.path : join(folder, `${scheme.name}-${shortHash(id)}.onnx`);
  if (path !== fp32.path) await writeWhole(path, bytes);
  // Every trial is timed against this file, and somebody may have cleaned up during the run.
  if (!existsSync(fp32.path)) await writeWhole(fp32.path, fp32.bytes);
  enterStage("accuracy");
  const optimizedModelPath = ownName(path, "optimized");
  try {
    const { scores } = await score(engine, bytes, quantized, dataset, {
      optimizedModelPath,
      ...(scheme.mode === "dynamic" ? { batchSize: DYNAMIC_BATCH } : {}),
    });
    const optimized = await readFile(optimizedModelPath);
    const isBaseline = scheme.mode === "fp32";
    const gap = measures.accuracy && !isBaseline ? await measureGap(opened, quantized, scores) : undefined;
    const accuracy = compareAccuracy(scores, fp32.scores, { seed });
    return {
      path,
      // The baseline differs from itself by nothing, and that is no estimate.
      accuracy: isBaseline ? { ...accuracy, drop: { value: 0, ci95: [0, 0] } } : accuracy,
      size: sizeResult(weightBytes(quantized), bytes.length, fp32.bytes.length),
      attestation: attest(quantized, optimized),
      work: measures.latency.map(({ batch }) => ({
        batch,
        baseline: nodeWork(graph, batch),
        trial: nodeWork(quantized, batch),
      })),
      ...(gap ? { gap } : {}),
      ...(measures.layers && !isBaseline ? { layers: await layerErrors(opened, quantized) } : {}),
      ...(measures.accuracy && !isBaseline ? await explainTrial(shared, scheme, quantized) : {}),
    };
  } finally {
    await rm(optimizedModelPath, { force: true });
  }
}

/** SQNR of each layer's output against fp32, over the first test samples. */
async function layerErrors(opened: Opened, quantized: Graph): Promise<readonly LayerResult[]> {
  const { engine, graph, dataset } = opened;
  const exposed = exposeLayers(graph, quantized);
  const options = { threads: 1, optimization: "all" } as const;
  const float = await engine.load(toOnnx(exposed.float), options);
  const integer = await engine.load(toOnnx(exposed.quantized), options);
  try {
    const sums = exposed.layers.map(({ layer, value }) => ({ layer, value, sqnr: startSqnr(layer) }));
    for (const batch of batches(dataset.splits.test.subarray(0, SQNR_SAMPLES))) {
      const input = feeds(graph, dataset, batch);
      const [expected, actual] = [await float.run(input), await integer.run(input)];
      for (const { value, sqnr } of sums) {
        sqnr.add(floatOutput(expected, value).data, floatOutput(actual, value).data);
      }
    }
    return sums.map(({ layer, sqnr }) => ({ layer, sqnrDb: sqnr.decibels() }));
  } finally {
    await float.close();
    await integer.close();
  }
}
