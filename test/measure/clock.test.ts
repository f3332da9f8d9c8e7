import { expect, test } from "vitest";
import { clockMoved, clockProbe } from "../../src/measure/clock.js";

test("additions a nanosecond are GHz, and the fastest of four measurements counts", () => {
  // Each measurement adds 14,000 x 64 times; the first four looks warm up.
  const additions = 14_000 * 64;
  const durationsMs = [...Array.from({ length: 16 }, () => 1), 0.4, 0.25, 3, 0.256, 0.32, 0.32, 0.32, 0.32];
  let now = 0;
  let reads = 0;
  const probe = clockProbe(() => {
    if (reads++ % 2 === 1) now += durationsMs[(reads - 2) / 2] ?? 0;
    return now;
  });
  expect(probe?.()).toBeCloseTo(additions / 0.25e6, 9);
  expect(probe?.()).toBeCloseTo(additions / 0.32e6, 9);
});

test.each([
  [3.5, 3.5, false],
  [3.5, 3.6, false],
  [3.5, 3.62, true],
  [3.62, 3.5, true],
  [3.5, 3.45, false],
])("from %d to %d GHz it has moved: %s", (before, after, moved) => {
  expect(clockMoved(before, after)).toBe(moved);
});
