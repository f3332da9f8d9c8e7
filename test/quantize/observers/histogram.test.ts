import fc from "fast-check";
import { expect, test } from "vitest";
import {
  addValues,
  BINS,
  emptyHistogram,
  type Histogram,
  mergeHistograms,
} from "../../../src/quantize/observers/histogram.js";

const float = fc.float({ noNaN: true, noDefaultInfinity: true });
const batch = fc.array(float, { maxLength: 40 });

function histogramOf(...batches: readonly (readonly number[])[]): Histogram {
  const histogram = emptyHistogram();
  for (const values of batches) addValues(histogram, Float32Array.from(values), 0, values.length);
  return histogram;
}

/** The filled bins as [index, count]; `-0` and `0` are one value here. */
function plain({ min, max, first, counts, ...rest }: Histogram) {
  const filled = [...counts.entries()].filter(([, count]) => count > 0);
  return { ...rest, min: min + 0, max: max + 0, first: first + 0, filled };
}

test("a histogram is the same for every order and batching of the values", () => {
  fc.assert(
    fc.property(fc.array(batch, { minLength: 1, maxLength: 5 }), (batches) => {
      const values = batches.flat();
      const whole = histogramOf(values);
      expect(plain(histogramOf(...batches))).toEqual(plain(whole));
      expect(plain(histogramOf(values.toReversed()))).toEqual(plain(whole));
      expect(plain(histogramOf(...values.map((value) => [value])))).toEqual(plain(whole));
    }),
    { numRuns: 60 },
  );
});

test("merged histograms are the histogram of all the values", () => {
  fc.assert(
    fc.property(batch, batch, (left, right) => {
      expect(plain(mergeHistograms(histogramOf(left), histogramOf(right)))).toEqual(
        plain(histogramOf([...left, ...right])),
      );
    }),
    { numRuns: 60 },
  );
});

test("ends are exact, every value is counted, and each lies in the bin that says so", () => {
  fc.assert(
    fc.property(fc.array(float, { minLength: 1, maxLength: 60 }), (values) => {
      const histogram = histogramOf(values);
      expect([histogram.min + 0, histogram.max + 0]).toEqual([Math.min(...values) + 0, Math.max(...values) + 0]);
      expect(histogram.counts.reduce((a, b) => a + b)).toBe(values.length);
      const bins = values.map((value) => Math.floor(value / 2 ** histogram.exponent) - histogram.first);
      const expected = [...new Set(bins)]
        .sort((a, b) => a - b)
        .map((bin) => [bin, bins.filter((b) => b === bin).length]);
      expect(plain(histogram).filled).toEqual(expected);
    }),
    { numRuns: 60 },
  );
});

test("two different values are at least half the bins apart", () => {
  for (const [a, b] of [
    [0, 1],
    [-3, 5],
    [0, 2 ** -149],
    [-3.4e38, 3.4e38],
    [0, 1e-30],
  ] as const) {
    const { exponent, first } = histogramOf([a, b]);
    expect(Math.floor(b / 2 ** exponent) - first).toBeGreaterThanOrEqual(BINS / 2);
  }
});

test("NaN and infinity are found where they are, and change nothing", () => {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    const histogram = histogramOf([1, 2]);
    const before = structuredClone(histogram);
    expect(addValues(histogram, Float32Array.of(0, 9, bad, 3), 1, 4)).toBe(2);
    expect(histogram).toEqual(before);
  }
});

test("only the given stretch of the values is seen", () => {
  const histogram = emptyHistogram();
  expect(addValues(histogram, Float32Array.of(100, 1, 2, -100), 1, 3)).toBe(-1);
  expect([histogram.min, histogram.max, histogram.count]).toEqual([1, 2, 2]);
});
