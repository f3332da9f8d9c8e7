import fc from "fast-check";
import { expect, test } from "vitest";
import { toPoints, toUnits } from "../../../src/kernel/protocol/code-points.js";

test("a pair is one code point and two code units", () => {
  expect([0, 1, 2, 3, 9].map((point) => toUnits("a😀b", point))).toEqual([0, 1, 3, 4, 4]);
  expect([0, 1, 2, 3, 4, 9].map((unit) => toPoints("a😀b", unit))).toEqual([0, 1, 1, 2, 3, 3]);
});

test("positions agree with the string's own iteration, both ways, for any text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const points = [...text];
      for (let point = 0; point <= points.length; point++) {
        const unit = points.slice(0, point).join("").length;
        expect(toUnits(text, point)).toBe(unit);
        expect(toPoints(text, unit)).toBe(point);
      }
    }),
  );
});
