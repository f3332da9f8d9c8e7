import { expect, test } from "vitest";
import { rejectAbovePeak } from "../../src/measure/rejection.js";
import type { LatencyResult } from "../../src/measure/speedup.js";

const peaks = { floatMacs: 100e9, integerMacs: 400e9 };

const result = (baselineMs: number, medianMs: number): LatencyResult => ({
  batch: 1,
  threads: 1,
  medianMs,
  baselineMs,
  speedup: { value: baselineMs / medianMs, ci95: [baselineMs / medianMs, baselineMs / medianMs] },
  control: { value: 1, ci95: [1, 1] },
  processes: 4,
  pairs: 96,
  optimization: { baseline: "all", trial: "all" },
  verdict: "faster",
});

test.each([
  ["within the peaks", 2e9, result(20, 5)],
  ["above the integer peak by less than a peak can be measured", 2e9, result(20, 4.2)],
  ["a model without multiply-adds", 0, result(0.001, 0.001)],
])("%s a result stays as it is", (_, macs, possible) => {
  expect(rejectAbovePeak(possible, macs, peaks)).toBe(possible);
});

test("a kernel that returned nothing in 9 microseconds is called impossible, and claims nothing", () => {
  const rejected =
    "this trial would have done 222222 GMAC/s, and the most that this machine was measured to do is 400: not everything ran";
  const given = result(20, 0.009);
  expect(rejectAbovePeak(given, 2e9, peaks)).toEqual({ ...given, rejected, verdict: `no claim: ${rejected}` });
});

test("a baseline that cannot be is rejected too: it would make the trial look slow", () => {
  expect(rejectAbovePeak(result(10, 8), 2e9, peaks).rejected).toBe(
    "fp32 would have done 200 GMAC/s, and the most that this machine was measured to do is 100: not everything ran",
  );
});
