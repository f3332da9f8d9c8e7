import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DiagnosticError } from "../../src/base/diagnostic.js";
import { compareAccuracy } from "../../src/measure/accuracy.js";
import { metricOf } from "../../src/measure/accuracy-metric.js";
import { startKeeping } from "../../src/measure/kept-outputs.js";
import { isLoss } from "../../src/measure/loss.js";
import { relativeErrorOf } from "../../src/measure/relative-error.js";
import { type Scores, startScoring } from "../../src/measure/scores.js";

const errorOf = (float: readonly number[], output: readonly number[]) =>
  relativeErrorOf(Float32Array.from(float), 0, Float32Array.from(output), 0, float.length);

type Rows = readonly (readonly number[])[];

/** Scores of rows against fp32's, of which at most `mostBytes` are kept. */
function score(rows: Rows, float: Rows, mostBytes?: number): Scores {
  const width = float[0]?.length ?? 0;
  const keeper = startKeeping(float.length, width, undefined, mostBytes);
  keeper.add(Float32Array.from(float.flat()), float.length);
  const scorer = startScoring(undefined, width, { reference: keeper.kept });
  scorer.add(Float32Array.from(rows.flat()), Int32Array.from(rows.keys()));
  return scorer.finish();
}

const seed = 1;

describe("the relative error of a sample", () => {
  test.each([
    // sqrt((0 + 1) / 2) / sqrt((9 + 16) / 2)
    ["one of two values off by 1", [3, 4], [3, 3], 0.2],
    ["equal", [3, 4], [3, 4], 0],
    ["all zero", [3, 4], [0, 0], 1],
    ["of the other sign", [3, 4], [-3, -4], 2],
    ["one output", [-8], [-7], 0.125],
    ["fp32 zero, and this too", [0, 0], [0, -0], 0],
    ["fp32 zero, and this not", [0, 0], [1e-6, 0], 1],
    ["an infinity that both have", [3, 4, Number.NEGATIVE_INFINITY], [3, 3, Number.NEGATIVE_INFINITY], 0.2],
    ["an infinity of fp32's alone", [3, Number.POSITIVE_INFINITY], [3, 4], 1],
  ])("%s", (_, float, output, expected) => {
    expect(errorOf(float, output)).toBeCloseTo(expected, 12);
  });

  test("an infinity of this alone is a finite figure, far above 1", () => {
    const error = errorOf([3, 4], [3, Number.POSITIVE_INFINITY]);
    expect(Number.isFinite(error)).toBe(true);
    expect(error).toBeGreaterThan(1e37);
  });

  test("does not change when both outputs are scaled", () => {
    const value = fc.float({ noNaN: true, min: -1000, max: 1000 });
    const rows = fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(rows, fc.integer({ min: -40, max: 40 }), (pairs, exponent) => {
        const scaled = (at: 0 | 1) => pairs.map((pair) => Math.fround(pair[at] * 2 ** exponent));
        // Values that underflow are no longer the same ones.
        fc.pre(pairs.flat().every((x) => x === 0 || Math.abs(x) > 1e-20));
        const plain = errorOf(
          pairs.map(([x]) => x),
          pairs.map(([, y]) => y),
        );
        expect(errorOf(scaled(0), scaled(1))).toBeCloseTo(plain, 9);
      }),
    );
  });
});

