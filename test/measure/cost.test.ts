import fc from "fast-check";
import { expect, test } from "vitest";
import { costOf } from "../../src/measure/cost.js";
import type { LatencyResult } from "../../src/measure/speedup.js";

const latency = (facts: Partial<LatencyResult>): LatencyResult => ({
  ...{ batch: 1, threads: 1, medianMs: 1, baselineMs: 2, processes: 1, pairs: 2, verdict: "" },
  speedup: { value: 2, ci95: [1.6, 2.5] },
  control: { value: 1, ci95: [1, 1] },
  optimization: { baseline: "all", trial: "all" },
  ...facts,
});

test("a million samples of a millisecond take 1000 seconds of the machine; a faster arm saves by its paired ratio", () => {
  // 0.36 an hour is 0.0001 a second.
  expect(costOf(latency({}), 0.36)).toEqual({
    batch: 1,
    threads: 1,
    pricePerHour: 0.36,
    perMillion: expect.closeTo(0.1, 12),
    baselinePerMillion: expect.closeTo(0.2, 12),
    saving: { value: 0.5, ci95: [expect.closeTo(0.375, 12), expect.closeTo(0.6, 12)] },
  });
});

test("a batch divides the cost among its samples; a slower arm saves less than nothing", () => {
  expect(costOf(latency({ batch: 32, medianMs: 32 }), 0.36).perMillion).toBeCloseTo(0.1, 12);
  expect(costOf(latency({ speedup: { value: 0.5, ci95: [0.4, 0.8] } }), 1).saving).toEqual({
    value: -1,
    ci95: [-1.5, -0.25],
  });
});

test("cost and saving are finite and the interval holds the saving, whatever the times", () => {
  const ms = fc.double({ min: 1e-6, max: 1e7, noNaN: true });
  const ratio = fc.double({ min: 1e-3, max: 1e3, noNaN: true });
  fc.assert(
    fc.property(
      ms,
      ms,
      fc.tuple(ratio, ratio, ratio),
      fc.double({ min: 1e-6, max: 1e9, noNaN: true }),
      (a, b, ratios, price) => {
        const [low, value, high] = [...ratios].sort((x, y) => x - y) as [number, number, number];
        const cost = costOf(latency({ medianMs: a, baselineMs: b, speedup: { value, ci95: [low, high] } }), price);
        expect([cost.perMillion, cost.baselinePerMillion].every((money) => Number.isFinite(money) && money > 0)).toBe(
          true,
        );
        expect(cost.saving.ci95[0]).toBeLessThanOrEqual(cost.saving.value);
        expect(cost.saving.ci95[1]).toBeGreaterThanOrEqual(cost.saving.value);
      },
    ),
  );
});
