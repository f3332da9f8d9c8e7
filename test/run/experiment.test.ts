import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { DiagnosticError, diagnostic, renderDiagnostic } from "../../src/base/diagnostic.js";
import type { Scheme } from "../../src/quantize/scheme.js";
import { evaluateExpectations } from "../../src/results/expectations.js";
import { readLedger } from "../../src/results/ledger.js";
import type { TrialRecord } from "../../src/results/record.js";
import { runPlan } from "../../src/run/experiment.js";
import { fullEffort } from "../../src/run/latency-trial.js";
import { tensorFrom } from "../../src/tensor/tensor.js";
import { died, evaluated, machine, optionsIn, planOf, script, scriptedWorkers } from "./scripted.js";

// The latency lane of these runs is not that of runs that really measure on this machine.
beforeEach(() => void vi.stubEnv("NIBBLE_LANE", mkdtempSync(join(tmpdir(), "nibble-lane-"))));

const dynamic: Scheme = { name: "dynamic", mode: "dynamic", keep: {} };
const calibrated = (observer: "minmax" | "entropy" | "mse"): Scheme => ({
  name: "static",
  mode: "static",
  calibration: { observer, samples: 64 },
  keep: {},
});

/** `fp32 completed`, `dynamic failed parity: parity-failed`. */
const outcomes = (records: readonly TrialRecord[]) =>
  records.map((record) =>
    [
      record.scheme.name,
      record.status,
      ...(record.status === "failed" ? [`${record.stage}: ${record.diagnostic.code}`] : []),
    ].join(" "),
  );

test("a lowering that disagrees with TF.js stops every figure of the model", async () => {
  const { startWorker, calls } = scriptedWorkers({
    reference: () => ({ outputs: [tensorFrom("float32", [1, 2], [1, 2.001])], reference: "TF.js 1 (cpu)" }),
  });
  const plan = planOf([dynamic], { latency: [{ batch: 1, threads: 1 }] });
  const { records } = await runPlan(plan, optionsIn(startWorker));
  expect(outcomes(records)).toEqual(["fp32 failed parity: parity-failed", "dynamic failed parity: parity-failed"]);
  expect(calls).toEqual(["1 open", "2 reference"]);
  const [first] = records;
  expect(first?.status === "failed" && renderDiagnostic(first.diagnostic, new Map())).toMatchInlineSnapshot(`
    "error[parity-failed]: "net" lowered to ONNX differs from TF.js 1 (cpu) by 5.0e-4 (relative, 1 samples); the limit is 0.0001
         = hint: no figure of this model can be trusted, so none is measured; this is a fault of Nibble's lowering: please report the model's layers"
  `);
});

test("a NaN on one side alone is no parity", async () => {
  const { startWorker } = scriptedWorkers({
    reference: () => ({ outputs: [tensorFrom("float32", [1, 2], [1, Number.NaN])], reference: "TF.js 1 (cpu)" }),
  });
  const { records } = await runPlan(planOf([]), optionsIn(startWorker));
  expect(outcomes(records)).toEqual(["fp32 failed parity: parity-failed"]);
});

test("without TF.js there is no parity and so no figure", async () => {
  const { startWorker } = scriptedWorkers({
    reference: () => {
      throw new DiagnosticError(diagnostic("reference-unavailable", { message: "no backend" }));
    },
  });
  const { records } = await runPlan(planOf([dynamic]), optionsIn(startWorker));
  expect(outcomes(records)).toEqual([
    "fp32 failed parity: reference-unavailable",
    "dynamic failed parity: reference-unavailable",
  ]);
});

