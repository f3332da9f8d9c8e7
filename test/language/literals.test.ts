import fc from "fast-check";
import { expect, test } from "vitest";
import { nearest } from "../../src/base/nearest.js";
import { globMatches } from "../../src/language/checks/keep.js";
import { readFraction, readQuantity, readString } from "../../src/language/syntax/literals.js";
import { inRecordUnit, units, unitsOf } from "../../src/language/values/units.js";

test("numbers are read with their units", () => {
  const read = ["256", "-1.5", ".5", "1_000", "1e3", "2E-2x", "1%", "10ms", "4MB", "3e"].map(readQuantity);
  expect(read).toEqual([
    { value: 256 },
    { value: -1.5 },
    { value: 0.5 },
    { value: 1000 },
    { value: 1000 },
    { value: 0.02, unit: "x" },
    { value: 1, unit: "%" },
    { value: 10, unit: "ms" },
    { value: 4, unit: "MB" },
    { value: 3, unit: "e" },
  ]);
});

test("fractions are quotients, and none by zero", () => {
  expect(["1/16", "1 / 255", "-3/4", "1/0", "0/5"].map(readFraction)).toEqual([0.0625, 1 / 255, -0.75, undefined, 0]);
});

test("strings are read with their escapes, and unknown ones are found", () => {
  expect(readString(String.raw`"a\n\t\"\\A\u{1F600}"`)).toEqual({ value: 'a\n\t"\\A\u{1F600}', bad: [] });
  expect(readString(String.raw`"\q\u{110000}\u12"`).bad.map(({ sequence, offset }) => [sequence, offset])).toEqual([
    ["\\q", 1],
    ["\\u{110000}", 3],
    ["\\u", 13],
  ]);
});

test("every string that JSON writes without control escapes of its own is read back", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const written = JSON.stringify(text);
      fc.pre(!/\\[bf]/.test(written));
      expect(readString(written)).toEqual({ value: text, bad: [] });
    }),
  );
});

test("units bring numbers into the record's unit", () => {
  expect(inRecordUnit(1, "%")).toBe(0.01);
  expect(inRecordUnit(29, "%")).toBe(0.29);
  expect(inRecordUnit(1.5, "s")).toBe(1500);
  expect(inRecordUnit(2, "MiB")).toBe(2_097_152);
  expect(unitsOf("bytes")[0]).toBe("MB");
  for (const name of units.keys()) expect(readQuantity(`1${name}`)).toEqual({ value: 1, unit: name });
});

test("the nearest name is one letter, a transposition, other separators or a beginning away, or there is none", () => {
  const known = ["static", "dynamic", "weight_only", "accuracy", "accuracy_drop"];
  expect(
    ["statc", "sattic", "weightOnly", "weight-only", "weight", "acc", "gptq", "x", ""].map((name) =>
      nearest(name, known),
    ),
  ).toEqual([
    "static",
    "static",
    "weight_only",
    "weight_only",
    "weight_only",
    "accuracy",
    undefined,
    undefined,
    undefined,
  ]);
});

test("a glob matches as its regular expression does", () => {
  const glob = fc.string({ unit: fc.constantFrom("a", "b", "*", "?", "/", "."), maxLength: 8 });
  const name = fc.string({ unit: fc.constantFrom("a", "b", "/", "."), maxLength: 8 });
  fc.assert(
    fc.property(glob, name, (pattern, text) => {
      const source = pattern.replace(/[/.]/g, "\\$&").replaceAll("*", ".*").replaceAll("?", ".");
      expect(globMatches(pattern, text)).toBe(new RegExp(`^${source}$`).test(text));
    }),
    { numRuns: 500 },
  );
});
