import { describe, expect, test } from "vitest";
import { trialLabels } from "../../src/plan/label.js";
import type { Expectation } from "../../src/plan/plan.js";
import { evaluateExpectations } from "../../src/results/expectations.js";
import { frameColumns } from "../../src/results/frame.js";
import { toRecordJson } from "../../src/results/json.js";
import { metricValues } from "../../src/results/metric.js";
import type { CompletedRecord, LatencyResult, SchemeSummary } from "../../src/results/record.js";
import { readRecord } from "../../src/results/schema.js";
import { bytes, metricText, milliseconds, percent, times } from "../../src/results/units.js";
import { base, completed, failed, skipped } from "./fixtures/records.js";

const timed = (batch: number, speedup: number, low = speedup, high = speedup): LatencyResult => ({
  batch,
  threads: 1,
  medianMs: 1 / speedup,
  baselineMs: 1,
  speedup: { value: speedup, ci95: [low, high] },
  control: { value: 1.001, ci95: [0.99, 1.01] },
  processes: 3,
  pairs: 90,
  optimization: { baseline: "all", trial: "all" },
  verdict: "2.00x faster",
});

const full = completed("a", {
  accuracy: {
    top1: { value: 0.975, ci95: [0.953, 0.987], n: 360 },
    drop: { value: 0.003, ci95: [-0.01, 0.018] },
    flips: 3,
    discordant: { lost: 2, gained: 1 },
  },
  latency: [timed(1, 2), timed(32, 2.5)],
  size: { bytes: 41_234, ratio: 0.26, codes: 38_000, scales: 900, zeroPoints: 40, float: 2000, other: 294 },
  memory: { peakBytes: 91_234_304 },
  gap: {
    accuracy: 0.015625,
    maxSteps: 1,
    samples: 64,
    layers: [
      { layer: "conv", maxSteps: 1 },
      { layer: "dense", maxSteps: 0.05 },
    ],
  },
  layers: [
    { layer: "conv", sqnrDb: 31.5 },
    { layer: "dense", sqnrDb: null },
  ],
});

describe("a record as JSON", () => {
  test("has the published keys in their order, on one line, and is read back", () => {
    const line = toRecordJson(full);
    expect(Object.keys(JSON.parse(line))).toEqual([
      "schemaVersion",
      "experiment",
      "trial",
      "status",
      "scheme",
      "accuracy",
      "latency",
      "size",
      "memory",
      "attestation",
      "parity",
      "gap",
      "layers",
      "manifest",
    ]);
    expect(line).not.toContain("\n");
    expect(readRecord(JSON.parse(line))).toEqual({ kind: "record", record: full });
  });

  test("of a failed trial carries the words of its diagnostic, and facts that JSON cannot hold as text", () => {
    const record = {
      ...failed("a"),
      diagnostic: { code: "latency-not-measurable", severity: "error", facts: { runs: 4, elapsedMs: Number.NaN } },
    } as const;
    expect(JSON.parse(toRecordJson(record)).diagnostic).toEqual({
      code: "latency-not-measurable",
      severity: "error",
      facts: { runs: 4, elapsedMs: "NaN" },
      message: "4 runs took NaN ms by the clock, so no latency can be measured",
      hint: "a model without work, or a clock that stands still, cannot be timed: leave latency out of `measure`",
    });
  });

  test("of a skipped trial has its reason", () => {
    expect(JSON.parse(toRecordJson(skipped("a")))).toMatchObject({
      status: "skipped",
      reason: "excluded by the where clause",
    });
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])("never holds %s: that is a fault of ours", (value) => {
    const parity = { samples: 1, reference: "tfjs", maxRelativeError: value };
    expect(() => toRecordJson({ ...full, parity })).toThrow(`record.parity.maxRelativeError is ${value}`);
    expect(() => toRecordJson({ ...full, layers: [{ layer: "conv", sqnrDb: value }] })).toThrow("layers.0.sqnrDb");
  });

  test("keeps separators of lines inside strings escaped", () => {
    expect(toRecordJson({ ...skipped("a"), reason: "a\u2028b\nc" })).toContain("a\\u2028b\\nc");
  });
});

