import { describe, expect, test } from "vitest";
import { toOnnx } from "../../src/backends/onnx/write.js";
import { renderDiagnostic } from "../../src/base/diagnostic.js";
import type { Dataset } from "../../src/datasets/dataset.js";
import { onnxruntime } from "../../src/engines/onnxruntime.js";
import type { Graph } from "../../src/ir/graph.js";
import { parseGraph } from "../../src/ir/text.js";
import { startCalibration } from "../../src/quantize/calibrate.js";
import { quantizeGraph } from "../../src/quantize/quantize.js";
import { schemeDefinition } from "../../src/quantize/registry.js";
import type { Scheme } from "../../src/quantize/scheme.js";
import type { TrialRecord } from "../../src/results/record.js";
import { contentsOf } from "../../src/run/contents.js";
import { startDiagnosis } from "../../src/run/diagnosis-arms.js";
import { type Explanations, explainTrial } from "../../src/run/explain.js";
import { feeds, scoreFloat } from "../../src/run/inference.js";
import type { Opened } from "../../src/run/opened.js";
import { calibrationRemarks } from "../../src/run/remarks.js";
import { tensorFrom } from "../../src/tensor/tensor.js";

/** Two dense layers; the second gets the first one's result through a Relu. */
const net = (scale = 1) =>
  parseGraph(`graph "net" {
  input %x: float32 [batch, 2]
  const %"a/kernel": float32 [2, 2] = [${scale}, ${-0.5 * scale}, ${0.25 * scale}, ${scale}]
  const %"b/kernel": float32 [2, 2] = [1, 0.3, -0.2, 1]
  %a = Gemm(%x, %"a/kernel") @layer "a" name "a/Gemm"
  %relu = Relu(%a) @layer "a" name "a/Relu"
  %b = Gemm(%relu, %"b/kernel") @layer "b" name "b/Gemm"
  output %b: float32 [batch, 2]
}`);

function schemeOf(mode: string, settings = {}): Scheme {
  const scheme = schemeDefinition(mode)?.build(mode, settings);
  if (!scheme) throw new Error(`no scheme ${mode}`);
  return scheme;
}

interface Rows {
  readonly rows: readonly (readonly [number, number])[];
  readonly train: readonly number[];
  readonly test: readonly number[];
  readonly labels?: readonly number[];
  readonly classes?: readonly string[];
}

function datasetOf({ rows, train, test, labels, classes = ["x", "y"] }: Rows): Dataset {
  return {
    ...{ name: "rows", hash: "sha256:rows", size: rows.length, inputShapes: [[2]] },
    ...(labels ? { labels: { kind: "class", values: Int32Array.from(labels), classes } } : {}),
    splits: { train: Int32Array.from(train), test: Int32Array.from(test) },
    read: (indices) => [
      tensorFrom(
        "float32",
        [indices.length, 2],
        Array.from(indices).flatMap((i) => rows[i] ?? []),
      ),
    ],
  };
}

/** An experiment on these rows whose calibration shows the training rows in order. */
async function opened(data: Rows, scheme: Scheme, graph: Graph = net()): Promise<Opened> {
  const engine = await onnxruntime();
  const dataset = datasetOf(data);
  const bytes = toOnnx(graph);
  const float = await scoreFloat(engine, bytes, graph, dataset);
  const model = { name: "net", format: "tfjs", path: "unused" };
  const shared = {
    engine,
    model,
    graph,
    dataset,
    folder: "unused",
    seed: 1,
    fp32: { bytes, path: "unused", ...float },
  };
  if (!scheme.calibration) return { ...shared, ranges: () => new Map() };
  const calibrator = startCalibration(graph, [scheme.calibration]);
  const input = feeds(graph, dataset, dataset.splits.train);
  const session = await engine.load(toOnnx(calibrator.graph), { threads: 1, optimization: "all" });
  calibrator.observe(await session.run(input), 0);
  await session.close();
  const samples = dataset.splits.train;
  const calibrated = { calibrator, samples, contents: contentsOf(input, samples.length) };
  return { ...shared, ranges: (calibration) => calibrator.ranges(calibration), calibrated };
}

async function explained(data: Rows, scheme: Scheme, graph?: Graph): Promise<Explanations> {
  const experiment = await opened(data, scheme, graph);
  const ranges = scheme.calibration && experiment.ranges(scheme.calibration);
  return explainTrial(experiment, scheme, quantizeGraph(experiment.graph, scheme, ranges));
}

