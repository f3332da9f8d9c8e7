import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { toOnnx } from "../../src/backends/onnx/write.js";
import { ownPackage } from "../../src/base/package.js";
import type { Dataset } from "../../src/datasets/dataset.js";
import type { Engine } from "../../src/engines/engine.js";
import { onnxruntime } from "../../src/engines/onnxruntime.js";
import type { Graph } from "../../src/ir/graph.js";
import { parseGraph } from "../../src/ir/text.js";
import { quantizeGraph } from "../../src/quantize/quantize.js";
import { exposeQuantizedValues } from "../../src/quantize/quantized-values.js";
import { schemeDefinition } from "../../src/quantize/registry.js";
import type { Scheme } from "../../src/quantize/scheme.js";
import { measureGap } from "../../src/run/gap.js";
import { feeds, score, scoreFloat } from "../../src/run/inference.js";
import { openDataset } from "../../src/run/inputs.js";
import { type Opened, openExperiment } from "../../src/run/opened.js";
import { evaluate } from "../../src/run/trial.js";
import { tensorFrom } from "../../src/tensor/tensor.js";

const { folder: root } = ownPackage();

const float = parseGraph(`graph "net" {
  input %x: float32 [batch, 2]
  const %"a/kernel": float32 [2, 2] = [1, -0.5, 0.25, 1]
  const %"b/kernel": float32 [2, 2] = [1, 0.3, -0.2, 1]
  const %"b/bias": float32 [2] = [0, 0.35]
  %a = Gemm(%x, %"a/kernel") @layer "a" name "a/Gemm"
  %relu = Relu(%a) @layer "a" name "a/Relu"
  %b = Gemm(%relu, %"b/kernel", %"b/bias") @layer "b" name "b/Gemm"
  output %b: float32 [batch, 2]
}`);

/** Eight samples around a circle, all of them test samples; the class is the larger coordinate. */
const circle: Dataset = {
  name: "circle",
  hash: "sha256:circle",
  size: 8,
  inputShapes: [[2]],
  labels: { kind: "class", values: Int32Array.of(0, 1, 1, 1, 1, 1, 0, 0), classes: ["x", "y"] },
  splits: { train: new Int32Array(0), test: Int32Array.from([0, 1, 2, 3, 4, 5, 6, 7]) },
  read(indices) {
    const turn = (i: number) => 0.1 + (i * Math.PI) / 4;
    const points = Array.from(indices).flatMap((i) => [Math.cos(turn(i)), Math.sin(turn(i))]);
    return [tensorFrom("float32", [indices.length, 2], points)];
  },
};

function schemeOf(mode: string, settings = {}): Scheme {
  const scheme = schemeDefinition(mode)?.build(mode, settings);
  if (!scheme) throw new Error(`no scheme ${mode}`);
  return scheme;
}

const ranges = new Map(Object.entries({ x: { min: -1, max: 1 }, relu: { min: 0, max: 1.2 }, b: { min: -1, max: 2 } }));

async function openedCircle(engine: Engine, dataset: Dataset = circle): Promise<Opened> {
  const bytes = toOnnx(float);
  const scored = await scoreFloat(engine, bytes, float, dataset);
  return {
    engine,
    model: { name: "circle", format: "tfjs", path: "unused" },
    graph: float,
    dataset,
    folder: "unused",
    seed: 1,
    fp32: { bytes, path: "unused", ...scored },
    ranges: () => ranges,
  };
}

test.each([
  ["static", 0],
  ["dynamic", 1e-3],
  ["weight_only", 1e-3],
])("%s: a graph of two layers agrees on every sample", async (mode, bound) => {
  const engine = await onnxruntime();
  const quantized = quantizeGraph(float, schemeOf(mode), ranges);
  const { scores } = await score(engine, toOnnx(quantized), quantized, circle, { batchSize: 1 });
  const gap = await measureGap(await openedCircle(engine), quantized, scores);
  expect(gap).toMatchObject({ accuracy: 0, agreement: 1, samples: 8, layers: [{ layer: "a" }, { layer: "b" }] });
  expect(gap?.maxSteps).toBeLessThanOrEqual(bound);
});

/** The graph with the scale of a weight's first column multiplied: what a wrong kernel could do. */
function withFault(graph: Graph, scale: string, factor: number): Graph {
  const right = graph.initializers.get(scale);
  if (!right) throw new Error(`no ${scale}`);
  const wrong = { ...right, data: (right.data as Float32Array).map((value, i) => (i === 0 ? value * factor : value)) };
  return { ...graph, initializers: new Map([...graph.initializers, [scale, wrong]]) };
}