test("parity is measured in each run that measures anything, and is in every record", async () => {
  const { startWorker, calls } = scriptedWorkers();
  const options = optionsIn(startWorker);
  const { records } = await runPlan(planOf([dynamic]), options);
  const parity = { maxRelativeError: 0, samples: 1, reference: "TF.js 1 (cpu)" };
  expect(records).toMatchObject([
    { status: "completed", parity },
    { status: "completed", parity },
  ]);
  await runPlan(planOf([dynamic]), { ...options, fresh: true });
  expect(calls.filter((call) => call.endsWith("reference"))).toHaveLength(2);
});

test("a trial whose integer kernels did not run claims no speed and meets no expectation of speed", async () => {
  const attestation = {
    integerNodes: 3,
    floatNodes: 1,
    attested: false,
    reason: "1 of 4 planned integer nodes did not run",
  };
  const { startWorker } = scriptedWorkers({
    trial: ({ scheme }) => (scheme.mode === "fp32" ? evaluated : { ...evaluated, attestation }),
  });
  const plan = planOf([dynamic], { latency: [{ batch: 1, threads: 1 }] });
  const { records } = await runPlan(plan, optionsIn(startWorker));
  expect(records[1]).toMatchObject({
    attestation,
    latency: [{ verdict: "no claim: 2.00x was measured, but not with the integer kernels that were planned" }],
  });
  const text = "dynamic.speedup >= 1.5x";
  const wanted = { scheme: "dynamic", metric: "speedup", comparison: ">=", value: 1.5, text } as const;
  expect(evaluateExpectations([wanted], records)[0]?.sentence).toBe(`${text}: not met by dynamic (not attested)`);
});

test("model, data and calibration are opened once, with every calibration of the plan", async () => {
  const { startWorker, calls, inputs } = scriptedWorkers();
  await runPlan(planOf([calibrated("minmax"), calibrated("entropy"), calibrated("minmax")]), optionsIn(startWorker));
  expect(calls).toEqual(["1 open", "2 reference", "1 trial", "1 trial", "1 trial", "1 trial"]);
  expect(inputs[0]?.input).toMatchObject({
    calibrations: [
      { observer: "minmax", samples: 64 },
      { observer: "entropy", samples: 64 },
    ],
  });
});

test("a child that dies costs its trial; the next one gets a new child", async () => {
  const { startWorker, calls } = scriptedWorkers({
    trial: ({ scheme }, die) => {
      if (scheme.name !== "dynamic") return evaluated;
      die();
      return died("trial");
    },
  });
  const { records } = await runPlan(planOf([dynamic, calibrated("mse")]), optionsIn(startWorker));
  expect(outcomes(records)).toEqual(["fp32 completed", "dynamic failed accuracy: worker-died", "static completed"]);
  expect(calls).toEqual(["1 open", "2 reference", "1 trial", "1 trial", "3 open", "3 trial"]);
});

test("a child that dies before the first trial is started once more, for all trials wait for it", async () => {
  const once = { open: true, reference: true };
  const dying =
    <T extends "open" | "reference">(task: T) =>
    (input: Parameters<(typeof script)[T]>[0], die: () => void) => {
      if (!once[task]) return script[task](input as never, die) as never;
      once[task] = false;
      die();
      return died(task);
    };
  const { startWorker, calls } = scriptedWorkers({ open: dying("open"), reference: dying("reference") });
  expect(outcomes((await runPlan(planOf([]), optionsIn(startWorker))).records)).toEqual(["fp32 completed"]);
  expect(calls).toEqual(["1 open", "2 open", "3 reference", "4 reference", "2 trial"]);
});

test("a model whose opening always kills its child is tried twice and no more", async () => {
  const { startWorker, calls } = scriptedWorkers({
    open: (_, die) => {
      die();
      return died("open");
    },
  });
  expect(outcomes((await runPlan(planOf([dynamic]), optionsIn(startWorker))).records)).toEqual([
    "fp32 failed load: worker-died",
    "dynamic failed load: worker-died",
  ]);
  expect(calls).toEqual(["1 open", "2 open"]);
});

