import fc from "fast-check";
import { expect, test } from "vitest";
import { seededRandom } from "../../src/base/random.js";
import { sampledMean } from "../../src/measure/statistics.js";
import { isDecidedByFew, skewnessOfMean } from "../../src/measure/tails.js";
import { havePython, runPython } from "../python.js";

test.skipIf(!havePython)("the skewness is scipy's, over the root of the number", () => {
  const values = [0, 0.1, 0, 3, 0.2, 0.7, 0, 0, 11];
  const found = runPython(
    "import scipy.stats as s, sys, json; print(s.skew(json.load(sys.stdin)))",
    JSON.stringify(values),
  );
  expect(skewnessOfMean(values)).toBeCloseTo(Number(found) / 3, 12);
});

test("even samples are enough for their mean; a few large ones among many are not, and the estimate says so", () => {
  const random = seededRandom(4);
  const even = Float64Array.from({ length: 400 }, () => random.normal());
  const heavy = Float64Array.from({ length: 400 }, () => Math.exp(3 * random.normal()));
  expect([isDecidedByFew(even), isDecidedByFew(heavy)]).toEqual([false, true]);
  expect(sampledMean(heavy, seededRandom(1))).toMatchObject({ n: 400, narrow: true });
  expect(sampledMean(even, seededRandom(1))).not.toHaveProperty("narrow");
});

test("whatever the values, equal ones or huge, there is an answer; a shift and a scale change nothing", () => {
  expect([[2], [0, 0], [1e200, 0, 0]].map(isDecidedByFew)).toEqual([false, false, false]);
  const values = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(values, fc.integer({ min: -50, max: 50 }), (all, shift) => {
      const moved = skewnessOfMean(all.map((value) => 8 * value + shift));
      expect(moved).toBeCloseTo(skewnessOfMean(all), 9);
    }),
  );
});
