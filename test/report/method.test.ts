import { expect, test } from "vitest";
import { methodNotes } from "../../src/report/method.js";
import { completed } from "../results/fixtures/records.js";
import { latency } from "./fixtures/sweep.js";

const speedNote = (...baselines: readonly (readonly number[])[]) => {
  const records = baselines.map((times, i) => ({
    ...completed(`trial ${i}`),
    latency: times.map((baselineMs, k) => ({ ...latency(1, 2, [1.9, 2.1], "2.00x faster"), batch: k + 1, baselineMs })),
  }));
  const report = { experiment: "e", model: "m", data: "d", records };
  return methodNotes(report).find(({ label }) => label === "speed")?.text;
};

const drifted = "fp32 took 0.046 to 0.090 ms beside different trials, so compare by speedup, not by ms or cost";

test("parity says whether fp32 or the model as it came was compared with the user's own files", () => {
  const parity = {
    maxRelativeError: 1.8e-7,
    samples: 32,
    reference: "onnxruntime 1.30.0 (the file itself, not optimized)",
  };
  const noteOf = (of?: "given") => {
    const records = [{ ...completed("fp32"), parity: { ...parity, ...(of ? { of } : {}) } }];
    return methodNotes({ experiment: "e", model: "m", data: "d", records }).find(({ label }) => label === "parity")
      ?.text;
  };
  const rest =
    "differs from onnxruntime 1.30.0 (the file itself, not optimized) by at most 1.8e-7 (relative, 32 samples)";
  expect(noteOf()).toBe(`fp32 ${rest}`);
  expect(noteOf("given")).toBe(`the quantized model as it was read ${rest}`);
});

test("what a relative error is is said where it is shown", () => {
  const error = { value: 0.02, ci95: [0.01, 0.03], n: 64 } as const;
  const records = [completed("a", { accuracy: { relativeError: error, drop: error } })];
  const [note] = methodNotes({ experiment: "e", model: "m", data: "d", records });
  expect(note).toEqual({
    label: "accuracy",
    text: "64 test samples, 95% intervals; no labels, and outputs that are no probabilities: the error is the root mean square difference from fp32's output as a share of that output's own, mean over samples",
  });
});

test("a machine that was not as fast beside each trial is said, by batch", () => {
  expect(speedNote([0.046], [0.09], [0.05])).toContain(drifted);
  expect(speedNote([0.046, 1], [0.048, 1.05])).not.toContain("beside different trials");
});
