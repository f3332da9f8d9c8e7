import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../../src/base/random.js";
import {
  bootstrapMeanInterval,
  median,
  medianError,
  pairedDifferenceInterval,
  quantile,
  wilson,
} from "../../src/measure/statistics.js";

const closeTo = (values: readonly number[], digits: number) => values.map((value) => expect.closeTo(value, digits));

test("quantiles are NumPy's", () => {
  const values = [3.5, 1.25, -2, 8, 0.5];
  expect([0, 0.1, 0.5, 0.9, 1].map((p) => quantile(values, p))).toEqual(closeTo([-2, -1, 1.25, 6.2, 8], 12));
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(values[0]).toBe(3.5);
});

describe("the standard error of a median", () => {
  test("is that of the medians of many normal samples", () => {
    const random = seededRandom(3);
    const normal = () => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
    const samples = Array.from({ length: 4000 }, () => Array.from({ length: 101 }, normal));
    const found = Math.sqrt(samples.reduce((total, sample) => total + median(sample) ** 2, 0) / samples.length);
    const said = median(samples.map(medianError));
    expect(said / found).toBeCloseTo(1, 1);
  });

  test("is not moved by a sample that was disturbed, and is 0 of one value", () => {
    expect(medianError([1, 2, 3, 4, 5, 6])).toBeCloseTo(medianError([1, 2, 3, 4, 5, 1e9]), 12);
    expect(medianError([7])).toBe(0);
  });
});

test("Wilson's interval gives the published values (Newcombe 1998, table I)", () => {
  expect(wilson(81, 263)).toEqual(closeTo([0.2553, 0.3662], 4));
  expect(wilson(15, 148)).toEqual(closeTo([0.0624, 0.1605], 4));
  expect(wilson(0, 20)).toEqual([0, expect.closeTo(0.1611, 4)]);
  expect(wilson(20, 20)).toEqual([expect.closeTo(0.8389, 4), 1]);
});

describe("the paired difference", () => {
  test("has the ends that a numerical search over the likelihood finds", () => {
    expect(pairedDifferenceInterval(12, 2, 50)).toEqual(closeTo([0.0611124, 0.3447087], 6));
    expect(pairedDifferenceInterval(2, 1, 360)).toEqual(closeTo([-0.0104997, 0.0175464], 6));
    expect(pairedDifferenceInterval(5, 0, 100)).toEqual(closeTo([0.0111568, 0.1117505], 6));
    expect(pairedDifferenceInterval(40, 21, 4000)).toEqual(closeTo([0.0009531, 0.0088164], 6));
    expect(pairedDifferenceInterval(0, 3, 60)).toEqual(closeTo([-0.1370052, 0.0131804], 6));
  });

  test("of models that never differ is not [0, 0]: as many samples were not seen", () => {
    expect(pairedDifferenceInterval(0, 0, 360)).toEqual(closeTo([-0.010558, 0.010558], 6));
  });

  test("lies around the difference, inside -1..1, and turns over when the arms change places", () => {
    const counts = fc.tuple(fc.nat(60), fc.nat(60), fc.nat(200)).filter(([a, b, c]) => a + b + c > 0);
    fc.assert(
      fc.property(counts, ([lost, gained, same]) => {
        const n = lost + gained + same;
        const [low, high] = pairedDifferenceInterval(lost, gained, n);
        const [otherLow, otherHigh] = pairedDifferenceInterval(gained, lost, n);
        const difference = (lost - gained) / n;
        expect(low).toBeLessThanOrEqual(difference);
        expect(high).toBeGreaterThanOrEqual(difference);
        expect(low).toBeGreaterThanOrEqual(-1);
        expect(high).toBeLessThanOrEqual(1);
        expect([-otherHigh, -otherLow]).toEqual(closeTo([low, high], 9));
      }),
    );
  });

  test("covers the true difference 95 times in 100, exactly counted; never much less when few samples flip", () => {
    const cases = [
      [1, 1],
      [3, 1],
      [5, 0.5],
      [5, 5],
      [10, 5],
      [20, 10],
      [30, 30],
    ] as const;
    for (const n of [100, 360]) {
      for (const [lost, gained] of cases) {
        const covered = coverage(n, lost / n, gained / n);
        expect(covered).toBeGreaterThan(0.93);
        expect(covered).toBeLessThan(lost + gained < 4 ? 1 : 0.97);
      }
    }
  });
});

/** Chance that the interval holds the true difference, summed over every outcome of n samples. */
function coverage(n: number, lost: number, gained: number): number {
  const logFactorial = [0];
  for (let i = 1; i <= n; i++) logFactorial.push((logFactorial[i - 1] as number) + Math.log(i));
  const log = (i: number) => logFactorial[i] as number;
  let covered = 0;
  for (let b = 0; b <= n; b++) {
    for (let c = 0; b + c <= n; c++) {
      const chances = b * Math.log(lost) + c * Math.log(gained) + (n - b - c) * Math.log(1 - lost - gained);
      const chance = Math.exp(log(n) - log(b) - log(c) - log(n - b - c) + chances);
      if (chance < 1e-7) continue;
      const [low, high] = pairedDifferenceInterval(b, c, n);
      if (low <= lost - gained && lost - gained <= high) covered += chance;
    }
  }
  return covered;
}

describe("the bootstrap of a mean", () => {
  const skewed = [
    0.1, 0.4, -0.2, 3, 0, 0.7, 1.9, 0.2, -0.5, 0.3, 0.05, 0.9, 5.1, 0.6, -0.1, 0.25, 0.8, 1.1, 0.15, 0.35,
  ];

  test("is the interval of an independent NumPy program but for the draws", () => {
    const [low, high] = bootstrapMeanInterval(skewed, seededRandom(3), 20_000);
    expect(Math.abs(low - 0.307)).toBeLessThan(0.02);
    expect(Math.abs(high - 2.104)).toBeLessThan(0.1);
  });

  test("is the same for the same seed, and a point where all values are equal", () => {
    expect(bootstrapMeanInterval(skewed, seededRandom(3))).toEqual(bootstrapMeanInterval(skewed, seededRandom(3)));
    expect(bootstrapMeanInterval([2, 2, 2, 2], seededRandom(1))).toEqual([2, 2]);
    expect(bootstrapMeanInterval([2], seededRandom(1))).toEqual([2, 2]);
  });

  test("covers the true mean of a skewed distribution about 95 times in 100", () => {
    const random = seededRandom(11);
    let covered = 0;
    for (let k = 0; k < 600; k++) {
      const values = Float64Array.from({ length: 100 }, () => -Math.log(1 - random.next()));
      const [low, high] = bootstrapMeanInterval(values, random, 400);
      if (low <= 1 && 1 <= high) covered++;
    }
    expect(covered / 600).toBeGreaterThan(0.93);
    expect(covered / 600).toBeLessThan(0.97);
  });

  test("of very many values resamples groups: as wide as the normal interval says", () => {
    const random = seededRandom(2);
    const values = Float64Array.from({ length: 50_000 }, () => random.normal());
    const [low, high] = bootstrapMeanInterval(values, seededRandom(1), 500);
    expect(high - low).toBeGreaterThan((2 * 1.96) / Math.sqrt(50_000) / 1.15);
    expect(high - low).toBeLessThan(((2 * 1.96) / Math.sqrt(50_000)) * 1.15);
  });
});
