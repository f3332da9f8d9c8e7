/** Calibrates strokes-cnn with argv[2] samples in this process, and prints the largest resident memory that it had, bytes. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ownPackage } from "../../src/base/package.js";
import { onnxruntime } from "../../src/engines/onnxruntime.js";
import { peakRssBytes } from "../../src/measure/memory.js";
import { openDataset } from "../../src/run/inputs.js";
import { openExperiment } from "../../src/run/opened.js";

const samples = Number(process.argv[2]);
const { folder: root } = ownPackage();
const data = {
  name: "noise",
  reader: "random",
  // As many samples in both runs: what the data set itself holds is no part of the figure.
  settings: { shape: [32, 32, 1], count: 5000, seed: 1, split: { train: 0.9, test: 0.1, seed: 1 } },
};
const input = {
  model: { name: "strokes", format: "tfjs", path: join(root, "datasets/models/strokes-cnn/model.json") },
  ...{ data, folder: mkdtempSync(join(tmpdir(), "nibble-calibration-")), seed: 1, paritySamples: 1 },
  calibrations: [{ observer: "minmax" as const, samples }],
};
await openExperiment(input, { engine: await onnxruntime(), dataset: await openDataset(data) });
process.stdout.write(String(peakRssBytes()));
