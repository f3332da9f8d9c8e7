import fc from "fast-check";
import { expect, test } from "vitest";
import { addDims, broadcastAll, broadcastDim, divideDims, evaluateDim, multiplyDims } from "../../src/ir/dim.js";
import type { Dim } from "../../src/ir/graph.js";

test("products of open sizes have one canonical form", () => {
  expect(multiplyDims(["batch", 8, 2])).toBe("16*batch");
  expect(multiplyDims([3, "time", "batch"])).toBe(multiplyDims(["batch", "time", 3]));
  expect(multiplyDims(["batch", 0])).toBe(0);
  expect(multiplyDims([])).toBe(1);
});

test("division is exact or undefined", () => {
  expect(divideDims("16*batch", 8)).toBe("2*batch");
  expect(divideDims("16*batch", "batch")).toBe(16);
  expect(divideDims("batch", 2)).toBeUndefined();
  expect(divideDims(8, "batch")).toBeUndefined();
  expect(divideDims(8, 0)).toBeUndefined();
});

test("sums join like sizes and name the rest", () => {
  expect(addDims("batch", "batch")).toBe("2*batch");
  expect(addDims("batch", 0)).toBe("batch");
  expect(addDims(3, 4)).toBe(7);
  expect(addDims("batch", 3)).toBe("(3+batch)");
  expect(multiplyDims([addDims("batch", 3), 2])).toBe("2*(3+batch)");
  expect(divideDims("2*(3+batch)", 2)).toBe("(3+batch)");
});

test("an open size meets 1, itself and a number, but not another open size", () => {
  expect(broadcastDim("batch", 1)).toBe("batch");
  expect(broadcastDim("batch", "batch")).toBe("batch");
  expect(broadcastDim(4, "batch")).toBe(4);
  expect(broadcastDim("batch", "time")).toBeUndefined();
  expect(
    broadcastAll([
      ["batch", 1, 3],
      [2, 1],
    ]),
  ).toEqual(["batch", 2, 3]);
  expect(broadcastAll([[2], [3]])).toBeUndefined();
});

const dims: fc.Arbitrary<Dim> = fc.oneof(
  fc.integer({ min: 1, max: 9 }),
  fc.constantFrom("batch", "time", "6*batch", "2*batch*time"),
);
const bindings = new Map([
  ["batch", 5],
  ["time", 7],
]);
const numberFor = (dim: Dim) => evaluateDim(dim, bindings) ?? Number.NaN;

test("arithmetic on open sizes agrees with arithmetic on what they stand for", () => {
  fc.assert(
    fc.property(dims, dims, (a, b) => {
      expect(numberFor(multiplyDims([a, b]))).toBe(numberFor(a) * numberFor(b));
      expect(divideDims(multiplyDims([a, b]), b)).toBe(multiplyDims([a]));
      const sum = addDims(a, b);
      if (!String(sum).includes("(")) expect(numberFor(sum)).toBe(numberFor(a) + numberFor(b));
    }),
  );
});

test("an open size that nothing is known of has no value", () => {
  expect(evaluateDim("8*heads", bindings)).toBeUndefined();
  expect(evaluateDim("(3+batch)", bindings)).toBeUndefined();
});
