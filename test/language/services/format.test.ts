import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseProgram } from "../../../src/language/parse-program.js";
import { formatProgram } from "../../../src/language/services/format.js";

function formatted(text: string): string {
  const result = formatProgram(text);
  if ("diagnostics" in result) throw new Error(`not a program: ${JSON.stringify(result.diagnostics)}\n${text}`);
  return result.text;
}

const imagesOf = (text: string) =>
  parseProgram({ path: "", text })
    .tokens.filter(({ tokenType }) => tokenType.name !== "Newline")
    .map(({ image }) => image);
const commentsOf = (text: string) => parseProgram({ path: "", text }).comments.map(({ image }) => image.trimEnd());

test("the shipped notebook program is in the canonical layout already", () => {
  const text = readFileSync(new URL("../../../notebooks/first-sweep.nib", import.meta.url), "utf8");
  expect(formatted(text)).toBe(text);
});

const programs = new URL("../../programs/", import.meta.url);
describe.each(readdirSync(programs).filter((name) => name.endsWith(".nib") && name !== "broken.nib"))("%s", (name) => {
  test("its canonical layout", async () => {
    const text = readFileSync(new URL(name, programs), "utf8");
    await expect(formatted(text)).toMatchFileSnapshot(`golden/${name}`);
    expect(formatted(formatted(text))).toBe(formatted(text));
  });
});

test("whatever the layout was, one comes out", async () => {
  const untidy = `\uFEFF

model   a=tfjs( "a.json" ){input_shape:[ 8,8 , 1]}   // the model
data long_name = csv("d.csv")
{
label:digit
      // of one sample

      shape : [
        8, 8, 1,
      ]


      scale: 1 / 16 }
param p=1 .. 8 step 2x
param quality = 99.9   /* percent */
scheme  w4=weight_only{weights:int4,group:32|64}


experiment e {model a
  data long_name
  /* several
     lines */
  try w4, static{calibration:percentile( 99.9 )|mse
  }
  // nothing
  where not(group=32 and method   = rtn) or
    group >= 64 // far

  expect w4 . size_reduction>=70%

}
experiment none {
}
diagnose e.best( latency ) { a: { } }
export e to "out/" // the end
// after it`;
  const once = formatted(untidy);
  await expect(once).toMatchFileSnapshot("golden/untidy.nib");
  expect(formatted(once)).toBe(once);
});

test("a line that is too long is broken where it may be, and stays so", async () => {
  const names = Array.from({ length: 12 }, (_, i) => `a_class_${i}`).join(", ");
  const long = `data d = csv("d.csv") { label: digit, classes: [${names}], shape: [8, 8, 1], scale: 1/16, split: train 80% test 20% seed 7 }
experiment e {
  try static { weights: int8 per_channel, activations: uint8, calibration: minmax | percentile(99.9) | entropy | mse, samples: 64 | 128 | 256 }
  expect static.accuracy_drop < 1%, static.speedup >= 2x, static.size_reduction >= 70%, static.latency < 10ms, static.memory < 100MB
}`;
  const once = formatted(long);
  await expect(once).toMatchFileSnapshot("golden/long.nib");
  expect(formatted(once)).toBe(once);
});

test("a program with mistakes of form is left alone, and they are told", () => {
  expect(formatProgram("model m = tfjs(\n", "a.nib")).toMatchObject({ diagnostics: [{ code: "unclosed-bracket" }] });
});

test("line ends stay what they are; nothing gives nothing", () => {
  expect(formatted("model  m = $a\r\n")).toBe("model m = $a\r\n");
  expect(formatted("  \n\n")).toBe("");
});

