import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { toRecordJson } from "../../src/results/json.js";
import { haveJupyter } from "../jupyter/installed.js";
import { sweep } from "../report/fixtures/sweep.js";
import { type Output, projectOfUser, runUnderTslab, textOf } from "./tslab-kernel.js";

describe.skipIf(!haveJupyter)("the library in a notebook of tslab", () => {
  const folder = projectOfUser();
  let cells: readonly (readonly Output[])[] = [];

  beforeAll(() => {
    mkdirSync(join(folder, "sweep"));
    const records = sweep.filter(({ status }) => status !== "skipped").map(toRecordJson);
    writeFileSync(join(folder, "sweep", "ledger.jsonl"), records.map((line) => `${line}\n`).join(""));
    cells = runUnderTslab(folder, join(import.meta.dirname, "host.ipynb"));
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  const types = (outputs: readonly Output[] | undefined) => outputs?.map(({ data }) => Object.keys(data ?? {}).sort());
  const figure = ["application/vnd.plotly.v1+json", "image/svg+xml", "text/plain"];

  test("is imported without a word", () => {
    expect(cells[0]).toEqual([]);
  });

  test("shows a result that is the value of a cell as its table, which tslab prints", () => {
    expect(cells[1]?.map(({ output_type, name }) => [output_type, name])).toEqual([["stream", "stdout"]]);
    expect(textOf(cells[1]?.[0]?.text)).toMatch(/^ precision_sweep .*\n\n scheme +top-1 +drop/);
  });

  test("shows table and plots in all their forms when asked", () => {
    expect(types(cells[2])).toEqual([["text/html", "text/plain"], figure, figure, figure]);
    expect(textOf(cells[2]?.[0]?.data?.["text/html"])).toContain("<table");
    for (const { data } of cells[2]?.slice(1) ?? [])
      expect(textOf(data?.["image/svg+xml"])).toMatch(/^<svg .*<\/svg>\s*$/s);
  });

  test("shows one plot", () => {
    expect(types(cells[3])).toEqual([figure]);
    expect(textOf(cells[3]?.[0]?.data?.["text/plain"])).toMatch(/^Accuracy and size\n/);
  });
});
