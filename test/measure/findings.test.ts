import { describe, expect, test } from "vitest";
import { type DiagnosisResult, noiseShare, outputSqnr } from "../../src/measure/diagnosis.js";
import { findingsOf } from "../../src/measure/findings.js";

const estimate = (value: number, low: number, high: number) => ({ value, ci95: [low, high] as const });
const arm = (value: number, sqnrDb: number | null, low = value - 0.01, high = value + 0.01) => ({
  drop: estimate(value, low, high),
  sqnrDb,
});
const layer = (name: string, alone: number | null, kept: number | null, gain = 0, low = gain - 0.01) => ({
  layer: name,
  alone: arm(0, alone),
  kept: arm(0.003, kept),
  gain: estimate(gain, low, gain + 0.01),
});

type Figures = Omit<DiagnosisResult, "findings">;
const figures = (changes: Partial<Figures> = {}): Figures => ({
  ...{ metric: "top1", all: arm(0.021, 18), weightsOnly: arm(0.02, 30), activationsOnly: arm(0.001, 32), layers: [] },
  ...{ samples: 360 },
  ...changes,
});
const minmax = { mode: "static", granularity: "per_channel", observer: "minmax" };

describe("what the figures say", () => {
  test("one layer that makes most of the noise and costs the accuracy: the clause that mends it", () => {
    const layers = [layer("conv", 40, 18.1), layer("dense_2", 20, 35, 0.018, 0.004)];
    expect(findingsOf(figures({ layers }), minmax)).toEqual([
      "the drop is 2.1% (95%: 1.1% to 3.1%)",
      '"dense_2" alone makes 99% of the noise of all layers: `keep layers "dense_2" at fp32` brings the drop from 2.1% to 0.3%',
      "weights and activations share the noise (SQNR 30.0 dB with weights alone, 32.0 dB with activations alone)",
    ]);
  });

  test("no gain in accuracy is claimed where its interval holds 0; the noise is told", () => {
    const layers = [layer("conv", 40, 18.1), layer("dense_2", 20, 35, 0.018, -0.001)];
    expect(findingsOf(figures({ layers }), minmax)[1]).toBe(
      '"dense_2" alone makes 99% of the noise of all layers; `keep layers "dense_2" at fp32` raises the output\'s SQNR from 18.0 dB to 35.0 dB',
    );
  });

  test("a layer that mends the drop without making most of the noise is named all the same", () => {
    const layers = [layer("a", 30, 19, 0.018, 0.004), layer("b", 30, 19), layer("c", 30, 19)];
    expect(findingsOf(figures({ layers }), minmax)[1]).toBe(
      '`keep layers "a" at fp32` brings the drop from 2.1% to 0.3%',
    );
  });

  test("within noise there is nothing to mend", () => {
    expect(findingsOf(figures({ all: arm(0.002, 40, -0.004, 0.01) }), minmax)[0]).toBe(
      "nothing to mend: the drop is within noise, 0.2% (95%: -0.4% to 1.0%) over 360 samples",
    );
    expect(findingsOf(figures({ all: arm(-0.02, 40, -0.03, -0.01) }), minmax)[0]).toContain("better than fp32");
    expect(findingsOf(figures({ all: arm(0, null, 0, 0) }), minmax)[0]).toBe(
      "nothing to mend: every output is fp32's to the bit",
    );
  });

  test.each([
    [
      "activations under minmax",
      { weightsOnly: arm(0, 40), activationsOnly: arm(0.02, 20) },
      minmax,
      "try calibration percentile(99.9) or mse",
    ],
    [
      "activations under entropy",
      { weightsOnly: arm(0, 40), activationsOnly: arm(0.02, 20) },
      { ...minmax, observer: "entropy" },
      "try another calibration, or more samples",
    ],
    [
      "activations at run time",
      { weightsOnly: arm(0, null), activationsOnly: arm(0.02, 20) },
      { mode: "dynamic" },
      "keep the noisiest layer at fp32",
    ],
    [
      "weights per tensor",
      { weightsOnly: arm(0.02, 20), activationsOnly: arm(0, 40) },
      { ...minmax, granularity: "per_tensor" },
      "try weights per_channel",
    ],
  ])("%s: what to try", (_, changes, scheme, advice) => {
    expect(findingsOf(figures(changes), scheme).at(-1)).toMatch(new RegExp(`: ${advice.replace(/[().]/g, "\\$&")}$`));
  });

  test("of an error in the labels' unit there are no percents", () => {
    expect(findingsOf(figures({ metric: "mae", all: arm(0.0213, 18) }), minmax)[0]).toBe(
      "the drop is 0.021 (95%: 0.011 to 0.031)",
    );
  });

  test("a relative error is told with two digits, and counts from 1% of fp32's outputs on", () => {
    const layers = [layer("conv", 40, 18.1), layer("dense_2", 20, 35, 0.018, 0.004)];
    const error = { metric: "relative_error", layers } as const;
    expect(findingsOf(figures({ ...error, all: arm(0.0213, 18, 0.02, 0.0226) }), minmax).slice(0, 2)).toEqual([
      "the error is 2.1% (95%: 2% to 2.3%)",
      '"dense_2" alone makes 99% of the noise of all layers: `keep layers "dense_2" at fp32` brings the error from 2.1% to 0.3%',
    ]);
    expect(findingsOf(figures({ ...error, all: arm(0.00213, 53, 0.002, 0.00226) }), minmax).slice(0, 2)).toEqual([
      "the error is small, 0.21% (95%: 0.2% to 0.23%) over 360 samples",
      '"dense_2" alone makes 99% of the noise of all layers',
    ]);
  });

  test("a scheme without quantized activations, and one layer, say less", () => {
    const { activationsOnly: _, ...rest } = figures({ layers: [layer("only", 18, null)] });
    expect(findingsOf(rest, { mode: "weight_only" })).toEqual(["the drop is 2.1% (95%: 1.1% to 3.1%)"]);
  });
});

