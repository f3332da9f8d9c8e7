import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readOnnxNodes } from "../../src/backends/onnx/read.js";
import { toOnnx } from "../../src/backends/onnx/write.js";
import { seededRandom } from "../../src/base/random.js";
import { onnxruntime } from "../../src/engines/onnxruntime.js";
import { graphBuilder } from "../../src/ir/builder.js";
import { openDataset } from "../../src/run/inputs.js";
import { openExperiment } from "../../src/run/opened.js";
import { evaluate } from "../../src/run/trial.js";
import { elementCount, type Tensor, tensor } from "../../src/tensor/tensor.js";

const random = seededRandom(4);

function noise(shape: readonly number[]): Tensor<"float32"> {
  return tensor(
    "float32",
    shape,
    Float32Array.from({ length: elementCount(shape) }, () => 0.3 * random.normal()),
  );
}

/** How nets of pictures begin: a convolution of stride 2 over three channels; then a mean and one dense layer. */
function stem(): Uint8Array {
  const g = graphBuilder("stem");
  const image = g.input("image", "float32", ["batch", 3, 16, 16]);
  const inputs = [image, g.constant("conv/kernel", noise([16, 3, 3, 3])), g.constant("conv/bias", noise([16]))];
  const windows = { kernel_shape: [3, 3], strides: [2, 2], pads: [0, 0, 1, 1] };
  const conv = g.node("Conv", inputs, windows, { name: "conv", layer: "conv" });
  const relu = g.node("Relu", [conv], {}, { name: "relu", layer: "relu" });
  const flat = g.node("Flatten", [g.node("GlobalAveragePool", [relu], {}, { name: "pool" })], {}, { name: "flat" });
  const head = [flat, g.constant("head/kernel", noise([16, 4])), g.constant("head/bias", noise([4]))];
  return toOnnx(g.build([g.node("Gemm", head, {}, { name: "head", layer: "head" })]));
}

test("a stem is written over squares of pixels, and is attested, compared with its QDQ form and explained as ever", async () => {
  const folder = mkdtempSync(join(tmpdir(), "nibble-form-"));
  const path = join(folder, "stem.onnx");
  writeFileSync(path, stem());
  const calibration = { observer: "minmax", samples: 8 } as const;
  const data = {
    ...{ name: "noise", reader: "random" },
    settings: { shape: [3, 16, 16], count: 32, split: { train: 0.5, test: 0.5, seed: 1 } },
  };
  const input = { model: { name: "stem", format: "onnx", path }, data, calibrations: [calibration], paritySamples: 2 };
  const edges = { engine: await onnxruntime(), dataset: await openDataset(data) };
  const { opened } = await openExperiment({ ...input, folder, seed: 1 }, edges);
  const result = await evaluate(opened, {
    id: "sha256:0123456789abcdef",
    scheme: {
      ...{ name: "static", mode: "static", calibration, keep: {} },
      ...{ weights: { dtype: "int8", granularity: "per_channel" }, activations: { dtype: "uint8" } },
    },
    measures: { accuracy: true, latency: [], size: true, memory: false, layers: true },
  });
  const nodes = readOnnxNodes(readFileSync(result.path));
  expect(nodes.filter(({ opType }) => ["Split", "Concat"].includes(opType)).map(({ name }) => name)).toEqual([
    "conv/Split",
    "conv/Concat",
  ]);
  expect([result.attestation.attested, result.attestation.hazards ?? []]).toEqual([true, []]);
  expect(result.attestation.crossCheck?.maxSteps).toBeLessThanOrEqual(1);
  // 27 weights of a channel, in 48 places of 2x2 squares of 12 channels; the dense layer's 64.
  expect(result.size.codes).toBe(16 * 48 + 64);
  expect(result.split?.weightsOnly.sqnrDb).toBeGreaterThan(20);
  expect(result.split?.activationsOnly?.sqnrDb).toBeGreaterThan(20);
  expect(result.layers?.map(({ layer }) => layer)).toEqual(["conv", "relu", "pool", "flat", "head"]);
});
