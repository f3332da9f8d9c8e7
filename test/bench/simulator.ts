import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toOnnx } from "../../src/backends/onnx/write.js";
import { ownPackage } from "../../src/base/package.js";
import { onnxruntime } from "../../src/engines/onnxruntime.js";
import { loadSimulator } from "../../src/engines/simulator/simulator.js";
import { median } from "../../src/measure/statistics.js";
import { quantizeGraph } from "../../src/quantize/quantize.js";
import { schemeDefinition } from "../../src/quantize/registry.js";
import { feeds } from "../../src/run/inference.js";
import { openDataset } from "../../src/run/inputs.js";
import { openExperiment } from "../../src/run/opened.js";
import type { Figure } from "./figure.js";

const BATCH = 32;
const ROUNDS = 25;

/** The simulator's time over the engine's, one thread each, taking turns on one batch of `strokes-cnn`, static int8. */
export async function simulator(): Promise<readonly Figure[]> {
  const engine = await onnxruntime();
  const scheme = schemeDefinition("static")?.build("static", { samples: 64 });
  if (!scheme?.calibration) throw new Error("bench: no static scheme");
  const data = {
    name: "strokes",
    reader: "strokes",
    path: "",
    settings: { count: 1000, split: { train: 0.8, test: 0.2, seed: 7 } },
  };
  const path = join(ownPackage().folder, "datasets/models/strokes-cnn/model.json");
  const input = {
    model: { name: "strokes_cnn", format: "tfjs", path },
    data,
    folder: mkdtempSync(join(tmpdir(), "nibble-bench-")),
    calibrations: [scheme.calibration],
    seed: 1,
    paritySamples: 1,
  };
  const { opened } = await openExperiment(input, { engine, dataset: await openDataset(data) });
  const graph = quantizeGraph(opened.graph, scheme, opened.ranges(scheme.calibration));
  const batch = feeds(opened.graph, opened.dataset, opened.dataset.splits.test.subarray(0, BATCH));
  const session = await engine.load(toOnnx(graph), { threads: 1, optimization: "all" });
  const executed = session.bind(batch);
  const simulated = loadSimulator(graph).bind(batch);
  const ratios: number[] = [];
  for (let round = 0; round < ROUNDS; round++) ratios.push((await timeOf(simulated)) / (await timeOf(executed)));
  await session.close();
  const ratio = median(ratios.slice(ROUNDS / 5));
  return [
    {
      name: `simulator: strokes-cnn, static int8, batch ${BATCH}, one thread`,
      promise: "<= 20x the engine's time",
      measured: `${ratio.toFixed(1)}x`,
      met: ratio <= 20,
    },
  ];
}

async function timeOf(run: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}
