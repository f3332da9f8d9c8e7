import { expect, test } from "vitest";
import { percentilesOf, samplesFor } from "../../src/measure/percentiles.js";
import { havePython, runPython } from "../python.js";

test("p90 needs 64 samples and p99 662, MLPerf's floors", () => {
  expect([samplesFor(0.9), samplesFor(0.99)]).toEqual([64, 662]);
});

test.skipIf(!havePython)(
  "so many that scipy's binomial gives at most one sample above the percentile 1% at most",
  () => {
    const levels = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999];
    const least = runPython(`
from scipy.stats import binom
for p in ${JSON.stringify(levels)}:
    n = 1
    while binom.cdf(1, n, 1 - p) > 0.01: n += 1
    print(n)
`);
    expect(levels.map(samplesFor)).toEqual(least.trim().split("\n").map(Number));
  },
);

test("a percentile that too few samples support is left out", () => {
  const upTo = (n: number) => Float64Array.from({ length: n }, (_, i) => i + 1);
  expect(percentilesOf(upTo(63))).toEqual({});
  expect(percentilesOf(upTo(64))).toEqual({ p90Ms: expect.closeTo(57.7, 9) });
  expect(percentilesOf(upTo(661))).toEqual({ p90Ms: 595 });
  expect(percentilesOf(upTo(1001))).toEqual({ p90Ms: 901, p99Ms: 991 });
});
