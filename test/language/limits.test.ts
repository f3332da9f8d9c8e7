import { expect, test } from "vitest";
import { limits } from "../../grammar/parse.js";
import { checkProgram } from "../../src/language/check.js";
import { mostDiagnostics } from "../../src/language/checker.js";
import { fakeHost } from "./host.js";

/** Codes of what a hostile text is told. The texts are as large as they must be to overflow a stack or a heap. */
async function codes(text: string): Promise<string[]> {
  const { diagnostics } = await checkProgram({ path: "p.nib", text }, fakeHost());
  return diagnostics.map(({ code }) => code);
}

const lines = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join("\n");

test("a text of nothing but mistakes is read as far as its limit", async () => {
  expect(await codes('"\n'.repeat(20_000))).toHaveLength(limits.mistakes);
  expect(await codes("x\n".repeat(5_000))).toHaveLength(mostDiagnostics);
});

test("long chains of definitions end before the stack does", async () => {
  expect(new Set(await codes(lines(5_000, (i) => `param p${i} = p${i + 1}`)))).toEqual(new Set(["definition-cycle"]));
  expect(new Set(await codes(lines(5_000, (i) => `scheme p${i} = p${i + 1}`)))).toEqual(
    new Set(["definition-cycle", "unknown-name"]),
  );
});

test("values that multiply end before the memory does", async () => {
  expect(await codes(`param p0 = 1 | 2\n${lines(60, (i) => `param p${i + 1} = [p${i}, p${i}]`)}`)).toEqual([
    "too-many-values",
  ]);
  expect(new Set(await codes(lines(200, (i) => `param p${i} = 1..10000`)))).toEqual(new Set(["too-many-values"]));
});

test("ranges without end are not begun", async () => {
  expect(await codes("param a = 1..1e300\nparam b = 1..1e300 step 1e-300\nparam c = 1..2 step 1.0000000001x")).toEqual([
    "too-many-values",
    "too-many-values",
    "too-many-values",
  ]);
});

test("long lines of operators do not nest", async () => {
  expect(await codes(`param a = ${"1 | ".repeat(9_000)}1\nparam b = ${"x ".repeat(20_000)}`)).toEqual([]);
  const where = `where ${"not ".repeat(20_000)}${"samples = 1 or ".repeat(5_000)}samples = 2`;
  const text = `model m = tfjs("m.json")\ndata d = csv("d.csv") { label: digit }\nexperiment e {\n model m\n data d\n try static { samples: 1 | 2 }\n ${where}\n}`;
  expect(await codes(text)).toEqual(["where-prunes-nothing"]);
});
