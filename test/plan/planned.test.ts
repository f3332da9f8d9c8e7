import { expect, test } from "vitest";
import { checkProgram } from "../../src/language/check.js";
import { planExperiment } from "../../src/plan/expand.js";
import { trialLabels } from "../../src/plan/label.js";
import { plannedTrials } from "../../src/plan/planned.js";
import { failure } from "../../src/run/failure.js";
import { failedRecord, skippedRecord } from "../../src/run/records.js";
import { fakeHost } from "../language/host.js";

const text = `model m = tfjs("m.json")
data d = csv("d.csv") { label: digit }
experiment sweep {
  model m
  data d
  try static { calibration: minmax | percentile(99.9), samples: 8 | 16 }, dynamic
  keep layers "dense_2" at fp32 | int8
  where not (calibration = minmax and samples = 8)
}`;

test("trials have the labels and ids before a run that their records have after it", async () => {
  const host = fakeHost();
  const { program } = await checkProgram({ path: "p.nib", text }, host);
  const plans = program?.experiments.map((each) => planExperiment(each, host.cpu)) ?? [];
  const records = plans.flatMap((plan) => {
    const facts = { model: "m", data: "d", seed: 1, environment: {} as never };
    const failed = failure(new Error("the process ended"), "load");
    return [
      ...plan.trials.map((trial) => failedRecord(plan, trial, facts, failed)),
      ...plan.skipped.map((cell) => skippedRecord(plan, cell, facts)),
    ];
  });
  const labels = trialLabels(plans.flatMap(plannedTrials));
  expect([...labels]).toEqual([...trialLabels(records)]);
  expect([...labels.values()]).toMatchInlineSnapshot(`
    [
      "fp32",
      "static minmax n=16 keep dense_2=fp32",
      "static minmax n=16 keep dense_2=int8",
      "static percentile(99.9) n=8 keep dense_2=fp32",
      "static percentile(99.9) n=8 keep dense_2=int8",
      "static percentile(99.9) n=16 keep dense_2=fp32",
      "static percentile(99.9) n=16 keep dense_2=int8",
      "dynamic keep dense_2=fp32",
      "dynamic keep dense_2=int8",
      "static minmax n=8 keep dense_2=fp32",
      "static minmax n=8 keep dense_2=int8",
    ]
  `);
});
