import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { attest } from "../../src/backends/onnx/attest.js";
import { toOnnx } from "../../src/backends/onnx/write.js";
import { seededRandom } from "../../src/base/random.js";
import { onnxruntime } from "../../src/engines/onnxruntime.js";
import { graphBuilder } from "../../src/ir/builder.js";
import { BATCH, type Graph } from "../../src/ir/graph.js";
import type { LatencyResult } from "../../src/measure/speedup.js";
import { prepare } from "../../src/quantize/passes/float/prepare.js";
import { quantizeGraph } from "../../src/quantize/quantize.js";
import type { Scheme } from "../../src/quantize/scheme.js";
import { fullEffort, startTuner, timeTrial } from "../../src/run/latency-trial.js";
import { startWorker } from "../../src/run/process.js";
import { type Tensor, tensor } from "../../src/tensor/tensor.js";
import { type Figure, ratioText } from "./figure.js";

/** Dense layers of the given widths with ReLU between them, weights N(0, 1 / inputs), as a frontend would emit them. */
export function denseNet(widths: readonly number[]): Graph {
  const random = seededRandom(1);
  const normal = (shape: readonly number[], scale: number): Tensor<"float32"> =>
    tensor(
      "float32",
      shape,
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal() * scale),
    );
  const build = graphBuilder("dense");
  let value = build.input("x", "float32", [BATCH, widths[0] ?? 1]);
  for (let i = 1; i < widths.length; i++) {
    const [inputs, outputs] = [widths[i - 1] as number, widths[i] as number];
    const layer = `dense_${i}`;
    const kernel = build.constant(`${layer}/kernel`, normal([inputs, outputs], 1 / Math.sqrt(inputs)));
    const bias = build.constant(`${layer}/bias`, normal([outputs], 0.1));
    value = build.node("Gemm", [value, kernel, bias], {}, { name: layer, layer });
    if (i + 1 < widths.length) value = build.node("Relu", [value], {}, { name: `${layer}/Relu`, layer });
  }
  return build.build([value]);
}

/** Times a dense net quantized by `scheme` against its best fp32, batch 1, one thread. Throws where it does not run as integers. */
export async function timeDense(widths: readonly number[], scheme: Scheme): Promise<LatencyResult> {
  const folder = mkdtempSync(join(tmpdir(), "nibble-bench-"));
  const float = prepare(denseNet(widths));
  const paths = { baseline: join(folder, "fp32.onnx"), trial: join(folder, "trial.onnx") };
  writeFileSync(paths.baseline, toOnnx(float));
  const quantized = quantizeGraph(float, scheme);
  writeFileSync(paths.trial, toOnnx(quantized));
  const optimizedModelPath = join(folder, "optimized.onnx");
  const engine = await onnxruntime();
  await (await engine.load(paths.trial, { threads: 1, optimization: "all", optimizedModelPath })).close();
  const { attested, reason } = attest(quantized, readFileSync(optimizedModelPath));
  if (!attested) throw new Error(`${scheme.name}: ${reason}`);
  const width = widths[0] ?? 1;
  const random = seededRandom(2);
  const x = tensor(
    "float32",
    [1, width],
    Float32Array.from({ length: width }, () => random.normal()),
  );
  const measure = { batch: 1, threads: 1 };
  const tuner = startTuner(fullEffort, startWorker);
  return timeTrial(paths, { x }, measure, { effort: fullEffort, tuner, seed: 1, attested, startWorker });
}

/** Speed of dense layers, as MatMulInteger and as MatMulNBits. */
export async function dense(): Promise<readonly Figure[]> {
  const dynamic: Scheme = {
    name: "dynamic",
    mode: "dynamic",
    weights: { dtype: "int8", granularity: "per_channel" },
    activations: { dtype: "uint8" },
    keep: {},
  };
  const int4: Scheme = {
    name: "w4",
    mode: "weight_only",
    weights: { dtype: "int4", granularity: "group", group: 32 },
    method: "rtn",
    keep: {},
  };
  const cases = [
    { name: "dense 64-1024-1024-1024-10, dynamic int8", widths: [64, 1024, 1024, 1024, 10], scheme: dynamic, bound: 2 },
    { name: "dense 1x2048x2048, dynamic int8", widths: [2048, 2048], scheme: dynamic, bound: 2 },
    { name: "dense 1x4096x4096, weight_only int4 by 32", widths: [4096, 4096], scheme: int4, bound: 4 },
  ];
  const figures: Figure[] = [];
  for (const { name, widths, scheme, bound } of cases) {
    const { speedup } = await timeDense(widths, scheme);
    const measured = ratioText(speedup);
    figures.push({ name: `${name}: speed`, promise: `>= ${bound}x best fp32`, measured, met: speedup.value >= bound });
  }
  return figures;
}
