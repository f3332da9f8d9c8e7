import { expect, test } from "vitest";
import { liveDisplay } from "../../../src/cells/nibble/live-display.js";
import { advance, duration, type Progress, progressLine, remainingMs } from "../../../src/cells/nibble/progress.js";
import type { CellOutput } from "../../../src/cells/outputs.js";
import type { Plan } from "../../../src/plan/plan.js";
import type { TrialRecord } from "../../../src/results/record.js";
import type { RunEvent } from "../../../src/run/events.js";

const plan = { experiment: "<b>sweep", model: { name: "cnn" } } as Plan;
const record = (name: string) =>
  ({
    status: "failed",
    stage: "accuracy",
    trial: name,
    scheme: { name, mode: "static", execution: "executed" },
  }) as TrialRecord;
const stage = (label: string): RunEvent => ({ kind: "stage", label, stage: "quantize and evaluate" });
const finished = (label: string): RunEvent => ({ kind: "finished", label, record: record(label) });

test("the time that remains is unknown until a trial is measured, and is the mean of those measured from then on", () => {
  const events: readonly (readonly [RunEvent, number])[] = [
    [{ kind: "started", plan, trials: 5, finished: 1 }, 0],
    [{ kind: "stage", label: "cnn", stage: "read, lower and calibrate" }, 10],
    [stage("a"), 8000],
    [finished("a"), 12_000],
    [stage("b"), 12_000],
    [finished("b"), 14_000],
    [finished("c"), 17_000],
    [finished("d"), 20_000],
    [{ kind: "ended" }, 20_500],
  ];
  let progress: Progress | undefined;
  const lines = events.map(([event, at]) => {
    progress = advance(progress, event, at);
    return progress && progressLine(progress, at);
  });
  expect(lines).toEqual([
    "1 of 5 trials, 0 s",
    "1 of 5 trials, 0 s",
    "1 of 5 trials, 8 s",
    "2 of 5 trials, 12 s, about 12 s left",
    "2 of 5 trials, 12 s, about 12 s left",
    "3 of 5 trials, 14 s, about 6 s left",
    "4 of 5 trials, 17 s, about 3 s left",
    "5 of 5 trials, 20 s",
    "5 of 5 trials, 21 s",
  ]);
});

test("what the running trial has taken already is not expected again, and never less than nothing", () => {
  const events: readonly (readonly [RunEvent, number])[] = [
    [{ kind: "started", plan, trials: 2, finished: 0 }, 0],
    [stage("a"), 0],
    [finished("a"), 4000],
  ];
  const progress = events.reduce<Progress | undefined>((before, [event, at]) => advance(before, event, at), undefined);
  expect(progress && [4000, 5000, 9000].map((at) => remainingMs(progress, at))).toEqual([4000, 3000, 0]);
});

test("durations as people say them", () => {
  expect([400, 59_400, 60_000, 125_000, 3_600_000, 4_320_000].map(duration)).toEqual([
    "0 s",
    "59 s",
    "1 min",
    "2 min 5 s",
    "1 h",
    "1 h 12 min",
  ]);
});

test("one display an experiment; names are shown as text; the last update is the final state", () => {
  const outputs: CellOutput[] = [];
  let now = 0;
  const live = liveDisplay(
    (output) => outputs.push(output),
    () => now,
  );
  const say = (event: RunEvent, at: number) => {
    now = at;
    live.show(event);
  };
  say({ kind: "started", plan, trials: 2, finished: 0 }, 0);
  say(stage("a"), 500);
  for (let i = 0; i < 50; i++) say(stage("a"), 501 + i / 10);
  say(finished("a <i>"), 1000);
  say({ kind: "ended" }, 1200);
  live.finish("out/report.html");
  live.stop();
  expect(outputs.map(({ kind }) => kind)).toEqual(["display", "update-display", "update-display", "update-display"]);
  expect(new Set(outputs.map((output) => "displayId" in output && output.displayId)).size).toBe(1);
  const forms = outputs.flatMap((output) => ("bundle" in output ? [output.bundle.data] : []));
  expect(forms.map((data) => data["text/plain"])).toMatchInlineSnapshot(`
    [
      "<b>sweep: 0 of 2 trials, 0 s",
      "<b>sweep: 0 of 2 trials, 1 s
      a: quantize and evaluate",
      "<b>sweep: 1 of 2 trials, 1 s, about 1 s left
      a: quantize and evaluate
      scheme
      a <i>: failed (accuracy)",
      "<b>sweep: 1 of 2 trials measured in 1.2 s; report: out/report.html",
    ]
  `);
  expect(forms[2]?.["text/html"]).toMatchInlineSnapshot(
    `"<div><strong>&lt;b&gt;sweep</strong> <progress value="1" max="2"></progress> 1 of 2 trials, 1 s, about 1 s left</div><div style="opacity:.75;font-size:90%">a: quantize and evaluate</div><table><thead><tr><th style="text-align:left">scheme</th></tr></thead><tbody><tr><td style="text-align:left">a &lt;i&gt;: failed (accuracy)</td></tr></tbody></table>"`,
  );
});
