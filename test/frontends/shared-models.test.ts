import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Tensor as TfTensor } from "@tensorflow/tfjs";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { expect, test } from "vitest";
import { attest } from "../../src/backends/onnx/attest.js";
import { toOnnx } from "../../src/backends/onnx/write.js";
import { seededRandom } from "../../src/base/random.js";
import { openTfjs } from "../../src/frontends/tfjs-model.js";
import type { Graph } from "../../src/ir/graph.js";
import { maxRelativeError } from "../../src/measure/parity.js";
import { startCalibration } from "../../src/quantize/calibrate.js";
import { prepare } from "../../src/quantize/passes/float/prepare.js";
import { quantizeGraph } from "../../src/quantize/quantize.js";
import type { Scheme } from "../../src/quantize/scheme.js";
import { leastScales } from "../../src/run/output-scale.js";
import { PARITY_LIMIT } from "../../src/run/parity.js";
import { elementCount, type Tensor, tensor } from "../../src/tensor/tensor.js";
import { tf } from "./tfjs/parity.js";

const shared = resolve(dirname(fileURLToPath(import.meta.url)), "../../../shared/models");
const names = ["abalone", "blazeface", "emotion", "facemesh"];

/** Codes of 8 bits in a net of a hundred layers, on noise: the worst output of the four keeps this many dB. */
const LEAST_DB = 5;

const calibration = { observer: "minmax", samples: 3 } as const;
const scheme: Scheme = {
  name: "static",
  mode: "static",
  weights: { dtype: "int8", granularity: "per_channel" },
  activations: { dtype: "uint8" },
  calibration,
  method: "rtn",
  keep: {},
};

test.skipIf(!existsSync(shared)).each(names)(
  "%s: every output as in TF.js, static int8 on integer kernels alone, close to fp32, from a file too",
  async (name) => {
    const folder = await mkdtemp(join(tmpdir(), "shared-models-"));
    try {
      const float = prepare((await openTfjs(join(shared, name))).lower({}));
      const [x = noise(float, 0)] = Array.from({ length: 3 }, (_, i) => noise(float, i));
      const baseline = await outputs(toOnnx(float), x);
      const expected = await tfjsOutputs(name, x);
      const scales = leastScales(float);
      // TF.js gives the outputs of a graph-model in no promised order, so each finds the one that it is.
      for (const [i, { name: output }] of float.outputs.entries()) {
        const values = baseline.get(output) ?? new Float32Array(0);
        const alike = expected.filter(({ length }) => length === values.length);
        const errors = alike.map((each) => maxRelativeError(each, values, scales[i]));
        expect(Math.min(...errors)).toBeLessThan(PARITY_LIMIT);
      }
      const quantized = quantizeGraph(float, scheme, await calibrated(float));
      const onnx = toOnnx(quantized);
      const optimizedModelFilePath = join(folder, "optimized.onnx");
      const actual = await outputs(onnx, x, { optimizedModelFilePath });
      const ran = attest(quantized, readFileSync(optimizedModelFilePath));
      expect(ran).toMatchObject({ attested: true, floatNodes: 0 });
      expect(ran.integerNodes).toBeGreaterThanOrEqual(products(float));
      for (const [output, values] of baseline) {
        expect(decibels(values, actual.get(output) ?? values.slice(0, 0))).toBeGreaterThan(LEAST_DB);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);

/** One sample, the same for the same seed; values in 0..1, as images are given. */
function noise({ inputs: [input] }: Graph, seed: number): Tensor<"float32"> {
  const shape = [1, ...(input?.type.shape.slice(1).map(Number) ?? [])];
  const random = seededRandom(seed);
  return tensor(
    "float32",
    shape,
    Float32Array.from({ length: elementCount(shape) }, () => random.next()),
  );
}

function products({ nodes }: Graph): number {
  return nodes.filter(({ opType }) => ["Conv", "MatMul", "Gemm"].includes(opType)).length;
}

async function outputs(
  onnx: Uint8Array,
  x: Tensor<"float32">,
  options: InferenceSession.SessionOptions = {},
): Promise<ReadonlyMap<string, Float32Array>> {
  const session = await InferenceSession.create(onnx, { intraOpNumThreads: 1, logSeverityLevel: 3, ...options });
  const found = await session.run({ [session.inputNames[0] ?? ""]: new OrtTensor("float32", x.data, x.shape) });
  await session.release();
  return new Map(Object.entries(found).map(([name, { data }]) => [name, data as Float32Array]));
}

async function calibrated(float: Graph) {
  const calibrator = startCalibration(float, [calibration]);
  const onnx = toOnnx(calibrator.graph);
  for (let i = 0; i < calibration.samples; i++) {
    const session = await InferenceSession.create(onnx, { intraOpNumThreads: 1, logSeverityLevel: 3 });
    const x = noise(float, i);
    const found = await session.run({ [session.inputNames[0] ?? ""]: new OrtTensor("float32", x.data, x.shape) });
    const values = Object.entries(found).map(([name, { data, dims }]): [string, Tensor] => [
      name,
      tensor("float32", dims, data as Float32Array),
    ]);
    calibrator.observe(Object.fromEntries(values), i);
    await session.release();
  }
  return calibrator.ranges(calibration);
}

async function tfjsOutputs(name: string, x: Tensor<"float32">): Promise<readonly Float32Array[]> {
  const url = pathToFileURL(join(shared, name, "model.json")).href;
  const input = tf.tensor(x.data, [...x.shape]);
  const model = name === "abalone" ? await tf.loadLayersModel(url) : await tf.loadGraphModel(url);
  return [model.predict(input) as TfTensor | TfTensor[]].flat().map((each) => each.dataSync() as Float32Array);
}

/** Signal over the noise of quantization. */
function decibels(expected: Float32Array, actual: Float32Array): number {
  const power = expected.reduce((sum, value) => sum + value ** 2, 0);
  const error = expected.reduce((sum, value, i) => sum + (value - (actual[i] ?? Number.NaN)) ** 2, 0);
  return 10 * Math.log10(power / error);
}
