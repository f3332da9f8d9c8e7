import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { toOnnx } from "../../src/backends/onnx/write.js";
import { ownPackage } from "../../src/base/package.js";
import { onnxruntime } from "../../src/engines/onnxruntime.js";
import { exposeLayers } from "../../src/quantize/layers.js";
import { planStatic } from "../../src/quantize/passes/static/plan.js";
import { quantizeGraph } from "../../src/quantize/quantize.js";
import { schemeDefinition } from "../../src/quantize/registry.js";
import type { Scheme } from "../../src/quantize/scheme.js";
import { simulateGraph } from "../../src/quantize/simulate.js";
import { activationFormats, weightFormats } from "../../src/quantize/vocabulary.js";
import { batches, feeds, floatOutput } from "../../src/run/inference.js";
import { openDataset } from "../../src/run/inputs.js";
import { type Opened, openExperiment } from "../../src/run/opened.js";
import { simulating } from "../../src/run/simulating.js";
import { evaluate } from "../../src/run/trial.js";

const { folder: root } = ownPackage();
const options = { threads: 1, optimization: "all" } as const;
const measures = { accuracy: true, latency: [{ batch: 1, threads: 1 }], size: true, memory: true, layers: true };

function schemeOf(mode: string, settings = {}, execution?: "simulated"): Scheme {
  const scheme = schemeDefinition(mode)?.build(mode, settings);
  if (!scheme) throw new Error(`no scheme ${mode}`);
  return execution ? { ...scheme, execution } : scheme;
}

/** The digits CNN with a share of the digits as test samples. */
async function openDigits(test: number): Promise<Opened> {
  const data = {
    name: "digits",
    reader: "csv",
    path: join(root, "datasets/digits/digits.csv"),
    settings: { label: "digit", shape: [8, 8, 1], scale: 1 / 16, split: { train: 0.9, test, seed: 7 } },
  };
  const input = {
    model: { name: "net", format: "tfjs", path: join(root, "datasets/models/digits-cnn/model.json") },
    data,
    folder: mkdtempSync(join(tmpdir(), "nibble-simulated-")),
    calibrations: [schemeOf("static", { samples: 64 }).calibration ?? { observer: "minmax" as const, samples: 64 }],
    seed: 1,
    paritySamples: 1,
  };
  return (await openExperiment(input, { engine: await onnxruntime(), dataset: await openDataset(data) })).opened;
}

let opened: Opened;
let few: Opened;
beforeAll(async () => {
  opened = await openDigits(0.1);
  few = await openDigits(0.01);
}, 60_000);

const trial = (mode: string, settings: object, on = opened) =>
  evaluate(on, { id: "sha256:0123456789abcdef", scheme: schemeOf(mode, settings, "simulated"), measures });

/** Outputs of every layer of the executed and of the simulated graph over the test split. */
async function comparedLayers(scheme: Scheme) {
  const { engine, graph, dataset } = opened;
  // What is only moved has the scale of its source.
  const { rootOf } = planStatic(graph);
  const ranges = scheme.calibration && opened.ranges(scheme.calibration);
  const executed = exposeLayers(graph, quantizeGraph(graph, scheme, ranges));
  const simulated = exposeLayers(graph, simulateGraph(graph, scheme, ranges).graph);
  const right = await engine.load(toOnnx(executed.quantized), options);
  const left = await simulating(engine, simulated.quantized).load("", options);
  const float = await engine.load(toOnnx(executed.float), options);
  const same = executed.layers.filter(({ value }) => simulated.layers.some((each) => each.value === value));
  const worst = new Map<string, number>();
  let [sameTop, samples] = [0, 0];
  for (const batch of batches(dataset.splits.test)) {
    const input = feeds(graph, dataset, batch);
    const [a, b, exact] = [await right.run(input), await left.run(input), await float.run(input)];
    for (const { layer, value } of same) {
      const [x, y, z] = [a, b, exact].map((outputs) => floatOutput(outputs, value).data as Float32Array) as [
        Float32Array,
        Float32Array,
        Float32Array,
      ];
      const range = ranges?.get(rootOf(value)) ?? {
        max: z.reduce((p, q) => Math.max(p, q)),
        min: z.reduce((p, q) => Math.min(p, q)),
      };
      const step = (range.max - range.min) / 255;
      const difference = x.reduce((most, v, i) => Math.max(most, Math.abs(v - (y[i] as number))), 0);
      worst.set(layer, Math.max(worst.get(layer) ?? 0, difference / step));
    }
    const output = graph.outputs[0]?.name ?? "";
    const [p, q] = [a, b].map((outputs) => topOf(floatOutput(outputs, output).data as Float32Array, batch.length));
    p?.forEach((top, i) => {
      sameTop += top === q?.[i] ? 1 : 0;
      samples++;
    });
  }
  for (const session of [left, right, float]) await session.close();
  return { worst, sameTop: sameTop / samples };
}

