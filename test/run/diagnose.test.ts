import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Plan } from "../../src/plan/plan.js";
import { schemeDefinition } from "../../src/quantize/registry.js";
import type { Scheme } from "../../src/quantize/scheme.js";
import { openLedger, readLedger } from "../../src/results/ledger.js";
import type { TrialRecord } from "../../src/results/record.js";
import { type DiagnoseOptions, diagnoseTrials } from "../../src/run/diagnose.js";
import type { RunEvent } from "../../src/run/events.js";
import { runPlan } from "../../src/run/experiment.js";
import { died, optionsIn, planOf, scriptedWorkers } from "./scripted.js";

function schemeOf(mode: string, settings = {}): Scheme {
  const scheme = schemeDefinition(mode)?.build(mode, settings);
  if (!scheme) throw new Error(`no scheme ${mode}`);
  return scheme;
}

const plan = planOf([schemeOf("static", { samples: 40 }), schemeOf("dynamic")]);

/** A run whose trials all completed, and options to diagnose them in the same folder. */
async function ran(of: Plan = plan, answers: Parameters<typeof scriptedWorkers>[0] = {}) {
  const { startWorker } = scriptedWorkers(answers);
  const options = optionsIn(startWorker);
  const { records } = await runPlan(of, options);
  return { records, ledger: options.ledger };
}

function diagnosing(ledger: DiagnoseOptions["ledger"], answers: Parameters<typeof scriptedWorkers>[0] = {}) {
  const { startWorker, calls, inputs } = scriptedWorkers(answers);
  const events: RunEvent[] = [];
  const folder = mkdtempSync(join(tmpdir(), "nibble-diagnose-"));
  const options: DiagnoseOptions = {
    ...{ folder, ledger, startWorker, fresh: false },
    onEvent: (event) => void events.push(event),
  };
  return { options, calls, inputs, events };
}

const tried = plan.trials.slice(1);

