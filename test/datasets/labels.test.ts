import fc from "fast-check";
import { expect, test } from "vitest";
import { type RawLabels, resolveLabels } from "../../src/datasets/labels.js";

const place = (sample: number) => ({ file: "t.csv", sample });
const resolve = (values: readonly (string | number)[], names?: readonly string[]) => {
  const labels = resolveLabels({ kind: "class", values }, names, place);
  return labels.kind === "class" ? { values: [...labels.values], classes: labels.classes } : undefined;
};

test("whole numbers from 0 are indices, gaps included", () => {
  expect(resolve([0, 3, 1])).toEqual({ values: [0, 3, 1], classes: ["0", "1", "2", "3"] });
});

test("whole numbers that begin elsewhere are sorted by value, texts by code unit", () => {
  expect(resolve(["10", "9", "-1"])).toEqual({ values: [2, 1, 0], classes: ["-1", "9", "10"] });
  expect(resolve(["b", "B", "a"])).toEqual({ values: [2, 0, 1], classes: ["B", "a", "b"] });
});

test("3, 3.0 and ' 3' are one class", () => {
  expect(resolve(["0", "3.0", " 3", "3"])?.values).toEqual([0, 3, 3, 3]);
});

test("names give the order; numbers among texts are indices of them", () => {
  expect(resolve(["b", "a"], ["b", "a"])).toEqual({ values: [0, 1], classes: ["b", "a"] });
  expect(resolve([1, 0], ["cat", "dog"])).toEqual({ values: [1, 0], classes: ["cat", "dog"] });
  expect(resolve([3, 1], ["3", "1"])).toEqual({ values: [0, 1], classes: ["3", "1"] });
});

test("a label's class is called what the label is", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("cat", "dog", "emu", "7", "12"), { minLength: 1 }), (values) => {
      const labels = resolve(values);
      expect(labels?.values.map((index) => labels.classes[index])).toEqual(values);
    }),
  );
});

test("classes named twice are refused", () => {
  expect(() => resolve(["a"], ["a", "b", "a"])).toThrowErrorMatchingInlineSnapshot(
    `[DiagnosticError: \`classes\` lists "a" twice]`,
  );
});

test("real values pass through", () => {
  const raw: RawLabels = { kind: "value", values: Float32Array.of(1.5), width: 1 };
  expect(resolveLabels(raw, undefined, place)).toBe(raw);
});
