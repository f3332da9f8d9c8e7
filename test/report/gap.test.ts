import stringWidth from "string-width";
import { expect, test } from "vitest";
import { gapRemarks, gapSentence, isApart, stepText } from "../../src/report/gap.js";
import { renderHtml } from "../../src/report/html.js";
import { renderTable } from "../../src/report/table.js";
import type { CompletedRecord, GapResult } from "../../src/results/record.js";
import { completed } from "../results/fixtures/records.js";
import { report, sweep } from "./fixtures/sweep.js";

const gap = (accuracy: number, steps: readonly number[], samples = 64): GapResult => ({
  accuracy,
  maxSteps: Math.max(...steps),
  samples,
  layers: steps.map((maxSteps, i) => ({ layer: `layer_${i}`, maxSteps })),
});
const record = (found: GapResult, more: Partial<CompletedRecord> = {}) => completed("a", { gap: found, ...more });

test.each([
  ["nothing simulated", [], undefined],
  ["equal", [gap(0, [0, 0])], "simulated and executed agree to the bit (64 samples)"],
  [
    "within rounding, on as many samples as each trial could have",
    [gap(0, [0, 0]), gap(0, [0.0512], 5)],
    "simulated and executed agree within 1 step of quantization (largest 0.051, 5–64 samples)",
  ],
  ["one sample", [gap(0, [1], 1)], "simulated and executed agree within 1 step of quantization (largest 1, 1 sample)"],
  [
    "apart",
    [gap(0, [0, 3, 5]), gap(0, [1])],
    "simulated and executed differ by up to 5 steps of quantization (64 samples)",
  ],
] as const)("trials together: %s", (_, gaps, sentence) => {
  expect(gapSentence(gaps.map((found) => record(found)))).toBe(sentence);
});

test("a trial is remarked on when more than rounding is between the two", () => {
  expect(gapRemarks(completed("a"))).toEqual([]);
  expect(gapRemarks(record(gap(0, [0, 1])))).toEqual([]);
  expect(gapRemarks(record(gap(0, [0, 1, 5])))).toEqual([
    '(!) simulated and executed differ by up to 5 steps of quantization, from layer "layer_1" on',
  ]);
  expect(gapRemarks(record(gap(1 / 64, [0, 1])))).toEqual([
    '(!) simulated and executed differ by up to 1 step of quantization, from layer "layer_1" on; ' +
      "accuracy is 1.6% more when simulated (64 samples)",
  ]);
  const errors = { accuracy: { mae: { value: 2, ci95: [1, 3], n: 64 }, drop: { value: 0, ci95: [0, 0] } } } as const;
  expect(gapRemarks(record(gap(-0.25, [2.5]), errors))).toEqual([
    '(!) simulated and executed differ by up to 2.5 steps of quantization, from layer "layer_0" on; ' +
      "mean error is 0.25 less when simulated (64 samples)",
  ]);
});

test("a relative error that is another when simulated is told in percent", () => {
  const error = { value: 0.02, ci95: [0.01, 0.03], n: 64 } as const;
  const accuracy = { accuracy: { relativeError: error, drop: error } };
  expect(isApart(record(gap(1e-6, [0.1]), accuracy))).toBe(false);
  expect(gapRemarks(record(gap(0.0012, [0.1]), accuracy))).toEqual([
    '(!) simulated and executed differ by up to 0.1 steps of quantization, from layer "layer_0" on; ' +
      "error against fp32 is 0.120% more when simulated (64 samples)",
  ]);
});

test("a trial is apart past one step, or with another accuracy", () => {
  const apart = [gap(0, [0]), gap(0, [1]), gap(0, [1.01]), gap(0.1, [0])].map((found) => isApart(record(found)));
  expect(apart).toEqual([false, false, true, true]);
  expect(isApart(completed("a"))).toBe(false);
});

test("a mean error that moves by a rounding of float arithmetic is not apart", () => {
  const errors = { accuracy: { mae: { value: 2, ci95: [1, 3], n: 64 }, drop: { value: 0, ci95: [0, 0] } } } as const;
  const moved = [1e-7, -0.001, 0.01].map((change) => isApart(record(gap(change, [0.1]), errors)));
  expect(moved).toEqual([false, false, true]);
});

test("steps are whole for codes and have two digits for float results", () => {
  expect([0, 1, 12, 0.0512, 0.0000123, 254.7].map(stepText)).toEqual(["0", "1", "12", "0.051", "<0.001", "250"]);
});

const compared = sweep.map((each) =>
  each.status !== "completed" || each.scheme.mode === "fp32"
    ? each
    : { ...each, gap: each.scheme.calibration === "mse" ? gap(0, [0, 3]) : gap(0, [0, 0.02]) },
);

test("the table marks the trial, says where it begins, and what was compared, in 80 columns", () => {
  const lines = renderTable({ ...report, records: compared, expectations: [] }).split("\n");
  expect(lines.filter((line) => stringWidth(line) > 80)).toEqual([]);
  const text = lines.join("\n");
  expect(text).toContain("static mse (!)");
  expect(text.match(/simulated and executed/g)).toHaveLength(2);
  const from = lines.findIndex((line) => line.startsWith(" gap "));
  expect(lines.slice(from, from + 2).join("\n")).toMatchInlineSnapshot(`
    " gap       simulated and executed differ by up to 3 steps of quantization (64
               samples)"
  `);
});

test("the page has a row for each layer and a column for each trial", () => {
  const page = renderHtml({ ...report, records: compared }, { plotly: "" });
  const table = /<details><summary>Simulated and executed.*?<\/details>/s.exec(page)?.[0] ?? "";
  const rows = [...table.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row = ""]) =>
    row
      .replace(/<[^>]+>/g, " ")
      .trim()
      .split(/\s{2,}/),
  );
  expect(rows).toMatchInlineSnapshot(`
    [
      [
        "layer",
        "dynamic",
        "static minmax",
        "static percentile(99.9)",
        "static entropy",
        "static mse",
        "w8",
        "w4",
      ],
      [
        "layer_0",
        "0",
        "0",
        "0",
        "0",
        "0",
        "0",
        "0",
      ],
      [
        "layer_1",
        "0.02",
        "0.02",
        "0.02",
        "0.02",
        "3",
        "0.02",
        "0.02",
      ],
    ]
  `);
  expect(renderHtml(report, { plotly: "" })).not.toContain("Simulated and executed");
});
