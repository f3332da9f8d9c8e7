import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { ownPackage } from "../../src/base/package.js";
import type { TrialRecord } from "../../src/results/record.js";
import { nibble } from "../cli/command.js";
import { haveJupyter } from "../jupyter/installed.js";
import { projectOfUser, runUnderTslab, textOf } from "./tslab-kernel.js";

describe.skipIf(!haveJupyter)("the shipped notebook of the library", () => {
  const { folder: root } = ownPackage();
  const notebook = join(root, "notebooks/library.ipynb");
  const folder = projectOfUser();
  afterAll(() => rmSync(folder, { recursive: true }));

  test("runs under tslab from top to bottom, with the accuracy that the command line gives for its text", async () => {
    symlinkSync(join(root, "datasets"), join(folder, "datasets"));
    mkdirSync(join(folder, ".nibble"));
    const [first, second, third] = runUnderTslab(folder, notebook, "notebooks");
    expect(first?.map(({ data }) => Object.keys(data ?? {})[0])).toEqual([
      "text/html",
      "application/vnd.plotly.v1+json",
      "application/vnd.plotly.v1+json",
    ]);
    expect(textOf(second?.[0]?.data?.["image/svg+xml"])).toMatch(/^<svg /);
    expect(textOf(third?.[0]?.text)).toContain("'completed'");

    writeFileSync(join(folder, "notebooks", "same.nib"), programOf(notebook));
    const run = await nibble(["run", "same.nib", "--json"], join(folder, "notebooks"));
    expect(run.code).toBe(0);
    const ledger = readFileSync(join(folder, ".nibble/results/library_sweep/ledger.jsonl"), "utf8");
    // The command line found every trial finished: ids are hashes of all that decides a result.
    expect(recordsOf(run.stdout)).toEqual(recordsOf(ledger));
    expect(recordsOf(ledger)).toHaveLength(4);
    const fresh = await nibble(["run", "same.nib", "--json", "--fresh"], join(folder, "notebooks"));
    expect(recordsOf(fresh.stdout).map(accuracyOf)).toEqual(recordsOf(ledger).map(accuracyOf));
  });
});

/** The text between the backquotes of the notebook's first cell, with its `${model}` written out. */
function programOf(path: string): string {
  const { cells } = JSON.parse(readFileSync(path, "utf8")) as {
    readonly cells: readonly { readonly cell_type: string; readonly source: readonly string[] }[];
  };
  const source = textOf(cells.find(({ cell_type }) => cell_type === "code")?.source);
  const [, model = ""] = /const model = (".*");/.exec(source) ?? [];
  const [, program = ""] = /nibble`([^`]*)`/.exec(source) ?? [];
  return program.replace(/\$\{model\}/, model);
}

const recordsOf = (lines: string): readonly TrialRecord[] =>
  lines
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as TrialRecord);

const accuracyOf = (record: TrialRecord) => record.status === "completed" && record.accuracy;
