import fc from "fast-check";
import { expect, test } from "vitest";
import { seededRandom } from "../../../src/base/random.js";
import { addValues, binWidth, emptyHistogram } from "../../../src/quantize/observers/histogram.js";
import { observedRange } from "../../../src/quantize/observers/registry.js";
import type { Calibration } from "../../../src/quantize/scheme.js";
import { affineParams, dequantize, quantize } from "../../../src/tensor/affine.js";
import type { Range } from "../../../src/tensor/quant.js";
import { tensor } from "../../../src/tensor/tensor.js";

const observers = ["minmax", "percentile", "entropy", "mse"] as const;

function histogramOf(values: Float32Array) {
  const histogram = emptyHistogram();
  addValues(histogram, values, 0, values.length);
  return histogram;
}

function rangeOf(values: Iterable<number>, observer: Calibration["observer"], percentile = 99.9): Range {
  return observedRange(histogramOf(Float32Array.from(values)), { observer, percentile, samples: 1 });
}

function normals(count: number, seed = 1): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: count }, () => random.normal());
}

/** Mean squared error after a round trip through uint8 codes of the range. */
function meanSquaredError(values: Float32Array, range: Range): number {
  const t = tensor("float32", [values.length], values);
  const params = affineParams(range, "uint8", { symmetric: false });
  const back = dequantize(quantize(t, params), params).data;
  return values.reduce((sum, value, i) => sum + (value - (back[i] as number)) ** 2, 0) / values.length;
}

test.each(observers)("%s: a range contains 0, lies inside the exact range, and is finite", (observer) => {
  const float = fc.float({ noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(fc.array(float, { minLength: 1, maxLength: 30 }), (values) => {
      const { min, max } = rangeOf(values, observer);
      expect(min).toBeLessThanOrEqual(0);
      expect(max).toBeGreaterThanOrEqual(0);
      expect(min).toBeGreaterThanOrEqual(Math.min(0, ...values));
      expect(max).toBeLessThanOrEqual(Math.max(0, ...values));
    }),
    { numRuns: 50 },
  );
});

test.each(observers)("%s: constant, zero, single and subnormal tensors have the range of their value", (observer) => {
  const positive = (value: number) => ({ min: 0, max: value });
  expect(rangeOf([0, 0, 0], observer)).toEqual(positive(0));
  expect(rangeOf([2, 2, 2], observer).max).toBeCloseTo(2, 2);
  expect(rangeOf([-3], observer).min).toBeCloseTo(-3, 2);
  const { min, max } = rangeOf([2 ** -149], observer);
  expect(min).toBe(0);
  expect(max / 2 ** -149).toBeCloseTo(1, 2);
});

test("minmax gives the exact ends", () => {
  expect(rangeOf([0.1, -0.7, 0.3], "minmax")).toEqual({ min: Math.fround(-0.7), max: Math.fround(0.3) });
});

test("percentile agrees with sorting, to a bin's width", () => {
  const values = normals(20_000);
  const sorted = values.toSorted();
  const width = binWidth(histogramOf(values));
  for (const percent of [99, 99.9, 90]) {
    const cut = Math.round((values.length * (1 - percent / 100)) / 2);
    const { min, max } = rangeOf(values, "percentile", percent);
    expect(Math.abs(min - (sorted[cut] as number))).toBeLessThanOrEqual(width);
    expect(Math.abs(max - (sorted[values.length - 1 - cut] as number))).toBeLessThanOrEqual(width);
  }
});

test("percentile 100 is minmax", () => {
  const values = normals(1000);
  expect(rangeOf(values, "percentile", 100)).toEqual(rangeOf(values, "minmax"));
});

test("percentile of values of one sign cuts at their far end alone", () => {
  const values = Float32Array.from({ length: 1000 }, (_, i) => i + 1);
  const { min, max } = rangeOf(values, "percentile", 90);
  expect(min).toBe(0);
  expect(max).toBeCloseTo(900, -1);
});

test("mse finds a range within 2 percent of the best of a dense search", () => {
  const values = Float32Array.of(...normals(2000), 20);
  const found = meanSquaredError(values, rangeOf(values, "mse"));
  let best = Number.POSITIVE_INFINITY;
  for (let low = 1; low <= 5; low += 0.5) {
    for (let high = 1; high <= 20; high += 0.5) {
      best = Math.min(best, meanSquaredError(values, { min: -low, max: high }));
    }
  }
  expect(found).toBeLessThanOrEqual(best * 1.02);
  expect(found).toBeLessThan(meanSquaredError(values, rangeOf(values, "minmax")));
});

test("entropy clips lonely outliers and leaves a uniform tensor alone", () => {
  const outlier = rangeOf([...normals(100_000), 100], "entropy");
  expect(outlier.max).toBeLessThan(20);
  expect(outlier.max).toBeGreaterThan(3);
  const uniform = Float32Array.from({ length: 100_000 }, (_, i) => i / 100_000);
  expect(rangeOf(uniform, "entropy").max).toBeGreaterThan(0.95);
});

test("entropy never keeps one lonely small value alone, clipping all others into its bin", () => {
  const crowd = Array.from({ length: 1000 }, (_, i) => 0.5 + i ** 2 / 2e6);
  const lonely = [292, 333, 375, 416, 457].map((bin) => bin / 4096);
  expect(Math.min(...lonely.map((value) => rangeOf([value, ...crowd], "entropy").max))).toBeGreaterThan(0.9);
});

test("entropy is not decided by the zeros that ReLU makes", () => {
  const halves = normals(50_000).map((value) => Math.max(0, value));
  const alive = halves.filter((value) => value > 0);
  expect(rangeOf(halves, "entropy").max).toBeCloseTo(rangeOf(alive, "entropy").max, 0);
});
