import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { renderHtml } from "../../src/report/html.js";
import { readPlotlySource } from "../../src/report/plotly.js";
import { toRecordJson } from "../../src/results/json.js";
import type { SavedPlan } from "../../src/results/plan-file.js";
import type { SkippedRecord } from "../../src/results/record.js";
import { withResolution } from "../../src/results/resolution.js";
import { expectations, report, sweep } from "../report/fixtures/sweep.js";
import { nibble, project } from "./command.js";

const finished = sweep.filter(({ status }) => status !== "skipped");

/** A project whose results came from another machine: a ledger and the plan beside it. */
function withResults(): string {
  const folder = project("");
  const results = join(folder, ".nibble/results/precision_sweep");
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, "ledger.jsonl"), finished.map((record) => `${toRecordJson(record)}\n`).join(""));
  const plan: SavedPlan = {
    ...{ schemaVersion: 1, experiment: "precision_sweep", model: "digits_cnn", data: "digits", plan: "sha256:5b1d" },
    trials: finished.map(({ trial }) => trial),
    skipped: sweep.filter((record): record is SkippedRecord => record.status === "skipped"),
    expectations,
    views: report.views ?? [],
    program: report.program ?? { path: "", text: "" },
  };
  writeFileSync(join(results, "plan.json"), JSON.stringify(plan));
  return folder;
}

test("the page, the table, Markdown, records and pictures come from the ledger alone", async () => {
  const folder = withResults();
  const page = await nibble(["report", "precision_sweep", "--out", "pages/a.html"], folder);
  expect(page.code).toBe(0);
  expect(page.stdout).toContain(" precision_sweep  digits_cnn on digits");
  expect(page.stdout.trimEnd().split("\n").at(-1)).toBe("report: pages/a.html");
  // The fixture's machine is not this one, which is said and is all that differs.
  const written = readFileSync(join(folder, "pages/a.html"), "utf8");
  const elsewhere =
    /<dt>elsewhere<\/dt><dd>measured in another environment than this one: processor Example EPYC 9000 \(here .*?<\/dd>/;
  expect(written).toMatch(elsewhere);
  const asked = { ...report, records: report.records.map((record) => withResolution(record, expectations)) };
  expect(written.replace(elsewhere, "")).toBe(renderHtml(asked, { plotly: readPlotlySource() }));

  const markdown = await nibble(["report", "precision_sweep", "--markdown", "--svg", "pictures"], folder);
  expect(markdown.code).toBe(0);
  expect(markdown.stdout.split("\n")[0]).toBe("**precision\\_sweep**: digits\\_cnn on digits");
  expect(markdown.stderr).toMatchInlineSnapshot(`
    "figure: pictures/accuracy-and-speedup.svg
    figure: pictures/accuracy-and-size.svg
    figure: pictures/error-by-layer.svg
    "
  `);
  for (const name of readdirSync(join(folder, "pictures"))) {
    expect(readFileSync(join(folder, "pictures", name), "utf8")).toMatch(/^<svg .*<\/svg>\n$/s);
  }

  const json = await nibble(["report", ".nibble/results/precision_sweep", "--json"], folder);
  expect(json.stdout.trimEnd().split("\n")).toEqual(asked.records.map(toRecordJson));
  // None of this touched what the run itself has written.
  expect(readdirSync(join(folder, ".nibble/results/precision_sweep")).sort()).toEqual(["ledger.jsonl", "plan.json"]);
}, 60_000);

test("without a name, what has results; a wrong name has the nearest one", async () => {
  const folder = withResults();
  expect(await nibble(["report"], folder)).toEqual({
    code: 0,
    stdout: "precision_sweep  8 trials, 1 failed  digits_cnn on digits\n",
    stderr: "",
  });
  const wrong = await nibble(["report", "precison_sweep"], folder);
  expect({ ...wrong, stderr: wrong.stderr.replaceAll(folder, "FOLDER") }).toMatchInlineSnapshot(`
    {
      "code": 2,
      "stderr": "error[unknown-experiment]: no experiment called "precison_sweep" has results in FOLDER/.nibble/results, and no such path leads to any
         = hint: did you mean "precision_sweep"?

    ",
      "stdout": "",
    }
  `);
  const none = await nibble(["report"], project(""));
  expect(none.code).toBe(0);
  expect(none.stderr).toContain("note[no-results]: no experiment has results in");
}, 60_000);

test("a page that cannot be written is one diagnostic, exit code 3, and the table is shown all the same", async () => {
  const folder = withResults();
  const { code, stdout, stderr } = await nibble(["report", "precision_sweep", "--out", "sweep.nib/a.html"], folder);
  expect(code).toBe(3);
  expect(stdout).toContain("static entropy");
  expect(stderr.replaceAll(folder, "FOLDER")).toMatchInlineSnapshot(`
    "error[file-not-written]: FOLDER/sweep.nib could not be written: a part of the path is not a folder
         = hint: make room or write elsewhere with \`--out DIR\`; finished trials are kept, and the next run goes on from there

    "
  `);
}, 60_000);
