import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { byPosition, diagnostic, renderDiagnostic } from "../../src/base/diagnostic.js";
import { ownPackage } from "../../src/base/package.js";

const rendered = (text: string, start: number, end: number) => {
  const span = { source: "a.nib", start, end };
  const d = diagnostic("worker-timeout", { stage: "latency", seconds: 2 }, { span });
  return renderDiagnostic(d, new Map([["a.nib", { path: "a.nib", text }]]));
};

test("the caret stands under the span, in columns of the terminal, with tabs as one", () => {
  expect(rendered('data 😀 = csv\n\tmodel 😀😀 = "x"', 21, 25)).toMatchInlineSnapshot(`
    "error[worker-timeout] a.nib:2:8: "latency" did not finish within 2 s and was stopped
       2 |  model 😀😀 = "x"
         |        ^^^^
         = hint: measure a smaller batch, or a smaller model"
  `);
});

test("a span over several lines is marked to the end of the first", () => {
  expect(rendered("one two\nthree", 4, 13)).toMatchInlineSnapshot(`
    "error[worker-timeout] a.nib:1:5: "latency" did not finish within 2 s and was stopped
       1 | one two
         |     ^^^
         = hint: measure a smaller batch, or a smaller model"
  `);
});

test("of a very long line only the part around the span is shown", () => {
  const text = `${"a".repeat(100_000)} here ${"b".repeat(100_000)}`;
  const [head, line, caret] = rendered(text, 100_001, 100_005).split("\n") as [string, string, string];
  expect(head).toContain("a.nib:1:100002");
  expect(line.length).toBeLessThan(200);
  expect(line.slice(caret.indexOf("^"), caret.lastIndexOf("^") + 1)).toBe("here");
});

test("diagnostics sort by source, place and code", () => {
  const at = (source: string, start: number) =>
    diagnostic("worker-timeout", { stage: "x", seconds: start }, { span: { source, start, end: start } });
  const sorted = byPosition([at("b", 0), at("a", 9), at("a", 2)]);
  expect(sorted.map(({ span }) => `${span?.source}${span?.start}`)).toEqual(["a2", "a9", "b0"]);
});

test("no code belongs to two areas: its facts would be both", () => {
  const folder = join(ownPackage().folder, "src/base/diagnostics");
  const codes = readdirSync(folder).flatMap((name) =>
    [...readFileSync(join(folder, name), "utf8").matchAll(/^ {2}"?([a-z][a-z-]+)"?: \(/gm)].map((match) => match[1]),
  );
  expect(codes.length).toBeGreaterThan(100);
  expect(codes.filter((code, i) => codes.indexOf(code) !== i)).toEqual([]);
});