describe("beside fp32", () => {
  const float = [
    [3, 4],
    [0, 5],
    [0, 0],
  ];
  const trial = [
    [3, 3],
    [0, 3],
    [0, 0],
  ];

  test("the error is the mean over samples, the drop is the same, and nothing speaks of answers", () => {
    const result = compareAccuracy(score(trial, float), score(float, float), { seed });
    expect(Object.keys(result)).toEqual(["relativeError", "drop", "divergence"]);
    expect(result.relativeError).toMatchObject({ value: expect.closeTo(0.2, 12), n: 3 });
    expect(result.relativeError?.ci95[0]).toBe(0);
    expect(result.relativeError?.ci95[1]).toBeGreaterThan(0.4);
    expect(result.drop).toEqual({ value: result.relativeError?.value, ci95: result.relativeError?.ci95 });
    expect(result.divergence).not.toHaveProperty("sameTop");
  });

  test("fp32 differs from itself by nothing", () => {
    const own = score(float, float);
    expect(compareAccuracy(own, own, { seed, dropOnly: true })).toEqual({
      relativeError: { value: 0, ci95: [0, 0], n: 3 },
      drop: { value: 0, ci95: [0, 0] },
    });
  });

  test("one sample has no interval, and says so", () => {
    const result = compareAccuracy(score([[3, 3]], [[3, 4]]), score([[3, 4]], [[3, 4]]), { seed });
    expect(result.relativeError).toMatchObject({ value: 0.2, ci95: [0.2, 0.2], n: 1 });
    expect(result.remarks).toEqual(["one test sample says nothing of the spread: means are given without an interval"]);
  });

  test("a mean that a few samples decide is marked, and the remark says so", () => {
    const rows = Array.from({ length: 200 }, () => [3, 4]);
    const off = rows.map((row, i) => (i === 7 ? [300, 4] : row));
    const result = compareAccuracy(score(off, rows), score(rows, rows), { seed });
    expect(result.relativeError?.narrow).toBe(true);
    expect(result.remarks?.[0]).toMatch(/^a few samples decide the mean error/);
  });

  test("another arm of a diagnosis is a baseline with errors of its own: the drop is the paired difference", () => {
    const [all, kept] = [
      score(trial, float),
      score(
        [
          [3, 3.5],
          [0, 4],
          [0, 0],
        ],
        float,
      ),
    ];
    const { relativeError, drop } = compareAccuracy(all, kept, { seed, dropOnly: true });
    expect(relativeError?.value).toBeCloseTo(0.2, 12);
    // (0.2 - 0.1 + 0.4 - 0.2 + 0) / 3
    expect(drop.value).toBeCloseTo(0.1, 12);
    expect(compareAccuracy(kept, all, { seed, dropOnly: true }).drop.value).toBeCloseTo(-0.1, 12);
  });

  test("of outputs that are too many the samples that were kept are compared, and counted", () => {
    const rows = Array.from({ length: 10 }, (_, i) => [i, 1]);
    const off = rows.map(([first = 0, second = 0]) => [first, second + 1]);
    // Eight bytes a sample: every third fits, samples 0, 3, 6 and 9.
    const [trial, own] = [score(off, rows, 32), score(rows, rows, 32)];
    expect([...trial.scores].map((error) => Number.isNaN(error))).toEqual(rows.map((_, i) => i % 3 !== 0));
    const expected = [0, 3, 6, 9].reduce((sum, i) => sum + 1 / Math.sqrt(i * i + 1) / 4, 0);
    expect(compareAccuracy(trial, own, { seed }).relativeError).toMatchObject({
      value: expect.closeTo(expected, 12),
      n: 4,
    });
  });

  test("NaN has no error", () => {
    expect(() => score([[Number.NaN, 1]], [[1, 1]])).toThrow(DiagnosticError);
  });
});

test("it is the metric of outputs without labels that are no distributions", () => {
  expect(metricOf(undefined, undefined)).toBe("relative_error");
  expect(metricOf(undefined, "probabilities")).toBe("agreement");
  expect(metricOf({ kind: "value", values: new Float32Array(1), width: 1 }, undefined)).toBe("mae");
});

test("it counts as a loss from 1% of fp32's outputs on, and any other drop where its interval lies above 0", () => {
  const drop = (value: number) => ({ value, ci95: [value / 2, value * 2] }) as const;
  expect([0.0099, 0.01].map((value) => isLoss(drop(value), "relative_error"))).toEqual([false, true]);
  expect([0, 0.0099].map((value) => isLoss(drop(value), "top1"))).toEqual([false, true]);
});
