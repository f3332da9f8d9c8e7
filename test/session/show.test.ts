import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, expect, test, vi } from "vitest";
import { type Result, savedResult, show } from "../../src/index.js";
import { toRecordJson } from "../../src/results/json.js";
import { becomeHost } from "../../src/session/host-display.js";
import { sweep } from "../report/fixtures/sweep.js";

afterEach(() => {
  Reflect.deleteProperty(globalThis, Symbol.for("nibble.display-host"));
  Reflect.deleteProperty(globalThis, "Deno");
  vi.restoreAllMocks();
});

function sweepResult(): Result {
  const folder = mkdtempSync(join(tmpdir(), "nibble-show-"));
  mkdirSync(join(folder, "sweep"));
  const lines = sweep.filter(({ status }) => status !== "skipped").map(toRecordJson);
  writeFileSync(join(folder, "sweep", "ledger.jsonl"), lines.map((line) => `${line}\n`).join(""));
  return savedResult(join(folder, "sweep")).result;
}

const result = sweepResult();
const formsOf = (value: object) =>
  (value as Record<symbol, () => object>)[Symbol.for("Jupyter.display")]?.call(value) ?? {};
const figure = ["application/vnd.plotly.v1+json", "image/svg+xml", "text/plain"];

test("a result says how it is shown, and prints as its table", () => {
  expect(Object.keys(formsOf(result))).toEqual(["text/html", "text/plain"]);
  expect(inspect(result)).toBe(result.table());
  expect(inspect({ result })).toBe('{ result: [Result of "precision_sweep"] }');
});

test("a figure says how it is shown and stays plain JSON", () => {
  const plot = result.plot.pareto();
  expect(Object.keys(formsOf(plot))).toEqual(figure);
  expect(Object.keys(plot)).toEqual(["data", "layout"]);
  expect(structuredClone(plot)).toEqual(JSON.parse(JSON.stringify(plot)));
});

test("in a cell of our own kernel everything goes to that cell", async () => {
  const shown: (readonly string[])[] = [];
  becomeHost(({ bundle }) => shown.push(Object.keys(bundle.data)));
  await result.display();
  await show(result.plot.layers());
  await show({ [Symbol.for("Jupyter.display")]: async () => ({ "text/html": "<b>" }) });
  await show([1]);
  expect(shown).toEqual([["text/html", "text/plain"], figure, figure, figure, figure, ["text/html"], ["text/plain"]]);
});

test("where Deno runs a notebook its display gets all forms as they are", async () => {
  const display = vi.fn(async () => {});
  Object.assign(globalThis, { Deno: { jupyter: { display } } });
  await result.plot.layers().display();
  expect(display.mock.calls).toEqual([[formsOf(result.plot.layers()), { raw: true }]]);
});

test("elsewhere the text is printed", async () => {
  Object.defineProperty(globalThis, "Deno", {
    configurable: true,
    value: Object.defineProperty({}, "jupyter", { get: () => expect.fail("Deno throws where it runs no notebook") }),
  });
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  await show(result.plot.pareto("size", "accuracy"));
  await show({ a: 1 });
  expect(write.mock.calls.map(([text]) => text)).toEqual([expect.stringMatching(/^Accuracy and size\n/), "{ a: 1 }\n"]);
});
