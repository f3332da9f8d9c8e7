import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ownPackage } from "../../src/base/package.js";
import { nibble } from "../cli/command.js";
import { haveChromium, haveJupyter } from "./installed.js";
import { startLab } from "./lab.js";
import { newProject, runNotebook } from "./notebook.js";

const { folder: root } = ownPackage();
const notebooks = join(root, "notebooks");

interface Figures {
  readonly trial: string;
  readonly status: string;
  readonly accuracy?: unknown;
  readonly size?: unknown;
}

/** What must not depend on who runs a program: trials, and all of their figures but times. */
function figures(lines: string): readonly Figures[] {
  const records = lines
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Figures & { readonly experiment: string });
  return records
    .map(({ experiment, trial, status, accuracy, size }) => ({ experiment, trial, status, accuracy, size }))
    .sort((a, b) => (`${a.experiment} ${a.trial}` < `${b.experiment} ${b.trial}` ? -1 : 1));
}

/** Longest that a notebook takes in a browser on a busy machine. */
const LONGEST_MS = 400_000;

/** A project that holds one shipped notebook where it finds the shipped data, as in a checkout. */
function placed(name: string) {
  const project = newProject();
  const folder = join(project.folder, "notebooks");
  mkdirSync(folder);
  symlinkSync(join(root, "datasets"), join(project.folder, "datasets"), "junction");
  const path = join(folder, name);
  // Fewer sequences of text than are shipped: what clients have in common depends on no number of them.
  const text = readFileSync(join(notebooks, name), "utf8").replace("param sequences = 400", "param sequences = 60");
  writeFileSync(path, withoutOutputs(text));
  // What is compared depends on no clock: few samples do.
  const env = { ...project.env, NIBBLE_QUICK: "1" };
  return { path, folder, results: join(project.folder, ".nibble", "results"), project: { folder, env } };
}

interface CodeCell {
  readonly cell_type: string;
  execution_count?: number | null;
  outputs?: readonly { readonly output_type: string }[];
}

/** A notebook as before its first run, so that what is there afterwards is of this run. */
function withoutOutputs(text: string): string {
  const notebook = JSON.parse(text) as { readonly cells: readonly CodeCell[] };
  for (const cell of notebook.cells) {
    if (cell.cell_type === "code") Object.assign(cell, { execution_count: null, outputs: [] });
  }
  return JSON.stringify(notebook);
}

/** Of each code cell of a notebook as which one it ran; null where it has not run to its end, or with an error. */
function codeCells(text: string): readonly (number | null)[] {
  const { cells } = JSON.parse(text) as { readonly cells: readonly CodeCell[] };
  return cells
    .filter((cell) => cell.cell_type === "code")
    .map(({ execution_count = null, outputs = [] }) =>
      outputs.some((output) => output.output_type === "error") ? null : execution_count,
    );
}

/** The records of all experiments that were run in a project. */
function ledgers(results: string): string {
  const folders = existsSync(results) ? readdirSync(results) : [];
  return folders
    .map((experiment) => join(results, experiment, "ledger.jsonl"))
    .filter((path) => existsSync(path))
    .map((path) => readFileSync(path, "utf8"))
    .join("");
}

/** A shipped notebook in every client: each file of tests has one, so that they run side by side. */
export function shippedNotebook(name: string): void {
  describe.skipIf(!haveJupyter)(name, () => {
    const shell = placed(name);
    let all: readonly Figures[] = [];

    test("runs from the command line", async () => {
      const { code, stderr } = await nibble(["run", name, "--quick"], shell.folder);
      expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
      all = figures(ledgers(shell.results));
      expect(all).not.toEqual([]);
    });

    test("runs under nbclient, which takes over what the command line has measured", () => {
      expect(runNotebook(shell.path, shell.project).raised).toBeUndefined();
      expect(figures(ledgers(shell.results))).toEqual(all);
    });

    test.skipIf(!haveChromium)("runs in JupyterLab, which takes them over, too", async () => {
      const lab = await startLab(shell.project);
      try {
        const notebook = await lab.open(name);
        await notebook.menu("Run", "Run All Cells");
        const saved = async () => {
          await notebook.menu("File", "Save Notebook");
          return codeCells(readFileSync(shell.path, "utf8"));
        };
        await expect.poll(saved, { timeout: LONGEST_MS, interval: 2000 }).not.toContain(null);
        expect(figures(ledgers(shell.results))).toEqual(all);
        await lab.screenshot(`lab-${name.replace(".ipynb", "")}`);
      } finally {
        await lab.close();
      }
    });
  });
}