const circle = Array.from({ length: 16 }, (_, i) => [Math.cos(i), Math.sin(i)] as const);
const usual: Rows = {
  rows: circle,
  train: [0, 1, 2, 3, 4, 5, 6, 7],
  test: [8, 9, 10, 11, 12, 13, 14, 15],
  labels: circle.map(([x, y]) => (x > y ? 0 : 1)),
};

/** Every number of a plain value. */
function numbersIn(value: unknown): number[] {
  if (typeof value === "number") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(numbersIn) : [];
}

describe("what a run says of its trials", () => {
  test("static: both sides apart, ranges, and the samples of calibration", async () => {
    const { split, ranges, calibration } = await explained(usual, schemeOf("static", { samples: 8 }));
    expect(split?.samples).toBe(8);
    for (const arm of [split?.all, split?.weightsOnly, split?.activationsOnly]) expect(arm?.sqnrDb).toBeGreaterThan(20);
    expect(ranges?.map(({ value, layer }) => [value, layer])).toEqual(
      expect.arrayContaining([
        ["x", undefined],
        ["relu", "a"],
      ]),
    );
    expect(ranges?.find(({ value }) => value === "x")?.histogram.reduce((sum, count) => sum + count, 0)).toBe(16);
    expect(calibration).toEqual({ samples: 8, classes: { total: 2, missing: [] }, leaked: 0 });
  });

  test("dynamic has both sides and no ranges; weight_only has no second side", async () => {
    const dynamic = await explained(usual, schemeOf("dynamic"));
    expect(Object.keys(dynamic)).toEqual(["split"]);
    expect(await explained(usual, schemeOf("weight_only"))).toEqual({});
  });

  test.each(["static", "dynamic"])(
    "%s that is simulated has the sides and arms that it has when it executes",
    async (mode) => {
      const executed = schemeOf(mode, mode === "static" ? { samples: 8 } : {});
      const arms = async (scheme: Scheme) => {
        const diagnosis = await startDiagnosis(await opened(usual, scheme), scheme);
        const { layers, quantizesActivations, all } = diagnosis.opening;
        const names = [
          ...(["weights", "activations"] as const).map((kind) => ({ kind })),
          ...layers.flatMap((layer) => (["alone", "kept"] as const).map((kind) => ({ kind, layer }))),
        ];
        const measured = [];
        for (const name of names) measured.push((await diagnosis.measure(name)).arm.sqnrDb);
        return { layers, quantizesActivations, sqnr: [all.sqnrDb, ...measured] };
      };
      const [right, left] = [await arms(executed), await arms({ ...executed, execution: "simulated" })];
      expect(left).toEqual({ ...right, sqnr: right.sqnr.map((decibels) => expect.closeTo(decibels ?? Number.NaN, 0)) });
    },
  );

  test("values of the test split beyond the calibrated range are counted as saturated", async () => {
    const rows = [
      [0.5, 0.5],
      [1, 0.25],
      [9, 0.1],
      [0.2, 0.3],
    ] as const;
    const data = { rows, train: [0, 1], test: [2, 3], labels: [0, 0, 0, 1] };
    const { ranges } = await explained(data, schemeOf("static", { samples: 2 }));
    expect(ranges?.[0]).toMatchObject({ seen: [0.25, 1], saturated: 0.25 });
    expect(ranges?.find(({ value }) => value === "x")?.chosen[1]).toBeCloseTo(1, 5);
  });
});

test("without labels a diagnosis compares relative errors, and gains are paired differences of them", async () => {
  const scheme = schemeOf("static", { samples: 8 });
  const diagnosis = await startDiagnosis(
    await opened({ rows: circle, train: usual.train, test: usual.test }, scheme),
    scheme,
  );
  const { metric, all } = diagnosis.opening;
  expect(metric).toBe("relative_error");
  expect(all.drop.value).toBeGreaterThan(0);
  const { arm, gain } = await diagnosis.measure({ kind: "kept", layer: "b" });
  expect(arm.drop.value).toBeGreaterThan(0);
  expect(gain.value).toBeCloseTo(all.drop.value - arm.drop.value, 12);
});

