import { expect, test } from "vitest";
import { checkCalibration, growthSteps, missingClasses, rangeChange } from "../../src/measure/calibration-check.js";

const labels = { kind: "class", values: Int32Array.of(0, 1, 1, 2, 0, 1), classes: ["cat", "dog", "eel"] } as const;

test("samples that equal a test sample are counted, and the first are named with it", () => {
  const test = new Map([
    ["a", 4],
    ["c", 5],
  ]);
  expect(checkCalibration([1, 2, 0], ["a", "b", "a"], undefined, test)).toEqual({
    samples: 3,
    leaked: 2,
    leaks: [
      { calibration: 1, test: 4 },
      { calibration: 0, test: 4 },
    ],
  });
  const many = checkCalibration(
    Array.from({ length: 9 }, (_, i) => i),
    Array.from({ length: 9 }, () => "c"),
    undefined,
    test,
  );
  expect([many.leaked, many.leaks?.length]).toEqual([9, 5]);
});

test("classes without a calibration sample are named; only class labels have classes", () => {
  expect(checkCalibration([1, 2], ["x", "y"], labels, new Map())).toEqual({
    samples: 2,
    classes: { total: 3, missing: ["cat", "eel"] },
    leaked: 0,
  });
  expect(missingClasses([0, 1, 3], labels)).toEqual([]);
  expect(missingClasses([], labels)).toEqual(["cat", "dog", "eel"]);
  expect(missingClasses([0], { kind: "value", values: Float32Array.of(1), width: 1 })).toBeUndefined();
});

test("ranges have moved by the median of their relative differences; those that are always 0 do not count", () => {
  expect(rangeChange([0.5, 1, 4], [1, 1, 2])).toBe(0.5);
  expect(rangeChange([0.5, 1], [1, 1])).toBe(0.25);
  expect(rangeChange([0, 3], [0, 4])).toBe(0.25);
  expect(rangeChange([0, 0], [0, 0])).toBe(0);
  expect(rangeChange([], [])).toBe(0);
});

test.each([
  [1, [1]],
  [16, [16]],
  [17, [16, 17]],
  [64, [16, 32, 64]],
  [256, [16, 32, 64, 128, 256]],
  [300, [16, 32, 64, 128, 256, 300]],
])("a calibration of %i samples is looked at with %o", (samples, steps) => {
  expect(growthSteps(samples)).toEqual(steps);
});
