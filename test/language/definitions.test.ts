import { expect, test } from "vitest";
import { checkProgram } from "../../src/language/check.js";
import { vocabulary } from "../../src/language/vocabulary.js";
import { fakeHost } from "./host.js";

const cells = (...texts: readonly string[]) => texts.map((text, i) => ({ path: `<cell ${i + 1}>`, text }));

/** Experiments and mistakes of the last cell, with the cells before it. */
async function check(texts: readonly string[], host = fakeHost({ isCell: true })) {
  const all = cells(...texts);
  const own = all.pop() ?? { path: "", text: "" };
  const { program, diagnostics } = await checkProgram(own, host, vocabulary, all);
  return {
    experiments: program?.experiments.map(({ name, model, attempts }) => [
      name,
      model.path,
      attempts.map((attempt) =>
        attempt.axes.map(({ points }) => points.map(({ text }) => text).join(" | ")).join("; "),
      ),
    ]),
    mistakes: diagnostics.map(({ code, span }) => `${code} ${span?.source}:${span?.start}`),
  };
}

const experiment = "experiment e {\n model m\n data d\n try s\n}";
const data = 'data d = csv("d.csv") { label: digit }';

test("a cell uses what earlier cells define, the newest of each name, and runs its own experiments alone", async () => {
  const texts = [
    `model m = tfjs("old.json")\n${data}\nparam n = 8\nexperiment earlier {\n model m\n data d\n}`,
    'model m = tfjs("new.json")\nscheme s = static { samples: n }',
    "param n = 16 | 32",
    experiment,
  ];
  expect(await check(texts)).toEqual({ experiments: [["e", "/project/new.json", ["16 | 32"]]], mistakes: [] });
});

test("a definition of the cell itself comes before all earlier ones; two in one cell are a mistake", async () => {
  const texts = ['model m = tfjs("old.json")', data, "scheme s = dynamic"];
  expect(await check([...texts, `model m = tfjs("own.json")\n${experiment}`])).toMatchObject({
    experiments: [["e", "/project/own.json", [""]]],
    mistakes: [],
  });
  expect((await check([...texts, 'model m = tfjs("a.json")\nmodel m = tfjs("b.json")'])).mistakes).toEqual([
    "duplicate-name <cell 4>:31",
  ]);
});

test("what is broken in an earlier cell costs only what needs it, and is shown where it stands", async () => {
  const broken =
    "scheme s = statik\nscheme bad = static { samples: x }\nparam x = y\nmodel m = tfjs(3)\nmodel m = tfjs(4)";
  expect((await check([broken, data, "param fine = 1"])).mistakes).toEqual([]);
  expect((await check([broken, data, experiment])).mistakes).toEqual([
    "unknown-name <cell 1>:11",
    "value-type <cell 1>:80",
  ]);
});

test("imports of cells are seen, those of the newest cell first", async () => {
  const files = {
    "/project/a.nib": 'model m = tfjs("a.json")',
    "/project/b.nib": 'model m = tfjs("b.json")\nscheme s = dynamic',
  };
  const host = fakeHost({ files, isCell: true });
  const texts = ['import "b.nib"', 'import "a.nib"', data, experiment];
  expect((await check(texts, host)).experiments).toEqual([["e", "/project/a.json", [""]]]);
  expect(
    (await check(['import "b.nib"', 'import "a.nib"', 'import "b.nib"', data, experiment], host)).experiments,
  ).toEqual([["e", "/project/b.json", [""]]]);
});

test("a parameter from outside may belong to another cell, and overrides it there", async () => {
  const host = fakeHost({ isCell: true, parameters: new Map([["n", "4"]]) });
  const texts = [`model m = tfjs("m.json")\n${data}\nparam n = 8`, "scheme s = static { samples: n }", experiment];
  expect((await check(texts, host)).experiments).toEqual([["e", "/project/m.json", ["4"]]]);
  expect((await check(["param other = 1"], host)).mistakes).toEqual([]);
});