/** Programs in any layout: words with blanks, line ends and comments between them wherever the language takes them. */
const blank = fc.constantFrom("", " ", "   ", "\t");
const free = fc.constantFrom("", " ", "\n", "\n\n  ", " // note\n", " /* note */ ", "\n  // alone\n", "\n\n\n");
const name = fc.constantFrom(
  "a",
  "digits_cnn",
  "w4",
  "static",
  "model",
  "to",
  "a_name_that_is_rather_long_for_a_name_of_anything",
);
const atom = fc.oneof(
  name,
  fc.constantFrom(
    "1",
    "99.9",
    "1%",
    "-2x",
    "1/16",
    "1 / 16",
    ".5",
    "1..8",
    '"a, {b}"',
    "/^conv_\\d$/i",
    "$net",
    "percentile(99.9)",
    "[8, 8, 1]",
    "[8,\n8,]",
    "{ k: v }",
  ),
);
const phrase = fc.array(atom, { minLength: 1, maxLength: 3 }).map((atoms) => atoms.join(" "));
const value = fc
  .tuple(phrase, fc.array(fc.tuple(free, free, phrase), { maxLength: 3 }))
  .map(
    ([first, more]) =>
      first + more.map(([before, after, each]) => `${before.includes("//") ? " " : before}|${after}${each}`).join(""),
  );
const entry = fc.tuple(name, blank, free, value).map(([key, before, after, each]) => `${key}${before}:${after}${each}`);
const object = fc
  .tuple(
    free,
    fc.array(fc.tuple(entry, fc.constantFrom(",", ", ", "\n", ",\n", " // why\n", "\n\n// alone\n")), { maxLength: 4 }),
    free,
  )
  .map(([start, entries, end]) => `{${start}${entries.map(([each, after]) => each + after).join("")}${end}}`);
const use = fc
  .tuple(name, blank, fc.option(object))
  .map(([target, gap, options]) => `${target}${options === null ? "" : gap + options}`);
const separator = fc.constantFrom(", ", ",\n  ", " | ", "\n  | ");
const uses = fc
  .tuple(use, fc.array(fc.tuple(separator, use), { maxLength: 3 }))
  .map(([first, more]) => first + more.map(([by, each]) => by + each).join(""));
const comparison = fc.tuple(name, fc.constantFrom("=", "!=", " < ", ">="), value).map((parts) => parts.join(" "));
const condition = fc
  .tuple(comparison, fc.array(fc.tuple(fc.constantFrom(" and ", " or\n", "\n and not "), comparison), { maxLength: 2 }))
  .map(([first, more]) => first + more.map(([by, each]) => `${by}(${each})`).join(""));
const clause = fc.oneof(
  uses.map((each) => `try ${each}`),
  use.map((each) => `baseline ${each}`),
  uses.map((each) => `show ${each}`.replaceAll("|", ",")),
  value.map((each) => `keep layers ${each} at fp32`),
  condition.map((each) => `where ${each}`),
  comparison.map((each) => `expect w4.${each}`),
);
const ending = fc.constantFrom("\n", "\n\n", "\n\n\n", " // trailing\n", " /* b */\n", "\n  // alone\n");
const body = fc
  .array(fc.tuple(clause, ending), { maxLength: 4 })
  .map((clauses) => clauses.map((parts) => parts.join("")).join("  "));
const statement = fc.oneof(
  fc.tuple(name, use).map(([called, each]) => `model ${called} = ${each}`),
  fc.tuple(name, use).map(([called, each]) => `data ${called}=${each}`),
  fc.tuple(name, value).map(([called, each]) => `param ${called} =${each}`),
  fc.tuple(name, use).map(([called, each]) => `scheme ${called} = ${each}`),
  fc
    .tuple(name, fc.constantFrom("\n", " ", " // why\n", "\n\n// alone\n"), body)
    .map(([called, start, each]) => `experiment ${called} {${start}${each}}`),
);
const program = fc
  .array(fc.tuple(statement, ending), { maxLength: 6 })
  .map((parts) => parts.map((each) => each.join("")).join(""));

test("no token, comment or meaning changes, twice is once, and no line is longer than it must be", () => {
  let programs = 0;
  fc.assert(
    fc.property(program, (text) => {
      const result = formatProgram(text);
      if ("diagnostics" in result) return;
      programs++;
      expect(imagesOf(result.text)).toEqual(imagesOf(text));
      expect(commentsOf(result.text)).toEqual(commentsOf(text));
      expect(formatted(result.text)).toBe(result.text);
      expect(result.text).not.toMatch(/\n\n\n|[ \t]\n/);
    }),
    { numRuns: 300 },
  );
  expect(programs).toBeGreaterThan(150);
});
