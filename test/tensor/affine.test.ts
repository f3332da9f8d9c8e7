import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  affineParams,
  affineParamsOf,
  channelParams,
  dequantize,
  integerLimits,
  quantDTypes,
  quantize,
  quantizeValue,
  requantizeMultiplier,
  requantizeValue,
  roundHalfEven,
  saturate,
  symmetricLimits,
} from "../../src/tensor/affine.js";
import type { Range } from "../../src/tensor/quant.js";
import { tensorFrom } from "../../src/tensor/tensor.js";

/** Not up to the float32 limit, 3.4e38, where (code - zeroPoint) * scale can round to infinity. */
const finite = fc.float({ noNaN: true, min: Math.fround(-1e38), max: Math.fround(1e38) });
const range: fc.Arbitrary<Range> = fc
  .tuple(finite, finite)
  .map(([a, b]) => ({ min: Math.min(a, b), max: Math.max(a, b) }));

const floats = (values: readonly number[]) => tensorFrom("float32", [values.length], values);

test("quantize agrees with the vector of the ONNX node test of QuantizeLinear", () => {
  const params = { dtype: "uint8" as const, scale: Float32Array.of(2), zeroPoint: Int32Array.of(128) };
  const codes = quantize(floats([0, 2, 3, 1000, -254, -1000]), params);
  expect([...codes.data]).toEqual([128, 129, 130, 255, 1, 0]);
});

test("quantize agrees with the vector of the ONNX node test of QuantizeLinear with an axis", () => {
  const x = [-162, 10, -100, 232, -20, -50, -76, 0, 0, 252, 32, -44, 245, -485, -960, -270, -375, -470];
  const params = {
    dtype: "uint8" as const,
    scale: Float32Array.of(2, 4, 5),
    zeroPoint: Int32Array.of(84, 24, 196),
    axis: 1,
  };
  const codes = quantize(tensorFrom("float32", [1, 3, 3, 2], x), params);
  expect([...codes.data]).toEqual([3, 89, 34, 200, 74, 59, 5, 24, 24, 87, 32, 13, 245, 99, 4, 142, 121, 102]);
});

test("dequantize agrees with the vector of the ONNX node test of DequantizeLinear with an axis", () => {
  const codes = [3, 89, 34, 200, 74, 59, 5, 24, 24, 87, 32, 13, 245, 99, 4, 142, 121, 102];
  const params = {
    dtype: "uint8" as const,
    scale: Float32Array.of(2, 4, 5),
    zeroPoint: Int32Array.of(84, 24, 196),
    axis: 1,
  };
  const real = dequantize(tensorFrom("uint8", [1, 3, 3, 2], codes), params);
  expect([...real.data]).toEqual([
    -162, 10, -100, 232, -20, -50, -76, 0, 0, 252, 32, -44, 245, -485, -960, -270, -375, -470,
  ]);
});

test("halves round to the even integer on both sides of zero", () => {
  expect([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.49999997].map(roundHalfEven)).toEqual([-2, -2, 0, 0, 2, 2, 0]);
});

test("rounding never moves a value by more than a half, and an integer not at all", () => {
  fc.assert(
    fc.property(fc.double({ min: -1e9, max: 1e9, noNaN: true }), (x) => {
      const rounded = roundHalfEven(x);
      expect(Number.isInteger(rounded)).toBe(true);
      expect(Math.abs(rounded - x)).toBeLessThanOrEqual(0.5);
      expect(roundHalfEven(rounded)).toBe(rounded);
    }),
  );
});

test("saturation of NaN and infinities gives a code", () => {
  const q = integerLimits("int8");
  expect([Number.NaN, Infinity, -Infinity, 127.9].map((x) => saturate(x, q))).toEqual([-128, 127, -128, 127]);
  expect(quantizeValue(Number.NaN, 1, 0, q)).toBe(-128);
});