test("an engine that computes one layer wrongly is found: the layer, how far off it is, and what that does to accuracy", async () => {
  const engine = await onnxruntime();
  const quantized = quantizeGraph(float, schemeOf("static"), ranges);
  const faulty = withFault(quantized, "b/kernel:scale", 3);
  const opened = await openedCircle(engine);
  const right = await score(engine, toOnnx(quantized), quantized, circle);
  const wrong = await score(engine, toOnnx(faulty), faulty, circle);
  const lying: Engine = {
    ...engine,
    load: (_, options) => engine.load(toOnnx(exposeQuantizedValues(faulty).graph), options),
  };
  const gap = await measureGap({ ...opened, engine: lying }, quantized, wrong.scores);
  const share = (scores: Float64Array) => scores.reduce((sum, one) => sum + one, 0) / scores.length;
  expect(gap?.layers).toEqual([
    { layer: "a", maxSteps: 0 },
    { layer: "b", maxSteps: gap?.maxSteps },
  ]);
  expect(gap?.maxSteps).toBeGreaterThan(50);
  expect(gap?.accuracy).toBeCloseTo(share(right.scores.scores) - share(wrong.scores.scores), 12);
  expect(gap?.accuracy).toBeGreaterThan(0);
});

test("without labels both sides are held against fp32's outputs of the same samples", async () => {
  const engine = await onnxruntime();
  const { labels: _, ...unlabelled } = circle;
  const opened = await openedCircle(engine, unlabelled);
  const quantized = quantizeGraph(float, schemeOf("static"), ranges);
  const { scores } = await score(engine, toOnnx(quantized), quantized, unlabelled, { float: opened.fp32 });
  expect([scores.metric, opened.fp32.scores.metric]).toEqual(["relative_error", "relative_error"]);
  expect(Math.min(...scores.scores)).toBeGreaterThan(0);
  const gap = await measureGap(opened, quantized, scores);
  expect(gap).toMatchObject({ accuracy: 0, samples: 8 });
  expect(gap).not.toHaveProperty("agreement");
});

test("a model without a quantized value has no gap", async () => {
  const engine = await onnxruntime();
  const opened = await openedCircle(engine);
  expect(await measureGap(opened, float, opened.fp32.scores)).toBeUndefined();
});

const data = {
  name: "digits",
  reader: "csv",
  path: join(root, "datasets/digits/digits.csv"),
  settings: { label: "digit", shape: [8, 8, 1], scale: 1 / 16, split: { train: 0.9, test: 0.1, seed: 7 } },
};

const schemes = [
  schemeOf("static", { samples: 64 }),
  schemeOf("dynamic"),
  schemeOf("weight_only", { weights: "int8" }),
  schemeOf("weight_only", { weights: "int4" }),
];

async function openedModel(name: string): Promise<Opened> {
  const input = {
    model: { name: "net", format: "tfjs", path: join(root, `datasets/models/${name}/model.json`) },
    data,
    folder: mkdtempSync(join(tmpdir(), "nibble-gap-")),
    calibrations: schemes.flatMap(({ calibration }) => calibration ?? []),
    seed: 1,
    paritySamples: 1,
  };
  const { opened } = await openExperiment(input, { engine: await onnxruntime(), dataset: await openDataset(data) });
  return opened;
}

test.each(["digits-mlp", "digits-cnn"])(
  "%s: simulated and executed agree within one step, by every scheme",
  async (name) => {
    const opened = await openedModel(name);
    const measures = { accuracy: true, latency: [], size: false, memory: false };
    for (const scheme of schemes) {
      const { gap, layers } = await evaluate(opened, { id: "sha256:0123456789abcdef", scheme, measures });
      expect(layers).toBeUndefined();
      expect(gap).toMatchObject({ accuracy: 0, agreement: 1, samples: opened.dataset.splits.test.length });
      expect(gap?.maxSteps).toBeLessThanOrEqual(scheme.mode === "static" ? 0 : 1);
    }
  },
);

test.each(["digits-mlp", "digits-cnn"])(
  "%s: the outputs added for the comparison change no bit of the model's own",
  async (name) => {
    const { engine, graph, dataset, ranges: rangesOf } = await openedModel(name);
    for (const scheme of schemes) {
      const quantized = quantizeGraph(graph, scheme, scheme.calibration && rangesOf(scheme.calibration));
      const run = async (one: Graph) => {
        const session = await engine.load(toOnnx(one), { threads: 1, optimization: "all" });
        const outputs = await session.run(feeds(graph, dataset, dataset.splits.test.subarray(0, 1)));
        await session.close();
        return outputs;
      };
      const whole = await run(exposeQuantizedValues(quantized).graph);
      for (const [output, value] of Object.entries(await run(quantized))) expect(whole[output]).toEqual(value);
    }
  },
);