describe("reading a record", () => {
  const json = JSON.parse(toRecordJson(full));

  test("without labels is of agreement, as all were once, or of relative errors", () => {
    const estimate = { value: 0.02, ci95: [0.01, 0.03], n: 64 } as const;
    const records = [
      completed("a", { accuracy: { agreement: estimate, drop: estimate, flips: 2 } }),
      completed("b", { accuracy: { relativeError: estimate, drop: estimate } }),
    ];
    for (const record of records) {
      const read = JSON.parse(toRecordJson(record));
      expect(readRecord(read)).toEqual({ kind: "record", record: read });
    }
    expect(frameColumns(records)).toMatchObject({
      metric: ["agreement", "relative_error"],
      accuracy: [0.02, 0.02],
      flips: [2, null],
    });
  });

  test("keeps fields that it does not know", () => {
    const more = { ...json, later: { perMillion: 3 }, scheme: { ...json.scheme, rotation: "hadamard" } };
    expect(readRecord(more)).toEqual({ kind: "record", record: more });
  });

  test("says which field is wrong", () => {
    const reasons = [
      null,
      [],
      { ...json, schemaVersion: "1" },
      { ...json, status: "done" },
      { ...json, status: "__proto__" },
      { ...json, trial: 7 },
      { ...json, attestation: undefined },
      { ...json, size: { ...json.size, bytes: -1 } },
      { ...json, latency: [json.latency[0], { ...json.latency[1], medianMs: 0 }] },
      { ...json, accuracy: { ...json.accuracy, drop: { value: 0, ci95: [0] } } },
      { ...json, accuracy: { ...json.accuracy, top1: { value: null, ci95: [0, 1], n: 3 } } },
      { ...json, layers: [{ layer: "conv" }] },
      { ...json, gap: { ...json.gap, maxSteps: -1 } },
      { ...json, gap: { ...json.gap, layers: [{ layer: "conv" }] } },
      { ...json, scheme: { ...json.scheme, keep: { dense: 4 } } },
      {
        ...base,
        trial: "f",
        status: "failed",
        stage: "lunch",
        diagnostic: { code: "x", severity: "error", facts: {} },
      },
      { ...base, trial: "s", status: "skipped" },
    ].map((value) => {
      const outcome = readRecord(value);
      return outcome.kind === "invalid" ? outcome.reason : outcome.kind;
    });
    expect(reasons).toEqual([
      "it is not an object",
      "it is not an object",
      "schemaVersion is missing",
      "status is not one of completed, failed, skipped, diagnosed",
      "status is not one of completed, failed, skipped, diagnosed",
      "trial is not a string",
      "attestation is missing",
      "size.bytes is not a whole number of at least 0",
      "latency[1].medianMs is not a number above 0",
      "accuracy.drop.ci95 is not two numbers in ascending order",
      "accuracy.top1.value is not a finite number",
      "layers[0].sqnrDb is missing",
      "gap.maxSteps is not a number of at least 0",
      "gap.layers[0].maxSteps is missing",
      "scheme.keep.dense is not a string",
      "stage is not one of load, parity, calibrate, quantize, lower, accuracy, latency, memory",
      "reason is missing",
    ]);
  });

  test("of a later version says so", () => {
    expect(readRecord({ schemaVersion: 2, anything: true })).toEqual({ kind: "version", version: "2" });
  });
});

describe("labels", () => {
  const labelsOf = (...schemes: readonly Partial<SchemeSummary>[]) => {
    const records = schemes.map((scheme, i) => completed(`t${i}`, { scheme: { ...base.scheme, ...scheme } }));
    return [...trialLabels(records).values()];
  };

  test("name what differs among trials of a scheme, and nothing else", () => {
    expect(
      labelsOf(
        { name: "fp32", mode: "fp32" },
        { name: "static", weights: "int8", calibration: "minmax", samples: 256 },
        { name: "static", weights: "int8", calibration: "percentile(99.9)", samples: 256 },
        { name: "w4", weights: "int4", group: 32, method: "rtn" },
        { name: "w4", weights: "int4", group: 128, method: "rtn" },
        { name: "w8", weights: "int8", group: 32 },
      ),
    ).toEqual(["fp32", "static minmax", "static percentile(99.9)", "w4 g32", "w4 g128", "w8"]);
  });

  test("name samples and kept layers where those differ, and number what still looks alike", () => {
    expect(
      labelsOf(
        { name: "static", samples: 64 },
        { name: "static", samples: 256, keep: { dense_2: "fp32", dense_1: "fp32" } },
        { name: "dynamic" },
        { name: "dynamic" },
      ),
    ).toEqual(["static n=64", "static n=256 keep dense_2=fp32+1", "dynamic", "dynamic #2"]);
  });
});

