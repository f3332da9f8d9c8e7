import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readPlanFile, recordsOfPlan, type SavedPlan } from "../../src/results/plan-file.js";
import type { SkippedRecord, TrialRecord } from "../../src/results/record.js";
import { fp32, sweep } from "../report/fixtures/sweep.js";

const minmax = sweep.find(({ trial }) => trial === "sha256:s1") as TrialRecord;
const skipped = sweep.find(({ status }) => status === "skipped") as SkippedRecord;

const plan: SavedPlan = {
  schemaVersion: 1,
  experiment: "precision_sweep",
  model: "digits_cnn",
  data: "digits",
  plan: "sha256:new",
  trials: [minmax.trial, fp32.trial, "sha256:unfinished"],
  skipped: [skipped],
  expectations: [{ scheme: "w4", metric: "speedup", comparison: ">=", value: 2, text: "w4.speedup >= 2x" }],
  views: [{ kind: "table" }, { kind: "pareto", x: "speedup", y: "accuracy" }, { kind: "layers", metric: "sqnr" }],
  program: { path: "a.nib", text: "experiment" },
};

const of = (record: TrialRecord, planHash: string): TrialRecord => ({
  ...record,
  manifest: { ...record.manifest, plan: planHash },
});

function file(content: string): string {
  const path = join(mkdtempSync(join(tmpdir(), "nibble-plan-")), "plan.json");
  writeFileSync(path, content);
  return path;
}

test("a plan decides which trials are shown and in which order; its skipped cells come last", () => {
  const [older, newer] = [of(minmax, "sha256:old"), of(minmax, "sha256:new")];
  const other = of(sweep[1] as TrialRecord, "sha256:old");
  expect(recordsOfPlan([of(fp32, "sha256:old"), older, other, newer], plan)).toEqual([
    newer,
    of(fp32, "sha256:old"),
    of(skipped, "sha256:new"),
  ]);
});

test("without a plan the newest record's is shown, with the fp32 that it took over", () => {
  const records = [of(fp32, "sha256:old"), of(sweep[1] as TrialRecord, "sha256:old"), of(minmax, "sha256:new")];
  expect(recordsOfPlan(records, undefined)).toEqual([records[0], records[2]]);
  expect(recordsOfPlan([of(fp32, "sha256:new"), ...records], undefined)).toEqual([records[0], records[2]]);
  expect(recordsOfPlan([], undefined)).toEqual([]);
});

test("a plan comes back as it was written", () => {
  expect(readPlanFile(file(JSON.stringify(plan)))).toEqual({ kind: "plan", plan });
});

test.each<[string, unknown, string]>([
  ["another version", { ...plan, schemaVersion: 2 }, "it has schemaVersion 2, but this Nibble knows up to 1"],
  ["an unknown metric", { ...plan, views: [{ kind: "pareto", x: "beauty", y: "size" }] }, "views[0].x is not one of"],
  ["an unknown view", { ...plan, views: [{ kind: ["table"] }] }, "views[0].kind is not one of"],
  ["a completed record among the skipped", { ...plan, skipped: [fp32] }, "skipped[0] is not the record of a skipped"],
  ["a missing name", { ...plan, model: undefined }, "model is missing"],
  ["null", null, "it is not an object"],
])("of a plan with %s the reason is said", (_, value, reason) => {
  expect(readPlanFile(file(JSON.stringify(value)))).toEqual({
    kind: "unusable",
    reason: expect.stringContaining(reason),
  });
});

test("half a file is unusable, no file is no fault", () => {
  expect(readPlanFile(file('{"schemaVersion": 1, '))).toEqual({ kind: "unusable", reason: "it is not JSON" });
  expect(readPlanFile(join(tmpdir(), "nibble-there-is-none", "plan.json"))).toEqual({ kind: "absent" });
});
