import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ownPackage } from "../../src/base/package.js";
import type { CompletedRecord } from "../../src/results/record.js";
import { runText } from "../../src/session/program.js";

/** A part of the benchmark tells where it is. */
export const progress = (text: string) => void process.stderr.write(`${text}\n`);

/** A fresh folder for results. */
export const newFolder = () => mkdtempSync(join(tmpdir(), "nibble-bench-"));

/** A program of the benchmark; its paths are relative to `notebooks/`. */
export const source = (text: string) => ({ path: join(ownPackage().folder, "notebooks", "bench.nib"), text });

/** Runs a program afresh and gives its records. Throws when a trial does not complete. */
export async function recordsOf(text: string): Promise<readonly CompletedRecord[]> {
  const outcome = await runText(source(text), { resultsFolder: newFolder(), fresh: true });
  const all = outcome.results.flatMap((result) => result.records);
  const failed = all.filter(({ status }) => status !== "completed");
  if (!outcome.ran || failed.length > 0) {
    throw new Error(`${JSON.stringify(outcome.ran ? failed : outcome.diagnostics, null, 2)}`);
  }
  return all as CompletedRecord[];
}
