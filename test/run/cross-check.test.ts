import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { toOnnx } from "../../src/backends/onnx/write.js";
import { readCpu } from "../../src/base/cpu.js";
import { ownPackage } from "../../src/base/package.js";
import { onnxruntime } from "../../src/engines/onnxruntime.js";
import { cpuProfile } from "../../src/quantize/profile.js";
import { quantizeGraph } from "../../src/quantize/quantize.js";
import { crossCheck } from "../../src/run/cross-check.js";
import { configured, engineConfig } from "../../src/run/engine-config.js";
import { outputsOf } from "../../src/run/inference.js";
import { openDataset } from "../../src/run/inputs.js";
import { openExperiment } from "../../src/run/opened.js";
import { probePairSums } from "../../src/run/pair-sums.js";
import { digits, scheme } from "../faults/injected.js";

const { folder: root } = ownPackage();
const strokes = { name: "strokes", reader: "strokes", settings: { count: 2000 } };
const usual = scheme("static", { samples: 32 });

async function openedModel(model: string) {
  const data = model.startsWith("strokes") ? strokes : digits;
  const input = {
    model: { name: "net", format: "tfjs", path: join(root, `datasets/models/${model}/model.json`) },
    ...{ data, folder: mkdtempSync(join(tmpdir(), "nibble-cross-")), seed: 1, paritySamples: 1 },
    calibrations: usual.calibration ? [usual.calibration] : [],
  };
  const { opened } = await openExperiment(input, { engine: await onnxruntime(), dataset: await openDataset(data) });
  return opened;
}

test.each([
  ["digits-mlp", 3],
  ["digits-cnn", 4],
  ["strokes-cnn", 7],
])("%s: both forms give the same, fused and as written, with %i integer nodes", async (model, integerNodes) => {
  const opened = await openedModel(model);
  for (const each of [usual, scheme("static", { samples: 32, reduce_range: true })]) {
    const ranges = each.calibration && opened.ranges(each.calibration);
    const check = await crossCheck(opened, quantizeGraph(opened.graph, each, ranges));
    expect(check).toMatchObject({ samples: 64, integerNodes, sameTop: 1 });
    expect(check?.disagreement).toBeUndefined();
    expect(check?.maxSteps).toBeLessThanOrEqual(1);
    expect(check?.unfused?.sameTop).toBeGreaterThanOrEqual(0.99);
  }
});

test("precise mode runs other kernels with the same results, where the usual ones are exact", async () => {
  const opened = await openedModel("digits-cnn");
  const precise = scheme("static", { samples: 32, precise: true });
  const { dataset, engine, pairSums } = opened;
  const graph = quantizeGraph(opened.graph, precise, precise.calibration && opened.ranges(precise.calibration));
  const samples = dataset.splits.test.subarray(0, 64);
  const outputs = async (by: typeof engine) => outputsOf(by, toOnnx(graph), graph, dataset, samples);
  const exact = await outputs(configured(engine, engineConfig(precise)));
  if (pairSums?.length === 0) expect(exact).toEqual(await outputs(engine));
  // QLinearMatMul of opset 21 alone keeps its int8 weights.
  const probe = await probePairSums(configured(engine, engineConfig(precise)));
  expect(probe.filter(({ kernel }) => kernel !== "QLinearMatMul")).toEqual([]);
});

test("onnxruntime on this CPU adds as its flags promise", async () => {
  const { arch, flags } = readCpu();
  if (cpuProfile(arch, flags).name !== "x64-vnni") return;
  expect(await probePairSums(await onnxruntime())).toEqual([]);
});
