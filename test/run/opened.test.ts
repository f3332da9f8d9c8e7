import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { toOnnx } from "../../src/backends/onnx/write.js";
import { ownPackage } from "../../src/base/package.js";
import type { Dataset } from "../../src/datasets/dataset.js";
import type { Engine } from "../../src/engines/engine.js";
import { onnxruntime } from "../../src/engines/onnxruntime.js";
import type { Calibration } from "../../src/quantize/scheme.js";
import { openDataset, openModel } from "../../src/run/inputs.js";
import { openExperiment } from "../../src/run/opened.js";
import { evaluate } from "../../src/run/trial.js";

const { folder: root } = ownPackage();

const model = { name: "net", format: "tfjs", path: join(root, "datasets/models/digits-cnn/model.json") };
const data = {
  name: "digits",
  reader: "csv",
  path: join(root, "datasets/digits/digits.csv"),
  settings: {
    label: "digit",
    shape: [8, 8, 1],
    scale: 1 / 16,
    split: { train: 0.9, test: 0.1, seed: 7 },
  },
};
const calibrations: readonly Calibration[] = [
  { observer: "minmax", samples: 40 },
  { observer: "percentile", percentile: 99.9, samples: 64 },
  { observer: "entropy", samples: 64 },
  { observer: "mse", samples: 16 },
];

/** The data set, and each sample that was read of it in order. */
function watched(dataset: Dataset) {
  const read: number[] = [];
  const reading: Dataset = {
    ...dataset,
    read: (indices) => {
      read.push(...Array.from(indices));
      return dataset.read(indices);
    },
  };
  return { dataset: reading, read };
}

/** The engine, and for each session that it loaded the samples that ran through it. */
function counted(engine: Engine) {
  const samples: number[] = [];
  const counting: Engine = {
    ...engine,
    async load(bytes, options) {
      const session = await engine.load(bytes, options);
      const place = samples.push(0) - 1;
      return {
        ...session,
        run(feeds) {
          samples[place] = (samples[place] ?? 0) + (Object.values(feeds)[0]?.shape[0] ?? 0);
          return session.run(feeds);
        },
      };
    },
  };
  return { engine: counting, samples };
}

async function opened() {
  const { dataset, read } = watched(await openDataset(data));
  const { engine, samples } = counted(await onnxruntime());
  const folder = mkdtempSync(join(tmpdir(), "nibble-opened-"));
  const input = { model, data, folder, calibrations, seed: 1, paritySamples: 32 };
  const { opened } = await openExperiment(input, { engine, dataset });
  return { opened, dataset, read, samples };
}

test("four calibrations take one pass over the training split, and fp32 one over the test split", async () => {
  const { dataset, read, samples } = await opened();
  const test = new Set(dataset.splits.test);
  const train = new Set(dataset.splits.train);
  const calibrated = read.filter((index) => !test.has(index));
  expect(calibrated).toHaveLength(64);
  expect(new Set(calibrated).size).toBe(64);
  expect(calibrated.filter((index) => !train.has(index))).toEqual([]);
  expect(samples).toEqual([test.size, 64, 1, 32]); // fp32, calibration, the sums of this CPU, parity
});

test("what the test split holds changes no range: calibration has not seen it", async () => {
  const ranges = async (spoil: boolean) => {
    const real = await openDataset(data);
    const inTest = new Set(real.splits.test);
    const dataset: Dataset = {
      ...real,
      read: (indices) =>
        real.read(indices).map((tensor) => {
          const width = tensor.data.length / indices.length;
          const values = tensor.data.map((value, i) =>
            spoil && inTest.has(indices[Math.floor(i / width)] as number) ? 1000 : value,
          );
          return { ...tensor, data: values };
        }),
    };
    const folder = mkdtempSync(join(tmpdir(), "nibble-opened-"));
    const input = { model, data, folder, calibrations, seed: 1, paritySamples: 1 };
    const { opened } = await openExperiment(input, { engine: await onnxruntime(), dataset });
    return calibrations.map((calibration) => [...opened.ranges(calibration)]);
  };
  expect(await ranges(true)).toEqual(await ranges(false));
});

test("fp32 and every scheme start from the one float graph, batch norm folded", async () => {
  const { opened: experiment } = await opened();
  const before = await openModel(model);
  const normalized = before.graph.nodes.filter(({ opType }) => opType === "BatchNormalization");
  expect(normalized).toHaveLength(2);
  expect(experiment.graph.nodes.filter(({ opType }) => opType === "BatchNormalization")).toEqual([]);
  expect(Buffer.from(experiment.fp32.bytes).equals(toOnnx(experiment.graph))).toBe(true);
});

test("a trial runs the test split through its own model once, and calibrates nothing", async () => {
  const { opened: experiment, dataset, read, samples } = await opened();
  read.length = 0;
  samples.length = 0;
  const calibration = calibrations[0] as Calibration;
  const scheme = {
    name: "static",
    mode: "static",
    weights: { dtype: "int8", granularity: "per_channel" },
    activations: { dtype: "uint8" },
    calibration,
    keep: {},
  } as const;
  const measures = { accuracy: true, latency: [], size: true, memory: false, layers: true };
  const { attestation } = await evaluate(experiment, { id: "sha256:0123456789abcdef", scheme, measures });
  expect(attestation.attested).toBe(true);
  const test = new Set(dataset.splits.test);
  expect(read.filter((index) => !test.has(index))).toEqual([]);
  expect(samples[0]).toBe(test.size);
});
