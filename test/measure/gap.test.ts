import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { accuracyGap, gapPositions, scoresAt, trackGap } from "../../src/measure/gap.js";
import type { Scores } from "../../src/measure/scores.js";

/** The gap of one value over batches of [simulated, executed]. */
function stepsOf(kind: "codes" | "float", ...batches: readonly (readonly [number[], number[]])[]): number {
  const tracker = trackGap([{ value: "y", layer: "dense", kind }]);
  for (const [simulated, executed] of batches) tracker.add("y", simulated, executed);
  return tracker.finish().maxSteps;
}

describe("the largest difference of a value", () => {
  test("of codes is counted in codes", () => {
    expect(
      stepsOf(
        "codes",
        [
          [3, 255, 0],
          [3, 253, 0],
        ],
        [[7], [8]],
      ),
    ).toBe(2);
    expect(
      stepsOf("codes", [
        [-128, 127],
        [-128, 127],
      ]),
    ).toBe(0);
  });

  test("of float results is counted in 1/255 of the range over all samples, which contains 0", () => {
    // Range 0..51: a step is 0.2, and the difference of 0.1 half of one.
    expect(
      stepsOf(
        "float",
        [
          [10.1, 20],
          [10, 20],
        ],
        [[51], [51]],
      ),
    ).toBeCloseTo(0.5, 12);
    // Range -25.5..25.5, reached by the executed side alone.
    expect(
      stepsOf("float", [
        [-25, 25.5],
        [-25.5, 25.5],
      ]),
    ).toBeCloseTo(2.5, 12);
    expect(
      stepsOf("float", [
        [0.25, -0],
        [0.25, 0],
      ]),
    ).toBe(0);
  });

  test("is the whole range where one side alone is not finite, and nothing where both are", () => {
    expect(
      stepsOf("float", [
        [1, Number.NaN],
        [1, 1],
      ]),
    ).toBe(255);
    expect(stepsOf("float", [[Number.NEGATIVE_INFINITY], [Number.POSITIVE_INFINITY]])).toBe(255);
    expect(
      stepsOf("float", [
        [1, Number.NaN],
        [1, Number.NaN],
      ]),
    ).toBe(0);
    const infinite = [Number.POSITIVE_INFINITY, 1];
    expect(stepsOf("float", [infinite, infinite])).toBe(0);
  });

  test("never passes 255 and does not depend on how samples are batched", () => {
    const numbers = fc.array(fc.tuple(fc.float(), fc.float()), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(numbers, fc.nat(), (pairs, cut) => {
        const sides = (part: typeof pairs) => [part.map(([a]) => a), part.map(([, b]) => b)] as const;
        const at = cut % pairs.length;
        const whole = stepsOf("float", sides(pairs) as [number[], number[]]);
        expect(stepsOf("float", ...([pairs.slice(0, at), pairs.slice(at)].map(sides) as [number[], number[]][]))).toBe(
          whole,
        );
        expect(whole).toBeGreaterThanOrEqual(0);
        expect(whole).toBeLessThanOrEqual(255);
      }),
    );
  });
});

test("layers have the largest of their values, in the order of the graph; a value without a layer counts too", () => {
  const tracker = trackGap([
    { value: "conv:codes", layer: "conv", kind: "codes" },
    { value: "input:codes", layer: undefined, kind: "codes" },
    { value: "dense", layer: "dense", kind: "float" },
    { value: "conv_b:codes", layer: "conv", kind: "codes" },
  ]);
  tracker.add("conv:codes", [1], [1]);
  tracker.add("input:codes", [9], [4]);
  tracker.add("dense", [0, 255], [1, 255]);
  tracker.add("conv_b:codes", [5], [7]);
  expect(tracker.finish()).toEqual({
    maxSteps: 5,
    layers: [
      { layer: "conv", maxSteps: 2 },
      { layer: "dense", maxSteps: 1 },
    ],
  });
});

test("values that are not the same on both sides are a fault of ours", () => {
  const tracker = trackGap([{ value: "y", layer: "dense", kind: "codes" }]);
  expect(() => tracker.add("y", [1, 2], [1])).toThrow('gap: "y" has 2 elements simulated and 1 executed');
  expect(() => tracker.add("z", [1], [1])).toThrow('gap: "z" is not compared');
});

describe("the gap of accuracy is simulated minus executed", () => {
  const scored = (metric: Scores["metric"], predictions: readonly number[], scores: readonly number[]): Scores => ({
    metric,
    predictions: Int32Array.from(predictions),
    scores: Float64Array.from(scores),
  });

  test("with classes in shares of right samples, whatever fp32 says", () => {
    const simulated = scored("top1", [1, 2, 3, 4], [1, 1, 0, 0]);
    const executed = scored("top1", [1, 5, 5, 5], [1, 0, 0, 0]);
    expect(accuracyGap(simulated, executed, scored("top1", [9, 9, 9, 9], [0, 0, 0, 0]))).toBe(0.25);
  });

  test("with real values in mean absolute error", () => {
    const float = scored("mae", [], [0, 0]);
    expect(accuracyGap(scored("mae", [], [0.5, 1]), scored("mae", [], [1, 1]), float)).toBe(-0.25);
  });

  test("in relative errors of the samples whose fp32 outputs were kept", () => {
    const float = scored("relative_error", [], [0, Number.NaN, 0]);
    const simulated = scored("relative_error", [], [0.5, Number.NaN, 1]);
    expect(accuracyGap(simulated, scored("relative_error", [], [1, Number.NaN, 1]), float)).toBe(-0.25);
  });

  test("without labels in shares of samples that agree with fp32", () => {
    const float = scored("agreement", [1, 2, 3, 4], []);
    const simulated = scored("agreement", [1, 2, 9, 9], []);
    expect(accuracyGap(simulated, scored("agreement", [1, 2, 3, 9], []), float)).toBe(-0.25);
    expect(accuracyGap(simulated, simulated, float)).toBe(0);
  });

  test("and needs the same samples on all sides", () => {
    const two = scored("top1", [1, 2], [1, 1]);
    expect(() => accuracyGap(two, two, scored("top1", [1], [1]))).toThrow("not scored on the same samples");
    expect(() => accuracyGap(two, scored("agreement", [1, 2], []), two)).toThrow("not scored on the same samples");
  });

  test("scores of some samples keep their order; a metric without predictions has none", () => {
    expect(scoresAt(scored("top1", [7, 8, 9], [0, 1, 1]), [2, 0])).toEqual(scored("top1", [9, 7], [1, 0]));
    expect(scoresAt(scored("mae", [], [0.5, 0.25]), [1])).toEqual(scored("mae", [], [0.25]));
  });
});

describe("samples that are simulated", () => {
  test.each([
    ["all of a small model", 0.1, 1000, 1000],
    ["as many as take four seconds", 40, 1000, 100],
    ["four as long as they take ten seconds", 2000, 1000, 4],
    ["one of a large model", 9000, 1000, 1],
    ["none of one that would take longer", 11_000, 1000, 0],
    ["all of a model without arithmetic", 0, 1000, 1000],
    ["no more than there are", 2000, 3, 3],
  ])("%s: %d ms each, %d there, %d taken", (_, sampleMs, available, count) => {
    expect(gapPositions(sampleMs, available)).toHaveLength(count);
  });

  test("are spread evenly over the split", () => {
    expect(gapPositions(1000, 10)).toEqual([0, 2, 5, 7]);
  });
});