test("what fails while timing or while measuring memory is said to", async () => {
  const plan = planOf([], { latency: [{ batch: 1, threads: 1 }], memory: true });
  const latency = scriptedWorkers({ latency: () => died("latency") });
  expect(outcomes((await runPlan(plan, optionsIn(latency.startWorker))).records)).toEqual([
    "fp32 failed latency: worker-died",
  ]);
  const memory = scriptedWorkers({ memory: () => died("memory") });
  expect(outcomes((await runPlan(plan, optionsIn(memory.startWorker))).records)).toEqual([
    "fp32 failed memory: worker-died",
  ]);
});

test("each timed sample comes from a process of its own, and every arm's level from another", async () => {
  const { startWorker, calls } = scriptedWorkers();
  await runPlan(planOf([dynamic], { latency: [{ batch: 1, threads: 1 }] }), optionsIn(startWorker));
  const children = calls.filter((call) => /tune|latency/.test(call)).map((call) => call.split(" ")[0]);
  expect(children).toHaveLength(8); // two arms tuned, three processes for each of two trials
  expect(new Set(children).size).toBe(8);
});

test("finished trials are taken over on the same machine with the same versions", async () => {
  const { startWorker } = scriptedWorkers();
  const options = optionsIn(startWorker);
  const plan = planOf([dynamic]);
  expect((await runPlan(plan, options)).measured).toEqual(plan.trials.map(({ id }) => id));
  expect((await runPlan(plan, options)).measured).toEqual([]);
});

test.each([{ engine: "onnxruntime 2" }, { cpuFlags: ["avx2", "avx512_vnni"] }, { nibble: "0.2.0" }])(
  "finished trials are measured anew with %o",
  async (other) => {
    const { startWorker } = scriptedWorkers();
    const here = optionsIn(startWorker);
    const plan = planOf([dynamic]);
    await runPlan(plan, here);
    const there = optionsIn(startWorker, { folder: here.folder, environment: { ...machine, ...other } });
    expect((await runPlan(plan, there)).measured).toEqual(plan.trials.map(({ id }) => id));
  },
);

test("a quick run never stands in for a full one", async () => {
  const { startWorker } = scriptedWorkers();
  const quick = optionsIn(startWorker);
  const plan = planOf([], { latency: [{ batch: 1, threads: 1 }] });
  await runPlan(plan, quick);
  expect((await runPlan(plan, { ...quick, effort: fullEffort })).measured).toEqual(["sha256:0"]);
  expect((await runPlan(plan, quick)).measured).toEqual([]);
});

test("a failed trial is run again, and is on disk all the same", async () => {
  const failing = scriptedWorkers({ trial: () => died("trial") });
  const options = optionsIn(failing.startWorker);
  await runPlan(planOf([]), options);
  const { startWorker } = scriptedWorkers();
  expect(outcomes((await runPlan(planOf([]), { ...options, startWorker })).records)).toEqual(["fp32 completed"]);
  expect(outcomes(readLedger(options.ledger.path).records)).toEqual([
    "fp32 failed accuracy: worker-died",
    "fp32 completed",
  ]);
});

test("a run that is stopped keeps what it finished and says how much", async () => {
  const stop = new AbortController();
  const { startWorker } = scriptedWorkers({
    trial: (input) => {
      if (input.scheme.name === "dynamic") stop.abort();
      return script.trial(input, () => {});
    },
  });
  const options = { ...optionsIn(startWorker), signal: stop.signal };
  const { records, remarks, interrupted } = await runPlan(planOf([dynamic, calibrated("mse")]), options);
  expect(outcomes(records)).toEqual(["fp32 completed"]);
  expect(outcomes(readLedger(options.ledger.path).records)).toEqual(["fp32 completed"]);
  expect(remarks.map(({ code, facts }) => ({ code, facts }))).toEqual([
    { code: "interrupted", facts: { finished: 1, total: 3 } },
  ]);
  expect(interrupted).toBe(true);
});
