import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { renderDiagnostic } from "../../src/base/diagnostic.js";
import { ownPackage } from "../../src/base/package.js";
import { DiagnosticError, runText, savedExperiments, savedResult } from "../../src/index.js";
import { toRecordJson } from "../../src/results/json.js";
import { sweep } from "../report/fixtures/sweep.js";

const { folder: root } = ownPackage();
const scratch = () => mkdtempSync(join(tmpdir(), "nibble-saved-"));

const digits = (clauses: string) => `
model net  = tfjs("datasets/models/digits-cnn/model.json")
data  rows = csv("datasets/digits/digits.csv") { label: digit, shape: [8, 8, 1], scale: 1/16, split: train 80% test 20% seed 7 }
experiment sweep {
  model net
  data rows
  ${clauses}
  measure accuracy, size
  show table, pareto(size, accuracy)
}
`;

/** A results folder with the ledger of the made-up sweep and no plan, as an older or foreign run leaves it. */
function foreign(...lines: readonly string[]): string {
  const folder = scratch();
  mkdirSync(join(folder, "sweep"));
  const records = sweep.filter(({ status }) => status !== "skipped").map(toRecordJson);
  writeFileSync(join(folder, "sweep", "ledger.jsonl"), [...records, ...lines].map((line) => `${line}\n`).join(""));
  return folder;
}

const problems = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof DiagnosticError) {
      return error.diagnostics.map((d) => renderDiagnostic(d, new Map())).join("\n");
    }
    throw error;
  }
  return "";
};

test("the ledger and the plan beside it give the run's page again to the byte, in another folder", async () => {
  const resultsFolder = scratch();
  const run = (clauses: string) => runText({ path: join(root, "sweep.nib"), text: digits(clauses) }, { resultsFolder });
  await run("try dynamic { weights: int8 per_channel }");
  // A further scheme makes another plan, which takes over the trials of the first; one cell is ruled out.
  const { results } = await run(
    `try weight_only { weights: int8 | int4, group: 32 }
  where not (weights = int4)
  expect weight_only.size_reduction >= 99%`,
  );
  const [result] = results;
  if (!result) throw new Error("nothing ran");
  expect(result.measured.length).toBe(1);
  expect(result.records.map(({ status }) => status)).toEqual(["completed", "completed", "skipped"]);
  const html = readFileSync(result.reportPath, "utf8");

  const elsewhere = scratch();
  for (const name of ["ledger.jsonl", "plan.json"]) cpSync(join(resultsFolder, "sweep", name), join(elsewhere, name));
  const saved = savedResult(elsewhere);
  expect(saved.result.records).toEqual(result.records);
  expect(saved.result.expectations).toEqual(result.expectations);
  expect(saved.result.html()).toBe(html);
  expect(saved.result.markdown()).toBe(result.markdown());
  expect(saved.result.svg.all()).toEqual(result.svg.all());
  expect(saved.diagnostics.map(({ code, facts }) => ({ code, facts }))).toEqual([
    { code: "earlier-trials", facts: { path: join(elsewhere, "ledger.jsonl"), left: 1 } },
  ]);
  expect(savedResult(elsewhere, { all: true }).result.records.length).toBe(4);

  // Without the plan the figures are the same, and the names are hashes.
  rmSync(join(elsewhere, "plan.json"));
  const bare = savedResult(elsewhere).result;
  expect(bare.records).toEqual(result.records.filter(({ status }) => status === "completed"));
  expect(bare.table()).toMatch(/sweep {2}model [0-9a-f]{12} on data [0-9a-f]{12}/);
  expect(savedExperiments(resultsFolder)).toEqual([
    { experiment: "sweep", folder: join(resultsFolder, "sweep"), about: "net on rows", completed: 2, failed: 0 },
  ]);
}, 120_000);

test("an experiment is found by its name, by its folder and by its ledger", () => {
  const resultsFolder = foreign();
  for (const where of ["sweep", join(resultsFolder, "sweep"), join(resultsFolder, "sweep", "ledger.jsonl")]) {
    expect(savedResult(where, { resultsFolder }).result.records.length).toBe(9);
  }
});

test("a failure that a later version recorded keeps its words", () => {
  const failed = sweep.find(({ status }) => status === "failed");
  const line = JSON.stringify({
    ...failed,
    trial: "sha256:later",
    diagnostic: { code: "of-tomorrow", severity: "error", facts: {}, message: "it rained", hint: "wait" },
  });
  const { result } = savedResult("sweep", { resultsFolder: foreign(line) });
  expect(result.table({ width: 120 })).toContain("accuracy: it rained (wait)");
  expect(result.records.map(toRecordJson).at(-1)).toContain('"message":"it rained"');
});

test("what cannot be reported is said", () => {
  const resultsFolder = foreign();
  writeFileSync(join(resultsFolder, "sweep", "plan.json"), "{}");
  const newer = toRecordJson(sweep[0] as (typeof sweep)[0]).replace('"schemaVersion":1', '"schemaVersion":2');
  appendFileSync(join(resultsFolder, "sweep", "ledger.jsonl"), `${newer}\n${newer}\n`);
  for (const name of ["empty", "newer"]) mkdirSync(join(resultsFolder, name));
  writeFileSync(join(resultsFolder, "empty", "ledger.jsonl"), "");
  writeFileSync(join(resultsFolder, "newer", "ledger.jsonl"), `${newer}\n`);
  const shown = [
    ...savedResult("sweep", { resultsFolder }).diagnostics.map((d) => renderDiagnostic(d, new Map())),
    ...["empty", "newer", "sweeep", resultsFolder].map((name) => problems(() => savedResult(name, { resultsFolder }))),
  ];
  expect(shown.join("\n").replaceAll(resultsFolder, "RESULTS")).toMatchInlineSnapshot(`
    "warning[ledger-newer]: 2 of the 11 records in RESULTS/sweep/ledger.jsonl have schemaVersion 2, but this Nibble knows up to 1; left out
         = hint: update Nibble to read them
    warning[plan-file-unusable]: RESULTS/sweep/plan.json cannot be used: schemaVersion is missing
         = hint: the figures come from the ledger; names, expectations and the program are missing until the next run writes it
    error[ledger-empty]: RESULTS/empty/ledger.jsonl holds no record
         = hint: no trial has finished yet; \`nibble run FILE\` goes on from where a run stopped
    error[ledger-newer]: every record in RESULTS/newer/ledger.jsonl has schemaVersion 2, but this Nibble knows up to 1
         = hint: update Nibble to read them
    error[unknown-experiment]: no experiment called "sweeep" has results in RESULTS, and no such path leads to any
         = hint: did you mean "sweep"?
    error[unknown-experiment]: no experiment called "RESULTS" has results in RESULTS, and no such path leads to any
         = hint: known experiments: "empty", "newer", "sweep""
  `);
});