test("metrics are found in the record, in its units", () => {
  const names = [
    "accuracy",
    "accuracy_drop",
    "speedup",
    "latency",
    "size",
    "size_reduction",
    "memory",
    "sqnr",
    "flips",
  ] as const;
  const values = (record: CompletedRecord) => names.map((name) => metricValues(record, name).map(({ value }) => value));
  expect(values(full)).toEqual([[0.975], [0.003], [2, 2.5], [0.5, 0.4], [41_234], [0.74], [91_234_304], [31.5], [3]]);
  expect(values(completed("b"))).toEqual(names.map(() => []));
});

describe("expectations", () => {
  const expectation = (metric: Expectation["metric"], comparison: Expectation["comparison"], value: number) => ({
    scheme: "static",
    metric,
    comparison,
    value,
    text: `static.${metric} ${comparison} ${value}`,
  });
  const check = (asked: Expectation, ...records: Parameters<typeof evaluateExpectations>[1]) => {
    const [{ met, resolved, sentence } = { met: false, resolved: false, sentence: "" }] = evaluateExpectations(
      [asked],
      records,
    );
    return { met, resolved, sentence };
  };

  test("the value decides, and an interval over the bound makes the answer unresolved", () => {
    expect(check(expectation("accuracy_drop", "<", 0.02), full)).toEqual({
      met: true,
      resolved: true,
      sentence: "static.accuracy_drop < 0.02: met",
    });
    expect(check(expectation("accuracy_drop", "<", 0.01), full)).toEqual({
      met: true,
      resolved: false,
      sentence:
        "static.accuracy_drop < 0.01: met, but not resolved for static: the 95% interval passes the bound; about 2,700 test samples would tell",
    });
    expect(check(expectation("accuracy_drop", "<", 0.002), full)).toEqual({
      met: false,
      resolved: false,
      sentence: "static.accuracy_drop < 0.002: not met by static (0.30%, not resolved)",
    });
  });

  test("an answer says when its value is decided by few samples", () => {
    const kl = { value: 0.01, ci95: [0.008, 0.02], n: 360, narrow: true } as const;
    const record = {
      ...full,
      accuracy: { ...full.accuracy, drop: { value: 0, ci95: [0, 0] }, divergence: { kl } },
    } as const;
    expect(check(expectation("kl", "<", 0.1), record)).toEqual({
      met: true,
      resolved: true,
      sentence: "static.kl < 0.1: met, but a few samples decide the value: its interval may be too narrow",
    });
  });

  test("every batch size must meet a speed, and the worst one is reported", () => {
    expect(check(expectation("speedup", ">=", 2), full).met).toBe(true);
    expect(check(expectation("speedup", ">=", 2.2), full).sentence).toBe(
      "static.speedup >= 2.2: not met by static (2.00x)",
    );
    expect(check(expectation("latency", "<", 0.45), full).sentence).toBe(
      "static.latency < 0.45: not met by static (0.500 ms)",
    );
  });

  test.each([
    ["<", 3, false],
    ["<=", 3, true],
    [">", 3, false],
    [">=", 3, true],
    ["=", 3, true],
    ["=", 2, false],
  ] as const)("flips %s %d is %s for 3", (comparison, bound, met) => {
    expect(check(expectation("flips", comparison, bound), full).met).toBe(met);
  });

  test("failed trials and those without the figure do not meet it; skipped ones are not asked", () => {
    const asked = expectation("flips", "<", 9);
    expect(check(asked, full, skipped("b"))).toMatchObject({ met: true });
    expect(check(asked, full, failed("b")).sentence).toBe("static.flips < 9: not met by static #2 (failed)");
    expect(check(asked, completed("b")).sentence).toBe("static.flips < 9: not met by static (not measured)");
    expect(check(asked, skipped("b")).sentence).toBe('static.flips < 9: not met: no trial of "static" ran');
  });

  test("a figure that the outputs or the labels cannot give says why", () => {
    const drop = { value: 0, ci95: [0, 0] } as const;
    const bare: CompletedRecord = { ...full, accuracy: { drop } };
    const asked = ["cosine", "kl", "perplexity", "r2", "same_top", "top5"] as const;
    expect(asked.map((metric) => check(expectation(metric, ">", 0), bare).sentence.replace(/^.*\(not/, "not"))).toEqual(
      [
        "not measured: the model has one output)",
        "not measured: the outputs are no distributions)",
        "not measured: the outputs are no distributions)",
        "not measured: the test labels do not vary)",
        "not measured: the outputs are no distributions, so none of them is the answer)",
        "not measured: fewer than six classes)",
      ],
    );
  });

  test("an accuracy that is an error is called one", () => {
    const error = { value: 0.0149, ci95: [0.013, 0.0173], n: 40 } as const;
    const trial = completed("a", { accuracy: { relativeError: error, drop: error } });
    expect(check(expectation("accuracy", ">", 0.9), trial).sentence).toBe(
      "static.accuracy > 0.9: not met by static (error 1.49%)",
    );
    expect(check(expectation("accuracy_drop", "<", 0.01), trial)).toEqual({
      met: false,
      resolved: true,
      sentence: "static.accuracy_drop < 0.01: not met by static (1.49%)",
    });
  });

  test("several trials that meet it are counted", () => {
    const met = (count: number) => {
      const records = Array.from({ length: count }, (_, i) => ({ ...full, trial: `t${i}` }));
      return check(expectation("flips", "<", 9), ...records).sentence;
    };
    expect([2, 3].map(met)).toEqual(["static.flips < 9: met by both trials", "static.flips < 9: met by all 3 trials"]);
  });

  test("of many trials that miss, three are named", () => {
    const many = ["a", "b", "c", "d", "e"].map((trial, i) => ({
      ...full,
      trial,
      scheme: { ...full.scheme, samples: i },
    }));
    expect(check(expectation("flips", "<", 2), ...many).sentence).toBe(
      "static.flips < 2: not met by static n=0 (3), static n=1 (3), static n=2 (3) and 2 more",
    );
  });
});

test("a data frame has one row a trial and batch size, and columns of equal length", () => {
  const columns = frameColumns([full, failed("b"), skipped("c")]);
  expect(new Set(Object.values(columns).map((column) => column.length))).toEqual(new Set([4]));
  const { label, status, batch, speedup, accuracy, flips, size_reduction, calibration, gap_steps, reason } = columns;
  expect({ label, status, batch, speedup, accuracy, flips, size_reduction, calibration, gap_steps, reason }).toEqual({
    label: ["static", "static", "static #2", "static #3"],
    status: ["completed", "completed", "failed", "skipped"],
    batch: [1, 32, null, null],
    speedup: [2, 2.5, null, null],
    accuracy: [0.975, 0.975, null, null],
    flips: [3, 3, null, null],
    size_reduction: [0.74, 0.74, null, null],
    calibration: [null, null, null, null],
    gap_steps: [1, 1, null, null],
    reason: [null, null, "accuracy: prediction-not-finite", "excluded by the where clause"],
  });
  expect(frameColumns([])).toEqual({});
});

test("figures are written for people", () => {
  expect([0.9754, -0.00001, 1].map((value) => percent(value))).toEqual(["97.5%", "0.0%", "100.0%"]);
  expect([0.4114, 2.9, 9.994, 9.996, 14.23].map(times)).toEqual(["0.41x", "2.90x", "9.99x", "10.0x", "14.2x"]);
  expect([0.0421, 0.9996, 9.996, 99.96, 1240.4].map(milliseconds)).toEqual(["0.042", "1.00", "10.0", "100", "1240"]);
  expect([0, 812, 999.6, 41_234, 158_204, 999_600, 1_280_000, 2e15].map(bytes)).toEqual([
    "0 B",
    "812 B",
    "1.00 kB",
    "41.2 kB",
    "158 kB",
    "1.00 MB",
    "1.28 MB",
    "2000 TB",
  ]);
  expect(metricText("accuracy", 0.123456, false)).toBe("0.1235");
  expect(metricText("sqnr", -0.04)).toBe("0.0 dB");
});
