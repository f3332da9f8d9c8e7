import { expect, test } from "vitest";
import { graphBuilder } from "../../src/ir/builder.js";
import { maxRelativeError } from "../../src/measure/parity.js";
import { leastScales } from "../../src/run/output-scale.js";
import { tensorFrom } from "../../src/tensor/tensor.js";

test("outputs that are shares of 1 have a least scale, behind operators that only move elements too", () => {
  const builder = graphBuilder("heads");
  const x = builder.input("x", "float32", ["batch", 4]);
  const shares = builder.node("Sigmoid", [x]);
  const moved = builder.node("Reshape", [shares, builder.constant("shape", tensorFrom("int64", [3], [0, 2, 2]))]);
  const sums = builder.node("Relu", [x]);
  expect(leastScales(builder.build([shares, moved, sums]))).toEqual([0.01, 0.01, 0]);
});

test("a probability of 3e-5 that is off by half a rounding of 1 is no fault, and one that is off by 1e-4 is", () => {
  const expected = Float32Array.of(2.9e-5);
  expect(maxRelativeError(expected, Float32Array.of(2.9e-5 + 6e-8))).toBeGreaterThan(1e-3);
  expect(maxRelativeError(expected, Float32Array.of(2.9e-5 + 6e-8), 0.01)).toBeLessThan(1e-5);
  expect(maxRelativeError(expected, Float32Array.of(2.9e-5 + 1e-4), 0.01)).toBeGreaterThan(1e-3);
});
