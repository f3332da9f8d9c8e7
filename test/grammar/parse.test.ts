import fc from "fast-check";
import { expect, test } from "vitest";
import { limits, parseText, parseValueText } from "../../grammar/parse.js";

const mistakes = (text: string) => parseText(text).mistakes;
const shown = (text: string) => mistakes(text).map(({ kind, start, end }) => [kind, text.slice(start, end)]);

test("a program without mistakes has none", () => {
  expect(mistakes('model a = tfjs("m.json")\n\nexperiment e { model a\n try static }\n')).toEqual([]);
});

test("line ends do not count inside parentheses and brackets, around operators, before braces and after commas", () => {
  const text = `param a = [
  1,
  2,
]
param b =
  minmax
  | mse
experiment e
{
  try static {
    samples: 1
    weights: int8,
    calibration:
      minmax
  }
  where not (
    a = 1
    and b = 2)
    or c = 3
  measure accuracy,
          size
}`;
  expect(mistakes(text)).toEqual([]);
});

test("keywords serve as names of options, columns and definitions", () => {
  const text = `param model = 1
data data = csv("d.csv") { model: data, columns: [model, data, to], keep: show }
experiment experiment {
  try scheme
}`;
  expect(mistakes(text)).toEqual([]);
});

test("a missing bracket is found where the next clause or statement begins, and eats nothing else", () => {
  const text = `experiment a {
  try static { weights: int8
  measure accuracy
}
param p = [1, 2
model m = tfjs("m.json"
data d = random {}`;
  expect(mistakes(text)).toMatchObject([
    { kind: "unclosed", bracket: "{", found: "measure" },
    { kind: "unclosed", bracket: "[", found: "end of line" },
    { kind: "unclosed", bracket: "(", found: "end of line" },
  ]);
  expect(parseText(text).cst?.children.dataStatement).toHaveLength(1);
});

test("mistakes of characters, strings and comments are found beside each other", () => {
  expect(shown("param a = 'x'; \nparam b = \"y\nparam c = 3 /* open")).toEqual([
    ["single-quotes", "'x'"],
    ["unexpected-character", ";"],
    ["unterminated-string", '"y'],
    ["unterminated-comment", "/*"],
  ]);
});

test("a mistake before the end of a line points behind the line", () => {
  const text = 'experiment a {\n  keep layers "x"\n}';
  const [mistake] = mistakes(text);
  expect(mistake).toMatchObject({ kind: "unexpected-token", expected: ['"at"'], found: "end of line" });
  expect(text.slice(0, mistake?.start)).toBe('experiment a {\n  keep layers "x"');
});

test("numbers, fractions, regular expressions and comments share the slash", () => {
  const { tokens, comments } = parseText("param a = 1/16 /* c */ // d\nexperiment e { keep layers /a\\/b/i at fp32 }");
  expect(tokens.map(({ image }) => image)).toContain("1/16");
  expect(tokens.map(({ image }) => image)).toContain("/a\\/b/i");
  expect(comments.map(({ image }) => image)).toEqual(["/* c */", "// d"]);
});

test("a text that is too long or nested too deep is refused before it is parsed", () => {
  expect(mistakes("x".repeat(limits.characters + 1))).toMatchObject([{ kind: "too-long" }]);
  expect(mistakes(`param a = ${"[".repeat(20_000)}`)).toMatchObject([{ kind: "too-deep", start: 74, end: 75 }]);
  expect(mistakes(`param a = ${"[".repeat(64)}1${"]".repeat(64)}`)).toEqual([]);
});

test("one value is read by itself, and nothing behind it", () => {
  expect(parseValueText("64 | 128").mistakes).toEqual([]);
  expect(parseValueText("64 = 3").mistakes).toMatchObject([{ found: "=" }]);
});

const words = [
  "model",
  "data",
  "experiment",
  "try",
  "keep",
  "layers",
  "at",
  "where",
  "not",
  "and",
  "param",
  "x",
  "a_1",
];
const marks = [
  "{",
  "}",
  "(",
  ")",
  "[",
  "]",
  ",",
  ":",
  "|",
  "=",
  "<",
  "..",
  ".",
  "\n",
  " ",
  '"s"',
  '"',
  "'",
  "$h",
  "1%",
  "/r/",
];
const soup = fc
  .array(fc.constantFrom(...words, ...marks, "1/2", "//c", "/*", "*/", "\r\n", "é", "\u{1F600}", "-", "\\"), {
    maxLength: 80,
  })
  .map((parts) => parts.join(" "));

test("the parser never throws, whatever the text, and its mistakes lie inside it", () => {
  fc.assert(
    fc.property(fc.oneof(soup, fc.string({ maxLength: 200, unit: "binary" })), (text) => {
      for (const { start, end } of mistakes(text)) {
        expect(start).toBeGreaterThanOrEqual(0);
        expect(end).toBeGreaterThanOrEqual(start);
        expect(end).toBeLessThanOrEqual(text.length);
      }
    }),
    { numRuns: 500 },
  );
});
