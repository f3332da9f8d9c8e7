import fc from "fast-check";
import { expect, test } from "vitest";
import type { CellLanguage } from "../../src/cells/interpreter.js";
import { languageOf } from "../../src/cells/language-of.js";

const typescriptFirst: Readonly<Record<string, CellLanguage>> = {
  "1 + 1": "typescript",
  "": "typescript",
  'model net = tfjs("model.json")': "nibble",
  "data digits = csv(": "nibble",
  "param n = 3": "nibble",
  "scheme w4 = weight_only { weights: int4 }": "nibble",
  "experiment sweep {": "nibble",
  "search mixed {": "nibble",
  'export sweep.best(speedup) to "out"': "nibble",
  "export const a = 1": "typescript",
  "export default x": "typescript",
  "// comment\n\n/* more */ experiment sweep {": "nibble",
  'import "common.nib"': "nibble",
  'import "common.js"': "typescript",
  'import { a } from "common.nib"': "typescript",
  "%%nibble\n1": "nibble",
  "%%ts\nmodel net = 1": "typescript",
  "%%typescript\nexperiment a {": "typescript",
  "model = 5": "typescript",
  "model.fit(x)": "typescript",
  "data in x": "typescript",
  "data as Frame": "typescript",
  "data instanceof Frame": "typescript",
  "model\nnet": "typescript",
  "const a = 1\nmodel net = 1": "typescript",
  "experimental x": "typescript",
};

test("the language of a cell in a TypeScript-first notebook", () => {
  const found = Object.fromEntries(Object.keys(typescriptFirst).map((c) => [c, languageOf(c, "typescript").language]));
  expect(found).toEqual(typescriptFirst);
});

test("in a Nibble-first notebook every cell is Nibble unless it says otherwise", () => {
  const cells = ["1 + 1", "", 'model net = tfjs("m")', "%%ts\n1", "%types off\n%%ts\n1"];
  expect(cells.map((cell) => languageOf(cell, "nibble").language)).toEqual([
    "nibble",
    "nibble",
    "nibble",
    "typescript",
    "typescript",
  ]);
});

test("%types switches and is no part of the code", () => {
  expect(languageOf("\n%types error\nconst a = 1", "typescript")).toEqual({
    language: "typescript",
    code: "\n            \nconst a = 1",
    types: "error",
  });
});

test("an unknown magic is a mistake that lists the known ones", () => {
  for (const cell of ["%%python\n1", "%matplotlib inline", "%types loud", "%%nibble now", "%", "%types"]) {
    expect(languageOf(cell, "typescript").mistake).toMatch(
      /^there is no magic "%.*"; a cell may begin with\n {2}%%nibble/,
    );
  }
});

test("whatever the text, its length and its line ends stay", () => {
  const line = fc.oneof(
    fc.constantFrom("%%nibble", "%types off", "%%ts", "%odd \u{1f600}", "", "x % y", "\t"),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(line), fc.constantFrom("\n", "\r\n", "\r"), (lines, end) => {
      const text = lines.join(end);
      const { code } = languageOf(text, "typescript");
      expect(code.length).toBe(text.length);
      expect(code.replace(/[^\r\n]/g, "")).toBe(text.replace(/[^\r\n]/g, ""));
    }),
  );
});