describe.each(quantDTypes)("parameters of %s", (dtype) => {
  test("a value inside the range comes back within half a step, and zero comes back exactly", () => {
    fc.assert(
      fc.property(range, fc.double({ min: 0, max: 1, noNaN: true }), (r, part) => {
        const params = affineParams(r, dtype, { symmetric: false });
        const scale = params.scale[0] ?? 0;
        // Half a step, and what rounding the scale to float32 (2^-24) adds to the largest code, of 16 bits up to 0.004.
        const { min, max } = integerLimits(dtype);
        const bound = 0.5001 + (max - min) * 2 ** -24;
        const inside = Math.fround(r.min + part * (r.max - r.min));
        const values = floats([0, r.min, inside, r.max]);
        const back = dequantize(quantize(values, params), params);
        expect(back.data[0]).toBe(0);
        for (const [i, value] of values.data.entries()) {
          expect(Math.abs((back.data[i] ?? Number.NaN) - value)).toBeLessThanOrEqual(bound * scale);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("the scale is a normal float32 > 0 and the zero point a code, for every range", () => {
    fc.assert(
      fc.property(range, fc.boolean(), (r, symmetric) => {
        const { scale, zeroPoint } = affineParamsOf(r, dtype, { symmetric });
        const { min, max } = integerLimits(dtype);
        expect(Math.fround(scale)).toBe(scale);
        expect(scale).toBeGreaterThanOrEqual(2 ** -126);
        expect(Number.isFinite(Math.fround(1 / scale))).toBe(true);
        expect(Number.isInteger(zeroPoint) && zeroPoint >= min && zeroPoint <= max).toBe(true);
      }),
    );
  });

  test("symmetric codes of x and -x mirror each other and leave out the lowest code", () => {
    fc.assert(
      fc.property(range, (r) => {
        const { scale, zeroPoint } = affineParamsOf(r, dtype, { symmetric: true });
        const q = symmetricLimits(dtype);
        const largest = Math.max(Math.abs(r.min), Math.abs(r.max));
        const up = quantizeValue(largest, scale, zeroPoint, q) - zeroPoint;
        const down = quantizeValue(-largest, scale, zeroPoint, q) - zeroPoint;
        expect(up + down).toBe(0);
        expect(Math.abs(up)).toBeLessThanOrEqual(q.max - zeroPoint);
      }),
    );
  });
});

test("known parameters: asymmetric uint8 of 0..6, symmetric int8 and int4 of -2..1", () => {
  expect(affineParamsOf({ min: 0, max: 6 }, "uint8", { symmetric: false })).toEqual({
    scale: Math.fround(6 / 255),
    zeroPoint: 0,
  });
  expect(affineParamsOf({ min: -2, max: 1 }, "int8", { symmetric: true })).toEqual({
    scale: Math.fround(2 / 127),
    zeroPoint: 0,
  });
  expect(affineParamsOf({ min: -2, max: 1 }, "int4", { symmetric: true })).toEqual({
    scale: Math.fround(2 / 7),
    zeroPoint: 0,
  });
  expect(affineParamsOf({ min: -2, max: 1 }, "uint8", { symmetric: true })).toEqual({
    scale: Math.fround(2 / 127),
    zeroPoint: 128,
  });
});

test("a range of nothing but zero has scale 1; one that excludes zero is widened to it", () => {
  expect(affineParamsOf({ min: 0, max: 0 }, "uint8", { symmetric: false })).toEqual({ scale: 1, zeroPoint: 0 });
  expect(affineParamsOf({ min: 2, max: 5.1 }, "uint8", { symmetric: false })).toEqual({
    scale: Math.fround(5.1 / 255),
    zeroPoint: 0,
  });
});

test.each([
  [{ min: 1, max: 0 }, "a range needs finite ends with min <= max, not 1 .. 0"],
  [{ min: Number.NaN, max: 0 }, "a range needs finite ends with min <= max, not NaN .. 0"],
  [{ min: 0, max: Infinity }, "a range needs finite ends with min <= max, not 0 .. Infinity"],
])("a range that is none is refused: %j", (r, message) => {
  expect(() => affineParamsOf(r, "int8", { symmetric: false })).toThrow(message);
});

test("groups share a scale along the axis, the last one shorter", () => {
  const params = {
    dtype: "int8" as const,
    scale: Float32Array.of(1, 2, 4, 8),
    zeroPoint: new Int32Array(4),
    axis: 1,
    groupSize: 2,
  };
  const codes = quantize(tensorFrom("float32", [2, 3], [8, 8, 8, 8, 8, 8]), params);
  expect([...codes.data]).toEqual([8, 8, 4, 2, 2, 1]);
  expect([...dequantize(codes, params).data]).toEqual([8, 8, 8, 8, 8, 8]);
});

test("groups along the first axis lie beside each other", () => {
  const params = {
    dtype: "uint8" as const,
    scale: Float32Array.of(1, 2, 4, 8),
    zeroPoint: new Int32Array(4),
    axis: 0,
    groupSize: 2,
  };
  const codes = quantize(tensorFrom("float32", [3, 2], [8, 8, 8, 8, 8, 8]), params);
  expect([...codes.data]).toEqual([8, 4, 8, 4, 2, 1]);
});

test("channel parameters hold one scale for each range", () => {
  const params = channelParams(
    [
      { min: -1, max: 1 },
      { min: 0, max: 2 },
    ],
    "int8",
    { symmetric: true, axis: 0 },
  );
  expect(params).toEqual({
    dtype: "int8",
    scale: Float32Array.of(1 / 127, 2 / 127),
    zeroPoint: Int32Array.of(0, 0),
    axis: 0,
  });
});

test.each([
  [{ scale: [1, 2], zeroPoint: [0, 0] }, "2 scales need an axis"],
  [{ scale: [1, 2], zeroPoint: [0, 0], axis: 0 }, "shape [3, 4] needs 3 scales, not 2"],
  [{ scale: [1], zeroPoint: [0], axis: 2 }, "axis 2 does not exist in shape [3, 4]"],
  [{ scale: [1, 2, 3], zeroPoint: [0], axis: 0 }, "3 scales and 1 zero points do not match"],
  [{ scale: [1, 2, 3], zeroPoint: [0, 0, 0], axis: 1, groupSize: 3 }, "shape [3, 4] needs 6 scales, not 3"],
])("parameters that do not fit a tensor are refused: %j", ({ scale, zeroPoint, ...rest }, message) => {
  const params = {
    dtype: "int8" as const,
    scale: Float32Array.from(scale),
    zeroPoint: Int32Array.from(zeroPoint),
    ...rest,
  };
  expect(() => quantize(tensorFrom("float32", [3, 4], new Array<number>(12).fill(0)), params)).toThrow(message);
});

test("requantization rounds the float32 product of sum and multiplier", () => {
  const multiplier = requantizeMultiplier(0.02, 0.01, 0.05);
  expect(multiplier).toBe(
    Math.fround(Math.fround(Math.fround(0.02) * Math.fround(0.01)) / Math.fround(0.05)) || multiplier,
  );
  const q = integerLimits("uint8");
  expect([0, 125, 375, 1e6, -1e6].map((sum) => requantizeValue(sum, 0.004, 100, q))).toEqual([100, 100, 102, 255, 0]);
});
