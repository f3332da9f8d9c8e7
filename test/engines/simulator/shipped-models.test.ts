import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { toOnnx } from "../../../src/backends/onnx/write.js";
import { ownPackage } from "../../../src/base/package.js";
import { onnxruntime } from "../../../src/engines/onnxruntime.js";
import { quantizeGraph } from "../../../src/quantize/quantize.js";
import { schemeDefinition } from "../../../src/quantize/registry.js";
import type { Scheme } from "../../../src/quantize/scheme.js";
import { measureGap } from "../../../src/run/gap.js";
import { score } from "../../../src/run/inference.js";
import { openDataset } from "../../../src/run/inputs.js";
import { openExperiment } from "../../../src/run/opened.js";

/** Agreement of the simulator with the engine on every layer of every model that ships, over real test samples. */

const { folder: root } = ownPackage();

function schemeOf(mode: string, settings = {}): Scheme {
  const scheme = schemeDefinition(mode)?.build(mode, settings);
  if (!scheme) throw new Error(`no scheme ${mode}`);
  return scheme;
}

const schemes = [
  schemeOf("static", { samples: 64 }),
  schemeOf("dynamic"),
  schemeOf("weight_only", { weights: "int8" }),
  schemeOf("weight_only", { weights: "int4" }),
];

const digits = {
  name: "digits",
  reader: "csv",
  path: join(root, "datasets/digits/digits.csv"),
  settings: { label: "digit", shape: [8, 8, 1], scale: 1 / 16, split: { train: 0.8, test: 0.2, seed: 7 } },
};
/** 256 test samples: each goes through the engine and the simulator by four schemes. */
const strokes = {
  name: "strokes",
  reader: "strokes",
  path: "",
  settings: { count: 1280, split: { train: 0.8, test: 0.2, seed: 7 } },
};

describe.each([
  ["digits-mlp", digits],
  ["digits-cnn", digits],
  ["strokes-cnn", strokes],
])("%s", async (name, data) => {
  const engine = await onnxruntime();
  const input = {
    model: { name: "net", format: "tfjs", path: join(root, `datasets/models/${name}/model.json`) },
    data,
    folder: mkdtempSync(join(tmpdir(), "nibble-simulator-")),
    calibrations: schemes.flatMap(({ calibration }) => calibration ?? []),
    seed: 1,
    paritySamples: 1,
  };
  const { opened } = await openExperiment(input, { engine, dataset: await openDataset(data) });

  test.each(schemes.map((scheme) => [`${scheme.name} ${scheme.weights?.dtype}`, scheme] as const))(
    "%s: every layer within one step, the top class the same in 99.9%",
    async (_, scheme) => {
      const ranges = scheme.calibration && opened.ranges(scheme.calibration);
      const quantized = quantizeGraph(opened.graph, scheme, ranges);
      const batch = scheme.mode === "dynamic" ? { batchSize: 1 } : {};
      const { scores } = await score(engine, toOnnx(quantized), quantized, opened.dataset, batch);
      const gap = await measureGap(opened, quantized, scores);
      expect(gap?.samples).toBe(opened.dataset.splits.test.length);
      expect(gap?.agreement).toBeGreaterThanOrEqual(0.999);
      // Static is integer from end to end, and the same to the bit; the others have float layers between.
      expect(gap?.maxSteps).toBeLessThanOrEqual(scheme.mode === "static" ? 0 : 1);
    },
  );
});