describe("what calibration was given", () => {
  const step = (samples: number, change: number) => ({ samples, rangeChange: change, drop: estimate(0, 0, 0) });
  const ofCalibration = (calibration: DiagnosisResult["calibration"]) =>
    findingsOf(figures({ ...(calibration ? { calibration } : {}) }), minmax).slice(2);

  test("fewer samples would do", () => {
    const growth = [step(16, 0.04), step(32, 0.008), step(64, 0.002), step(128, 0)];
    expect(ofCalibration({ samples: 128, leaked: 0, growth })).toEqual([
      "32 calibration samples would do: ranges are within 1% of those of 128",
    ]);
  });

  test("it has not settled", () => {
    const growth = [step(16, 0.4), step(32, 0.2), step(64, 0)];
    expect(ofCalibration({ samples: 64, leaked: 0, growth })).toEqual([
      "calibration has not settled: ranges still move by 20% between 32 and 64 samples; raise `samples`",
    ]);
  });

  test("in between nothing is said", () => {
    expect(ofCalibration({ samples: 64, leaked: 0, growth: [step(32, 0.03), step(64, 0)] })).toEqual([]);
    expect(ofCalibration({ samples: 1, leaked: 0, growth: [step(1, 0)] })).toEqual([]);
  });

  test("leaks and classes that it never saw", () => {
    const classes = { total: 10, missing: ["3", "4", "5", "6"] };
    expect(ofCalibration({ samples: 8, leaked: 1, classes })).toEqual([
      "1 of 8 calibration sample is in the test split too: the accuracy says too much",
      'calibration saw no sample of classes "3", "4", "5" and 1 more: give it more samples',
    ]);
  });
});

describe("SQNR of the outputs", () => {
  test("10 log10 of signal to noise", () => {
    expect(outputSqnr([3, 4], [3, 3.5])).toBeCloseTo(20, 10);
    expect(outputSqnr([1, 2], [1, 2])).toBeNull();
    expect(noiseShare(20)).toBeCloseTo(0.01, 12);
    expect(noiseShare(null)).toBe(0);
  });

  test.each([
    ["equal infinities tell nothing", [Number.NEGATIVE_INFINITY, 1], [Number.NEGATIVE_INFINITY, 1], null],
    ["NaN on both sides", [Number.NaN, 2], [Number.NaN, 2], null],
    ["an infinity on one side", [1, 2], [1, Number.POSITIVE_INFINITY], -200],
    ["NaN on one side", [Number.NaN, 2], [1, 2], -200],
    ["noise without a signal", [0, 0], [0, 1], -200],
    ["nothing at all", [], [], null],
  ])("%s: a number or null", (_, float, quantized, sqnr) => {
    expect(outputSqnr(float, quantized)).toBe(sqnr);
  });
});