describe("poor input has a defined outcome, and no figure of it is NaN or infinite", () => {
  const cases: Readonly<Record<string, readonly [Rows, Graph?]>> = {
    "constant data: every range is a point": [{ ...usual, rows: circle.map(() => [0.5, 0.5] as const) }],
    "nothing but zeros: ranges of nothing": [{ ...usual, rows: circle.map(() => [0, 0] as const) }],
    "one subnormal: no float32 scale holds its range": [{ ...usual, rows: circle.map(() => [2 ** -149, 0] as const) }],
    "values near the end of float32": [{ ...usual, rows: circle.map(([x, y]) => [x * 1e37, y * 1e37] as const) }],
    "one sample to calibrate with": [{ ...usual, train: [3] }],
    "one sample to test with": [{ ...usual, test: [9] }],
    "no labels": [{ rows: circle, train: usual.train, test: usual.test }],
    "a class that neither split has": [{ ...usual, labels: circle.map(() => 0) }],
  };

  test.each(Object.entries(cases))("%s", async (_, [data, graph]) => {
    for (const mode of ["static", "dynamic"]) {
      const scheme = schemeOf(mode);
      const found = await explained(data, scheme, graph);
      expect(numbersIn(found).every(Number.isFinite)).toBe(true);
      expect(found.split).toBeDefined();
      const diagnosis = await startDiagnosis(await opened(data, scheme, graph), scheme);
      const arms = [await diagnosis.measure({ kind: "weights" }), await diagnosis.measure({ kind: "activations" })];
      for (const layer of diagnosis.opening.layers) {
        arms.push(await diagnosis.measure({ kind: "alone", layer }), await diagnosis.measure({ kind: "kept", layer }));
      }
      expect(numbersIn([diagnosis.opening, arms]).every(Number.isFinite)).toBe(true);
    }
  });

  test("an activation that calibration finds infinite stops calibration, with the value, its layer and the sample", async () => {
    const rows = circle.map(([x, y], i) => (i === 2 ? ([3e38, 3e38] as const) : ([x, y] as const)));
    const error = await opened({ ...usual, rows }, schemeOf("static", { samples: 8 }), net(4)).catch((e) => e);
    expect(renderDiagnostic(error.diagnostics[0], new Map()).split("\n")[0]).toBe(
      'error[activation-not-finite]: calibration saw NaN or infinity in "relu" (layer "a") at sample 2',
    );
  });
});

test("a batch of no samples shows calibration nothing, and a calibration of nothing says so", async () => {
  const scheme = schemeOf("static", { samples: 8 });
  const experiment = await opened({ ...usual, train: [] }, scheme);
  expect(() => scheme.calibration && experiment.ranges(scheme.calibration)).toThrow("no sample was shown to it");
  expect(contentsOf({ x: tensorFrom("float32", [0, 2], []) }, 0)).toEqual([]);
});

describe("remarks on the samples of calibration", () => {
  const record = (calibration: object, name = "static") =>
    ({ status: "completed", scheme: { name }, calibration }) as unknown as TrialRecord;
  const texts = (records: readonly TrialRecord[]) =>
    calibrationRemarks(records).map((remark) => renderDiagnostic(remark, new Map()).split("\n")[0]);

  test("one sample, missing classes and leaks are each said once, however many trials share them", () => {
    const classes = { total: 3, missing: ["eel"] };
    const leaks = [{ calibration: 4, test: 9 }];
    expect(
      texts([
        record({ samples: 1, leaked: 0, classes: { total: 3, missing: ["cat", "eel"] } }),
        record({ samples: 1, leaked: 0 }, "narrow"),
        record({ samples: 8, leaked: 1, leaks, classes }),
        record({ samples: 8, leaked: 1, leaks, classes }),
      ]),
    ).toEqual([
      "warning[calibration-leak]: calibration leak: 1 of 8 calibration samples is in the test split too (row 4 = test row 9)",
      'note[calibration-classes]: the 8 calibration samples have none of class "eel" (of 3 classes)',
      'warning[calibration-one-sample]: "static" and "narrow" are calibrated with one sample: every range is what that sample shows',
    ]);
  });

  test("nothing is said of what is well", () => {
    expect(texts([record({ samples: 8, leaked: 0, classes: { total: 3, missing: [] } })])).toEqual([]);
    expect(texts([])).toEqual([]);
  });
});
