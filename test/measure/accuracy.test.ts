import { describe, expect, test } from "vitest";
import { DiagnosticError, words } from "../../src/base/diagnostic.js";
import type { Labels } from "../../src/datasets/dataset.js";
import { compareAccuracy } from "../../src/measure/accuracy.js";
import { type Scores, startScoring } from "../../src/measure/scores.js";

const threeClasses: Labels = { kind: "class", values: Int32Array.of(0, 1, 2, 1), classes: ["a", "b", "c"] };

function score(labels: Labels | undefined, width: number, rows: readonly (readonly number[])[]): Scores {
  const scorer = startScoring(labels, width, labels ? {} : { kind: "probabilities" });
  for (const [i, row] of rows.entries()) scorer.add(Float32Array.from(row), [i]);
  return scorer.finish();
}

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    return error.diagnostics.map((d) => `${d.code}: ${words(d).message} | ${words(d).hint}`).join("\n");
  }
  return "nothing was thrown";
}

describe("predictions", () => {
  test("are the largest output, the lowest index of equal ones", () => {
    const rows = [
      [0.2, 0.7, 0.1],
      [0.4, 0.4, 0.2],
      [Number.NEGATIVE_INFINITY, -1, -1],
      [0, 0, Number.POSITIVE_INFINITY],
    ];
    const { predictions, scores } = score(threeClasses, 3, rows);
    expect([...predictions]).toEqual([1, 0, 1, 2]);
    expect([...scores]).toEqual([0, 0, 0, 0]);
  });

  test("of a single output are class 1 above one half", () => {
    const labels: Labels = { kind: "class", values: Int32Array.of(0, 1, 1), classes: ["no", "yes"] };
    const { predictions, scores } = score(labels, 1, [[0.5], [0.51], [0.2]]);
    expect([...predictions]).toEqual([0, 1, 0]);
    expect([...scores]).toEqual([1, 1, 0]);
  });

  test("do not depend on how samples fall into batches, and find labels by index", () => {
    const outputs = [0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 1, 0];
    const whole = startScoring(threeClasses, 3);
    whole.add(Float32Array.from(outputs), [3, 0, 2, 1]);
    const parts = startScoring(threeClasses, 3);
    parts.add(Float32Array.from(outputs.slice(0, 9)), [3, 0, 2]);
    parts.add(Float32Array.from(outputs.slice(9)), [1]);
    expect(parts.finish()).toEqual(whole.finish());
    expect([...whole.finish().scores]).toEqual([1, 1, 1, 1]);
  });
});

describe("beside fp32", () => {
  test("top-1, drop, flips and McNemar's counts come from the same samples", () => {
    const scores = (right: readonly number[], predictions: readonly number[]): Scores => ({
      metric: "top1",
      predictions: Int32Array.from(predictions),
      scores: Float64Array.from(right),
    });
    const fp32 = scores([1, 1, 1, 1, 1, 0, 0, 0], [1, 1, 1, 1, 1, 5, 5, 5]);
    const trial = scores([1, 1, 1, 0, 0, 1, 0, 0], [1, 1, 1, 2, 3, 1, 5, 6]);
    expect(compareAccuracy(trial, fp32, { seed: 1 })).toEqual({
      top1: { value: 0.5, ci95: [expect.closeTo(0.2152, 4), expect.closeTo(0.7848, 4)], n: 8 },
      drop: { value: 0.125, ci95: [expect.closeTo(-0.3285, 4), expect.closeTo(0.5278, 4)] },
      flips: 4,
      discordant: { lost: 2, gained: 1, p: 0.625 },
      divergence: { sameTop: { value: 0.5, ci95: [expect.closeTo(0.2152, 4), expect.closeTo(0.7848, 4)], n: 8 } },
      confusion: [
        { from: "1", to: "2", count: 1 },
        { from: "1", to: "3", count: 1 },
        { from: "5", to: "1", count: 1 },
        { from: "5", to: "6", count: 1 },
      ],
    });
  });

  test("without labels the share of equal top outputs is reported, and its drop is the share of flips", () => {
    const rows = Array.from({ length: 20 }, () => [1, 0]);
    const fp32 = score(undefined, 2, rows);
    const trial = score(undefined, 2, [[0, 1], ...rows.slice(1)]);
    const result = compareAccuracy(trial, fp32, { seed: 1 });
    expect(result.agreement?.value).toBe(0.95);
    expect(result.drop.value).toBe(0.05);
    const [low, high] = result.agreement?.ci95 ?? [];
    expect(result.drop.ci95).toEqual([expect.closeTo(1 - Number(high), 12), expect.closeTo(1 - Number(low), 12)]);
    expect(result.flips).toBe(1);
  });

  test("real-valued labels give the mean absolute error, and a drop that is positive when it grew", () => {
    const labels: Labels = { kind: "value", values: Float32Array.of(1, 2, 3, 4), width: 2 };
    const fp32 = score(labels, 2, [
      [1, 2],
      [3, 5],
    ]);
    const trial = score(labels, 2, [
      [1, 3],
      [3, 6],
    ]);
    const result = compareAccuracy(trial, fp32, { seed: 1 });
    expect(result).toMatchObject({ mae: { value: 0.75, n: 2 }, drop: { value: 0.5, ci95: [0.5, 0.5] } });
    expect(result.mae?.ci95[0]).toBeLessThanOrEqual(0.75);
    expect(result).not.toHaveProperty("flips");
  });

  test("scores of other samples are refused as a fault of ours", () => {
    const fp32 = score(threeClasses, 3, [[1, 0, 0]]);
    const trial = score(threeClasses, 3, [
      [1, 0, 0],
      [1, 0, 0],
    ]);
    expect(() => compareAccuracy(trial, fp32, { seed: 1 })).toThrow("not scored on the same samples");
  });
});

test("what cannot be scored is said in words", () => {
  const values: Labels = { kind: "value", values: Float32Array.of(1, 2), width: 1 };
  const empty = startScoring(threeClasses, 3).finish();
  const messages = [
    () =>
      score(threeClasses, 3, [
        [1, 0, 0],
        [0, Number.NaN, 1],
      ]),
    () => score(values, 1, [[Number.POSITIVE_INFINITY]]),
    () => startScoring(threeClasses, 2),
    () => startScoring(threeClasses, 1),
    () => startScoring(values, 3),
    () => compareAccuracy(empty, empty, { seed: 1 }),
  ].map(messageOf);
  expect(messages.join("\n")).toMatchInlineSnapshot(`
    "prediction-not-finite: the model gives NaN for sample 1 | look for NaN or very large values in the weights, the data and its scale
    prediction-not-finite: the model gives Infinity for sample 0 | look for NaN or very large values in the weights, the data and its scale
    output-width: the model gives 2 values a sample, but the labels have 3 classes | a label may be out of place: \`classes: [...]\` in the data lists those that count, and names the row of any other
    output-width: the model gives 1 value a sample, but the labels have 3 classes | a label may be out of place: \`classes: [...]\` in the data lists those that count, and names the row of any other
    output-width: the model gives 3 values a sample, but a label has 1 | choose as many label columns as the model has outputs
    no-test-samples: the test split has no samples, so no accuracy can be measured | give the test split a share of the data: \`split: train 80% test 20%\`"
  `);
});