function topOf(scores: Float32Array, rows: number): number[] {
  const width = scores.length / rows;
  return Array.from({ length: rows }, (_, row) => {
    const own = scores.subarray(row * width, (row + 1) * width);
    return own.indexOf(Math.max(...own));
  });
}

test("static int8 simulated is what executes: within a step on every layer, the same class on 99.9%", async () => {
  const { worst, sameTop } = await comparedLayers(schemeOf("static", { samples: 64 }));
  expect(worst.size).toBeGreaterThan(3);
  // One code is one step but for the rounding of float32.
  for (const [layer, steps] of worst) expect([layer, steps <= 1.001]).toEqual([layer, true]);
  expect(sameTop).toBeGreaterThanOrEqual(0.999);
});

test("a simulated trial has accuracy, size, SQNR of its layers and no file, and attests nothing", async () => {
  const result = await trial("weight_only", { weights: "int3" });
  expect(result).toMatchObject({
    path: "",
    attestation: {
      integerNodes: 0,
      floatNodes: 0,
      attested: false,
      reason: "simulated: computed in float32 on values as int3 hold them; no integer kernel ran",
    },
    accuracy: { top1: { n: 180 }, flips: expect.any(Number) },
  });
  const { bytes, ratio, codes, scales, zeroPoints, float, other } = result.size;
  expect(bytes).toBe(codes + scales + zeroPoints + float + other);
  expect(ratio).toBeCloseTo(bytes / opened.fp32.bytes.length, 12);
  expect(result.layers?.length).toBeGreaterThan(3);
  expect(result.layers?.every(({ sqnrDb }) => sqnrDb === null || Number.isFinite(sqnrDb))).toBe(true);
});

/** Mean SQNR of the layers that multiply. */
async function meanSqnr(mode: string, settings: object): Promise<number> {
  const { layers = [] } = await trial(mode, settings);
  const decibels = layers.flatMap(({ layer, sqnrDb }) => (/conv|dense/.test(layer) && sqnrDb !== null ? [sqnrDb] : []));
  return decibels.reduce((sum, each) => sum + each, 0) / decibels.length;
}

test("each bit more of weights and activations gains about 6 dB", async () => {
  const widths = [3, 4, 5, 6, 7, 8];
  const sqnr: number[] = [];
  for (const bits of widths) {
    sqnr.push(await meanSqnr("static", { weights: `int${bits}`, activations: `uint${bits}`, samples: 64 }));
  }
  const gains = sqnr.slice(1).map((each, i) => each - (sqnr[i] as number));
  for (const gain of gains) expect(gain).toBeGreaterThan(3);
  const mean = gains.reduce((sum, each) => sum + each, 0) / gains.length;
  expect(mean).toBeGreaterThan(5);
  expect(mean).toBeLessThan(7.5);
}, 30_000);

test("four bits with finer or better placed scales lose less", async () => {
  const of = (weights: string) => meanSqnr("weight_only", { weights });
  const [nvfp4, mxfp4, nf4, mxfp8, fp8, bf16] = [
    await of("nvfp4"),
    await of("mxfp4"),
    await of("nf4"),
    await of("mxfp8_e4m3"),
    await of("fp8_e4m3"),
    await of("bf16"),
  ];
  expect(nvfp4).toBeGreaterThan(mxfp4);
  expect(nf4).toBeGreaterThan(mxfp4);
  expect(mxfp8).toBeGreaterThan(nvfp4 + 6);
  expect(fp8).toBeGreaterThan(nvfp4 + 6);
  expect(bf16).toBeGreaterThan(fp8 + 10);
}, 30_000);

/** Integers between the widths that are asked for are the same code with another number. */
const notBetween = ({ name }: { readonly name: string }) => !/int([5679]|1[0-5])$/.test(name);

describe("every format that a program can name runs, and nothing of it is NaN", () => {
  test("weights", async () => {
    for (const { name } of weightFormats.filter(notBetween)) {
      const { accuracy, size } = await trial("weight_only", { weights: name }, few);
      expect([name, Number.isFinite(accuracy.drop.value), Number.isFinite(size.ratio)]).toEqual([name, true, true]);
    }
  }, 60_000);

  test("activations", async () => {
    for (const { name } of activationFormats.filter(notBetween)) {
      const { accuracy } = await trial("static", { activations: name, samples: 64 }, few);
      expect([name, Number.isFinite(accuracy.drop.value)]).toEqual([name, true]);
    }
  }, 60_000);
});

test("fp16 weights execute: half the bytes, the classes of fp32", async () => {
  const scheme = schemeOf("weight_only", { weights: "fp16" });
  const result = await evaluate(opened, { id: "sha256:0123456789abcdef", scheme, measures });
  expect(result.path).not.toBe("");
  expect(result.size.ratio).toBeGreaterThan(0.5);
  expect(result.size.ratio).toBeLessThan(0.51);
  expect(result.accuracy.flips).toBe(0);
  expect(result.attestation).toMatchObject({ attested: true, integerNodes: 0 });
});