describe("diagnosing trials", () => {
  test("one child opens the experiment with every step of calibration, and measures each arm", async () => {
    const { records, ledger } = await ran();
    const { options, calls, inputs, events } = diagnosing(ledger);
    const { diagnoses, remarks } = await diagnoseTrials(plan, tried, records, options);
    expect(remarks).toEqual([]);
    expect(diagnoses.map(({ status, trial }) => [status, trial])).toEqual([
      ["diagnosed", "sha256:1"],
      ["diagnosed", "sha256:2"],
    ]);
    const asked = [16, 32, 40].map((samples) => expect.objectContaining({ samples }));
    expect(inputs[0]?.input).toMatchObject({ calibrations: asked });
    const perTrial = ["diagnosis", ...Array.from({ length: 8 }, () => "diagnosisArm")];
    expect(calls.map((call) => call.split(" ")[1])).toEqual(["open", ...perTrial, ...perTrial]);
    expect(diagnoses[0]?.diagnosis.layers.map(({ layer }) => layer)).toEqual(["conv", "dense"]);
    expect(
      diagnoses[0]?.diagnosis.calibration?.growth?.map(({ samples, rangeChange }) => [samples, rangeChange]),
    ).toEqual([
      [16, 0.1],
      [32, 0.1],
      [40, 0],
    ]);
    expect(diagnoses[0]?.diagnosis.findings[0]).toBe("the drop is 25.0% (95%: 5.0% to 50.0%)");
    const kinds = events.map(({ kind }) => kind);
    expect([kinds[0], kinds.at(-1)]).toEqual(["started", "ended"]);
    expect(kinds.filter((kind) => kind === "diagnosed")).toHaveLength(2);
  });

  test("each is on disk before the next; what is there is taken over, and made anew when asked", async () => {
    const { records, ledger } = await ran();
    await diagnoseTrials(plan, tried.slice(0, 1), records, diagnosing(ledger).options);
    expect(readLedger(ledger.path).diagnoses.map(({ trial }) => trial)).toEqual(["sha256:1"]);
    const second = diagnosing(ledger);
    const outcome = await diagnoseTrials(plan, tried, records, second.options);
    expect(outcome.diagnoses).toHaveLength(2);
    expect(second.calls.filter((call) => call.endsWith(" diagnosis"))).toHaveLength(1);
    const third = diagnosing(ledger);
    expect((await diagnoseTrials(plan, [], records, third.options)).known).toHaveLength(2);
    expect(third.calls).toEqual([]);
    const fresh = diagnosing(ledger);
    await diagnoseTrials(plan, tried, records, { ...fresh.options, fresh: true });
    expect(fresh.calls.filter((call) => call.endsWith(" diagnosis"))).toHaveLength(2);
    expect(readLedger(ledger.path).diagnoses).toHaveLength(2);
    // The trials themselves are as they were.
    expect(readLedger(ledger.path).records).toHaveLength(3);
  });

  test("Ctrl-C keeps what is done, and says so", async () => {
    const { records, ledger } = await ran();
    const stop = new AbortController();
    const { options } = diagnosing(ledger);
    const outcome = await diagnoseTrials(plan, tried, records, {
      ...options,
      signal: stop.signal,
      onEvent: (event) => {
        if (event.kind === "diagnosed") stop.abort();
      },
      startWorker: () => {
        const worker = options.startWorker();
        return {
          ...worker,
          call: (task, input) => (stop.signal.aborted ? Promise.reject(new Error("killed")) : worker.call(task, input)),
        };
      },
    });
    expect(outcome.diagnoses.map(({ trial }) => trial)).toEqual(["sha256:1"]);
    expect(outcome.remarks.map(({ code, facts }) => [code, facts])).toEqual([
      ["diagnosis-interrupted", { finished: 1 }],
    ]);
  });

  test("behind a run that was interrupted says nothing of trials that have not run", async () => {
    const { records, ledger } = await ran();
    const { options } = diagnosing(ledger);
    const outcome = await diagnoseTrials(plan, tried, records.slice(0, 1), { ...options, signal: AbortSignal.abort() });
    expect(outcome).toMatchObject({ diagnoses: [], remarks: [] });
  });

  test("a diagnosis that breaks off is a diagnostic; the other trials go on while the child lives", async () => {
    const { records, ledger } = await ran();
    let times = 0;
    const broken = diagnosing(ledger, {
      diagnosis: () => (times++ === 0 ? died("quantize") : (scriptedDiagnosis as never)),
    });
    const outcome = await diagnoseTrials(plan, tried, records, broken.options);
    expect(outcome.remarks.map(({ code, severity }) => [code, severity])).toEqual([["diagnosis-failed", "error"]]);
    expect(outcome.diagnoses.map(({ trial }) => trial)).toEqual(["sha256:2"]);
    const dying = diagnosing(ledger, { open: () => died("open") });
    const none = await diagnoseTrials(plan, tried.slice(0, 1), records, dying.options);
    expect(none.diagnoses).toEqual([]);
    expect(none.remarks.map(({ code }) => code)).toEqual(["diagnosis-failed"]);
  });

  test("trials that cannot be taken apart give the reason", async () => {
    const { records, ledger } = await ran();
    const [fp32, first] = plan.trials;
    if (!fp32 || !first) throw new Error("the plan has three trials");
    const failed: readonly TrialRecord[] = records.map((record) =>
      record.trial === first.id && record.status === "completed"
        ? {
            ...record,
            status: "failed",
            stage: "quantize",
            diagnostic: { code: "no-test-samples", severity: "error", facts: {} },
          }
        : record,
    );
    const { options, calls } = diagnosing(ledger);
    const outcome = await diagnoseTrials(plan, [fp32, first], failed, options);
    expect(outcome.remarks.map(({ facts }) => (facts as { reason: string }).reason)).toEqual(["it failed (quantize)"]);
    expect(calls).toEqual([]);
    const missing = await diagnoseTrials(plan, [first], [], options);
    expect(missing.remarks.map(({ facts }) => (facts as { reason: string }).reason)).toEqual(["it has not run"]);
  });
});

const scriptedDiagnosis = {
  metric: "top1",
  all: { drop: { value: 0, ci95: [0, 0] }, sqnrDb: null },
  samples: 4,
  layers: [],
  quantizesActivations: false,
};

test("the ledger that a diagnosis is appended to is read by its trials as before", async () => {
  const { records, ledger } = await ran();
  await diagnoseTrials(plan, tried, records, diagnosing(ledger).options);
  const again = scriptedWorkers();
  const outcome = await runPlan(plan, { ...optionsIn(again.startWorker), ledger: openLedger(ledger.path) });
  expect(outcome.measured).toEqual([]);
  expect(again.calls).toEqual([]);
});
