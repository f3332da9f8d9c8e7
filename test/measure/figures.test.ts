import { describe, expect, test } from "vitest";
import { readEnvironment } from "../../src/measure/environment.js";
import { peakRssBytes } from "../../src/measure/memory.js";
import { maxRelativeError, trackParity } from "../../src/measure/parity.js";
import { sizeResult } from "../../src/measure/size.js";
import { startSqnr } from "../../src/measure/sqnr.js";

const f32 = (...values: readonly number[]) => Float32Array.from(values);
const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

describe("parity", () => {
  test("is the largest difference over the largest magnitude of the reference", () => {
    expect(maxRelativeError(f32(-8, 0.001, 2), f32(-8, 0.002, 2.5))).toBe(0.0625);
  });

  test.each([
    ["equal values", f32(1, nan, infinity, -0), f32(1, nan, infinity, 0), 0],
    ["a reference of zeros", f32(0, 0), f32(0, 0.25), 0.25],
    ["a NaN on one side", f32(1, 2), f32(1, nan), infinity],
    ["a NaN on the other", f32(1, nan), f32(1, 2), infinity],
    ["an infinity on one side", f32(1, infinity), f32(1, 2), infinity],
    ["opposite infinities", f32(infinity), f32(-infinity), infinity],
    ["nothing", f32(), f32(), 0],
  ])("of %s", (_, reference, actual, error) => {
    expect(maxRelativeError(reference, actual)).toBe(error);
  });

  test("of batches is that of all of them together", () => {
    const tracker = trackParity();
    tracker.add(f32(1), f32(1.5));
    tracker.add(f32(-4), f32(-4));
    expect(tracker.maxRelativeError()).toBe(0.125);
    expect(() => tracker.add(f32(1), f32(1, 2))).toThrow("2 values are compared with 1");
  });
});

describe("SQNR", () => {
  const sqnr = (float: Float32Array, quantized: Float32Array) => {
    const sums = startSqnr("dense");
    sums.add(float, quantized);
    return sums.decibels();
  };

  test("is ten times the decimal logarithm of signal over noise", () => {
    expect(sqnr(f32(3, 4), f32(3, 3.5))).toBeCloseTo(20, 12);
    expect(sqnr(f32(1, 0), f32(0, 1))).toBeCloseTo(-3.0103, 4);
  });

  test("is null where every bit is equal, and bounded where the signal is nothing", () => {
    expect(sqnr(f32(1, 2), f32(1, 2))).toBeNull();
    expect(sqnr(f32(0, 0), f32(0, 1))).toBe(-200);
    expect(startSqnr("empty").decibels()).toBeNull();
  });

  test("adds batches up", () => {
    const sums = startSqnr("dense");
    sums.add(f32(3), f32(3));
    sums.add(f32(4), f32(3.5));
    expect(sums.decibels()).toBeCloseTo(20, 12);
  });

  test("names the layer that holds NaN or an infinity", () => {
    expect(() => sqnr(f32(1), f32(nan))).toThrow('the output of layer "dense" holds NaN or an infinity');
    expect(() => sqnr(f32(infinity), f32(infinity))).toThrow('layer "dense"');
  });
});

test("the parts of a size add up to the file", () => {
  const size = sizeResult({ codes: 700, scales: 40, zeroPoints: 10, float: 100 }, 1000, 4000);
  expect(size).toEqual({ bytes: 1000, ratio: 0.25, codes: 700, scales: 40, zeroPoints: 10, float: 100, other: 150 });
  expect(() => sizeResult({ codes: 700, scales: 0, zeroPoints: 0, float: 0 }, 600, 4000)).toThrow("700 bytes");
});

test("the environment of this machine is complete, and its memory is of a process of megabytes", () => {
  const environment = readEnvironment({ nibble: "0.1.0", engine: "onnxruntime 1.30.0", tfjs: "wasm 4.22.0" });
  expect(environment).toMatchObject({ node: process.versions.node, nibble: "0.1.0", tfjs: "wasm 4.22.0" });
  expect(environment.cpu).not.toBe("");
  expect(environment.cores).toBeGreaterThan(0);
  expect(peakRssBytes()).toBeGreaterThan(2e7);
  expect(peakRssBytes()).toBeLessThan(1e11);
});
