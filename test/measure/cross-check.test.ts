import { expect, test } from "vitest";
import { agreement, disagreementOf, formsAgree, outputsApart } from "../../src/measure/cross-check.js";
import { tensorFrom } from "../../src/tensor/tensor.js";

const outputs = (...values: number[]) => tensorFrom("float32", [2, 2], values);

test("a step is 1/255 of the first one's range with 0 in it; the top class is counted sample by sample", () => {
  expect(agreement(outputs(0, 255, 10, 5), outputs(2, 255, 4, 5))).toEqual({ maxSteps: 6, sameTop: 0.5 });
  expect(agreement(outputs(0, 255, 10, 5), outputs(0, 255, 10, 5))).toEqual({ maxSteps: 0, sameTop: 1 });
});

test("with one value a sample, a step apart is the same", () => {
  const one = (...values: number[]) => tensorFrom("float32", [2, 1], values);
  expect(agreement(one(255, 10), one(256, 12))).toEqual({ maxSteps: 2, sameTop: 0.5 });
});

test("outputs without an answer among them are compared by their values alone", () => {
  const [expected, actual] = [outputs(0, 255, 10, 9.9), outputs(0, 255, 9.9, 10)];
  expect(agreement(expected, actual).sameTop).toBe(0.5);
  const values = agreement(expected, actual, false);
  expect(values).toEqual({ maxSteps: expect.closeTo(0.1, 5) });
  const check = { ...values, samples: 2, integerNodes: 3 };
  expect(formsAgree(check)).toBe(true);
  expect(disagreementOf({ ...check, maxSteps: 40.4 })).toBe(
    "QOperator and QDQ form of the same scheme disagree on this engine: by up to 40 steps of 1/255 over 2 samples",
  );
});

test("NaN on one side, or a difference where the range is nothing, is the whole range", () => {
  expect(agreement(outputs(0, 1, 1, 0), outputs(0, 1, Number.NaN, 0)).maxSteps).toBe(255);
  expect(agreement(outputs(0, 0, 0, 0), outputs(1, 0, 0, 0)).maxSteps).toBe(255);
  expect(agreement(outputs(0, Number.NaN, 1, 0), outputs(0, Number.NaN, 1, 0)).maxSteps).toBe(0);
});

test("what the forms disagree on is one sentence, the kernels first", () => {
  const good = { samples: 64, maxSteps: 0.5, sameTop: 1, integerNodes: 3, unfused: { maxSteps: 2, sameTop: 63 / 64 } };
  expect(disagreementOf(good)).toBeUndefined();
  expect(disagreementOf({ ...good, maxSteps: 40.4, sameTop: 0.5, layer: "b" })).toBe(
    "QOperator and QDQ form of the same scheme disagree on this engine: by up to 40 steps of 1/255, same top answer in 32 of 64 samples; it begins in layer b",
  );
  const rounding = { ...good, unfused: { maxSteps: 9.25, sameTop: 1 } };
  expect([formsAgree(rounding), outputsApart(rounding), disagreementOf(rounding)]).toEqual([true, true, undefined]);
  const saturating = { ...rounding, layer: "b" };
  expect(disagreementOf(saturating)).toBe(
    "the integer kernels and the same codes multiplied in float disagree: by up to 9.3 steps of 1/255, same top answer in 64 of 64 samples; it begins in layer b",
  );
});
