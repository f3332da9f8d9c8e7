import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { onnxruntime } from "../../src/engines/onnxruntime.js";
import { openDataset } from "../../src/run/inputs.js";
import { openExperiment } from "../../src/run/opened.js";
import { evaluate } from "../../src/run/trial.js";
import { scheme } from "../faults/injected.js";

/** A face mesh: 468 points in three dimensions, of which none is the answer. */
const facemesh = resolve(dirname(fileURLToPath(import.meta.url)), "../../../shared/models/facemesh/model.json");
const data = {
  name: "noise",
  reader: "random",
  settings: { shape: [192, 192, 3], count: 20, split: { train: 0.5, test: 0.5, seed: 7 } },
};

test.skipIf(!existsSync(facemesh))("the error of a face mesh is what the SQNR of its outputs says", async () => {
  const usual = scheme("static", { samples: 10 });
  const input = {
    model: { name: "mesh", format: "tfjs", path: facemesh },
    ...{ data, folder: mkdtempSync(join(tmpdir(), "nibble-mesh-")), seed: 1, paritySamples: 1 },
    calibrations: usual.calibration ? [usual.calibration] : [],
  };
  const { opened } = await openExperiment(input, { engine: await onnxruntime(), dataset: await openDataset(data) });
  const measures = { accuracy: true, latency: [], size: false, memory: false };
  const { accuracy, split, gap, attestation } = await evaluate(opened, {
    id: "sha256:0123456789abcdef",
    scheme: usual,
    measures,
  });
  const { relativeError, drop } = accuracy ?? {};
  expect(accuracy).not.toHaveProperty("flips");
  expect(relativeError?.n).toBe(10);
  expect(drop).toEqual({ value: relativeError?.value, ci95: relativeError?.ci95 });
  // SQNR is of all samples together, the error the mean of each.
  const ofAll = 10 ** (-(split?.all.sqnrDb ?? 0) / 20);
  expect((relativeError?.value ?? 0) / ofAll).toBeGreaterThan(0.8);
  expect((relativeError?.value ?? 0) / ofAll).toBeLessThanOrEqual(1.05);
  expect(gap?.accuracy).toBeCloseTo(0, 12);
  expect(attestation.crossCheck).not.toHaveProperty("sameTop");
});
