import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  coarseHistogram,
  codeRange,
  countSaturation,
  MOST_RANGES,
  mostSaturated,
  type RangeResult,
} from "../../src/measure/ranges.js";
import { addValues, emptyHistogram } from "../../src/quantize/observers/histogram.js";
import { activationParams } from "../../src/quantize/passes/static/codes.js";
import { roundHalfEven } from "../../src/tensor/affine.js";
import { havePython, runPython } from "../python.js";

function histogramOf(values: ArrayLike<number>) {
  const histogram = emptyHistogram();
  const floats = Float32Array.from(values);
  addValues(histogram, floats, 0, floats.length);
  return histogram;
}

const float = fc.float({ noNaN: true, noDefaultInfinity: true });
const floats = fc.float32Array({ noNaN: true, noDefaultInfinity: true, minLength: 1, maxLength: 60 });

describe("the range of codes", () => {
  test("0..255 steps from the zero point", () => {
    expect(codeRange({ scale: 0.5, zeroPoint: 10 })).toEqual([-5, 122.5]);
  });

  test("a value saturates exactly where its code would lie outside of 0..255", () => {
    fc.assert(
      fc.property(float, float, floats, (a, b, values) => {
        const params = activationParams({ min: Math.min(a, b), max: Math.max(a, b) });
        const count = countSaturation(params);
        count.add(values);
        const codes = Array.from(values, (value) => roundHalfEven(value / params.scale) + params.zeroPoint);
        const beyond = codes.filter((code) => code < 0 || code > 255).length;
        // A value on the very border rounds to an even code, which may be inside or outside.
        const border = Array.from(values, (value) => Math.abs(value / params.scale + params.zeroPoint - 127.5));
        const ties = border.filter((distance) => Math.abs(distance - 128) < 1e-6).length;
        expect(Math.abs(count.share() * values.length - beyond)).toBeLessThanOrEqual(ties + 1e-9);
      }),
    );
  });

  test("nothing counted is no saturation; NaN and infinities saturate", () => {
    const count = countSaturation(activationParams({ min: 0, max: 1 }));
    expect(count.share()).toBe(0);
    count.add([0.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
    expect(count.share()).toBe(0.75);
  });

  test.each([
    ["always 0", 0, 0],
    ["one subnormal", 0, 2 ** -149],
    ["all of float32", -3.4e38, 3.4e38],
  ])("%s: a finite range with a scale above 0, and 0 in it", (_, min, max) => {
    const params = activationParams({ min, max });
    const [low, high] = codeRange(params);
    expect(params.scale).toBeGreaterThan(0);
    expect([low, high].every(Number.isFinite)).toBe(true);
    expect(low).toBeLessThanOrEqual(0);
    expect(high).toBeGreaterThanOrEqual(0);
  });
});

describe("the histogram of a record", () => {
  test.skipIf(!havePython)(
    "equal bins over the exact range, as numpy has them, but for values within a bin of calibration of an edge",
    () => {
      const values = Float32Array.from({ length: 4000 }, (_, i) => Math.sin(i) ** 3 * 7 + 1);
      const ours = coarseHistogram(histogramOf(values), 32);
      const script = `import sys, json, numpy as np
values = np.frombuffer(sys.stdin.buffer.read(), np.float32)
print(json.dumps(np.histogram(values, bins=32)[0].tolist()))`;
      const theirs: readonly number[] = JSON.parse(runPython(script, new Uint8Array(values.buffer)));
      const difference = ours.reduce((sum, count, i) => sum + Math.abs(count - (theirs[i] ?? 0)), 0);
      expect(ours.reduce((a, b) => a + b, 0)).toBe(4000);
      expect(difference / 4000).toBeLessThan(0.03);
    },
  );

  test("counts every value once, whatever they are", () => {
    fc.assert(
      fc.property(floats, (values) => {
        const counts = coarseHistogram(histogramOf(values));
        expect(counts).toHaveLength(32);
        expect(counts.reduce((a, b) => a + b, 0)).toBe(values.length);
      }),
    );
  });

  test("a constant lies in the first bin", () => {
    expect(coarseHistogram(histogramOf([3, 3, 3]), 4)).toEqual([3, 0, 0, 0]);
    expect(coarseHistogram(histogramOf([0]), 2)).toEqual([1, 0]);
  });
});

test("a record lists the most saturated activations, and no more than its readers can take", () => {
  const range = (value: number, saturated: number): RangeResult => ({
    ...{ value: `v${value}`, seen: [0, 1], chosen: [0, 1], histogram: [1] },
    saturated,
  });
  expect(mostSaturated([range(0, 0), range(1, 0.5), range(2, 0)]).map(({ value }) => value)).toEqual([
    "v1",
    "v0",
    "v2",
  ]);
  expect(mostSaturated(Array.from({ length: 200 }, (_, i) => range(i, 0)))).toHaveLength(MOST_RANGES);
});
