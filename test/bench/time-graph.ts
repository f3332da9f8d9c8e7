import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { attest } from "../../src/backends/onnx/attest.js";
import { toOnnx } from "../../src/backends/onnx/write.js";
import type { Feeds } from "../../src/engines/engine.js";
import { onnxruntime } from "../../src/engines/onnxruntime.js";
import type { Graph } from "../../src/ir/graph.js";
import type { LatencyResult } from "../../src/measure/speedup.js";
import { startCalibration } from "../../src/quantize/calibrate.js";
import { engineForm, quantizeGraph } from "../../src/quantize/quantize.js";
import type { Scheme } from "../../src/quantize/scheme.js";
import { type Effort, fullEffort, startTuner, timeTrial } from "../../src/run/latency-trial.js";
import { startWorker } from "../../src/run/process.js";
import type { Range } from "../../src/tensor/quant.js";

/**
 * Times a prepared float graph quantized by `scheme` against its best fp32, one thread.
 * @param feeds   one batch; "static" is calibrated on it, for on random weights only speed is asked
 * @throws where the planned integer kernels do not run
 */
export async function timeGraph(
  float: Graph,
  scheme: Scheme,
  feeds: Feeds,
  effort: Effort = fullEffort,
): Promise<LatencyResult> {
  const folder = mkdtempSync(join(tmpdir(), "nibble-bench-"));
  try {
    const paths = { baseline: join(folder, "fp32.onnx"), trial: join(folder, "trial.onnx") };
    writeFileSync(paths.baseline, toOnnx(float));
    const quantized = quantizeGraph(float, scheme, await rangesFor(float, scheme, feeds));
    writeFileSync(paths.trial, toOnnx(engineForm(quantized)));
    const optimizedModelPath = join(folder, "optimized.onnx");
    const engine = await onnxruntime();
    await (await engine.load(paths.trial, { threads: 1, optimization: "all", optimizedModelPath })).close();
    const { attested, reason } = attest(quantized, readFileSync(optimizedModelPath));
    if (!attested) throw new Error(`${scheme.name}: ${reason}`);
    const tuner = startTuner(effort, startWorker);
    const options = { effort, tuner, seed: 1, attested, startWorker };
    return await timeTrial(paths, feeds, { batch: 1, threads: 1 }, options);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Ranges of every observed value on these feeds; nothing but "static" needs them. */
export async function rangesFor(
  float: Graph,
  scheme: Scheme,
  feeds: Feeds,
): Promise<ReadonlyMap<string, Range> | undefined> {
  if (scheme.mode !== "static") return undefined;
  const calibration = { observer: "minmax" as const, samples: 1 };
  const calibrator = startCalibration(float, [calibration]);
  const session = await (await onnxruntime()).load(toOnnx(calibrator.graph), { threads: 1, optimization: "all" });
  try {
    calibrator.observe(await session.run(feeds), 0);
  } finally {
    await session.close();
  }
  return calibrator.ranges(calibration);
}
