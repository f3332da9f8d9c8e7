import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DiagnosticError, diagnostic } from "../../src/base/diagnostic.js";
import type { Environment } from "../../src/measure/environment.js";
import type { Plan, Trial } from "../../src/plan/plan.js";
import type { Scheme } from "../../src/quantize/scheme.js";
import { openLedger } from "../../src/results/ledger.js";
import type { RunOptions } from "../../src/run/experiment.js";
import { quickEffort } from "../../src/run/latency-trial.js";
import type { Worker } from "../../src/run/process.js";
import type { EvaluatedTrial, TaskName, Tasks } from "../../src/run/protocol.js";
import { tensorFrom } from "../../src/tensor/tensor.js";

/** What the children of a scripted run answer; a task may throw, and may end its child. */
export type Script = {
  readonly [T in TaskName]: (input: Tasks[T]["input"], die: () => void) => Tasks[T]["output"];
};

/** A trial that went well. */
export const evaluated: EvaluatedTrial = {
  path: "trial.onnx",
  accuracy: { top1: { value: 1, ci95: [0.5, 1], n: 4 }, drop: { value: 0, ci95: [-0.5, 0.5] }, flips: 0 },
  size: { bytes: 10, ratio: 0.5, codes: 4, scales: 1, zeroPoints: 0, float: 1, other: 4 },
  attestation: {
    integerNodes: 1,
    floatNodes: 0,
    attested: true,
    reason: "every planned integer node (1) ran as integer",
  },
  layers: [],
};

/** A model whose lowering agrees with TF.js, and a trial twice as fast as fp32. */
export const script: Script = {
  open: () => ({
    modelHash: "sha256:model",
    dataHash: "sha256:data",
    path: "fp32.onnx",
    testSamples: 4,
    parityIndices: Int32Array.of(0),
    parityOutputs: [tensorFrom("float32", [1, 2], [1, 2])],
  }),
  reference: () => ({ outputs: [tensorFrom("float32", [1, 2], [1, 2])], reference: "TF.js 1 (cpu)" }),
  trial: () => evaluated,
  export: () => ({ forms: [], left: [], inputs: [], outputs: [] }),
  diagnosis: () => ({
    metric: "top1",
    all: { drop: { value: 0.25, ci95: [0.05, 0.5] }, sqnrDb: 20 },
    samples: 4,
    layers: ["conv", "dense"],
    quantizesActivations: true,
    calibration: { samples: 40, leaked: 0 },
  }),
  diagnosisArm: () => ({
    arm: { drop: { value: 0, ci95: [-0.5, 0.5] }, sqnrDb: 30 },
    gain: { value: 0.25, ci95: [0.05, 0.5] },
    rangeChange: 0.1,
  }),
  feeds: () => ({}),
  tune: () => ({ optimization: "all" }),
  latency: () => ({
    baselineMs: [2, 2],
    trialMs: [1, 1],
    control: { baselineMs: [2, 2], againMs: [2, 2] },
    runsPerSample: { baseline: 1, trial: 1 },
    stoppedBy: "pairs",
  }),
  openArm: () => ({}),
  warmArm: () => ({ runs: 1 }),
  sampleArm: () => ({ ms: 1, runMs: [1] }),
  look: () => ({ ownSeconds: 0 }),
  pairSums: () => [],
  peaks: ({ threads }) => ({
    threads,
    floatMacs: 1e11,
    integerMacs: 4e11,
    bandwidth: [{ footprintBytes: 1e6, bytesPerSecond: 1e11 }],
    overhead: { runMs: 0.01, nodeMs: 0.001 },
  }),
  profile: () => [{ node: "conv/Conv", operator: "Conv", microseconds: 900 }],
  energy: () => undefined,
  memory: () => ({ peakBytes: 100, engineBytes: 60 }),
};

/** Children that answer by a script in place of processes, and every call that they got: `slot task`. */
export function scriptedWorkers(answers: Partial<Script> = {}) {
  const calls: string[] = [];
  const inputs: { readonly task: TaskName; readonly input: unknown }[] = [];
  let started = 0;
  const startWorker = (): Worker => {
    const child = ++started;
    let alive = true;
    return {
      async call(task, input) {
        calls.push(`${child} ${task}`);
        inputs.push({ task, input });
        return (answers[task] ?? script[task])(input, () => {
          alive = false;
        });
      },
      alive: () => alive,
      kill: () => {
        alive = false;
      },
    };
  };
  return { startWorker, calls, inputs };
}

/** How a child's own failure reaches the run. */
export function died(stage: string): never {
  throw new DiagnosticError(diagnostic("worker-died", { stage, exitCode: null, signal: "SIGKILL", lastOutput: "" }));
}

/** Trials of fp32 and of the given schemes; nothing is timed unless said. */
export function planOf(schemes: readonly Scheme[], measures: Partial<Plan["measures"]> = {}): Plan {
  const all: readonly Scheme[] = [{ name: "fp32", mode: "fp32", keep: {} }, ...schemes];
  const trials = all.map((scheme, i): Trial => ({ id: `sha256:${i}`, scheme, axes: {} }));
  return {
    experiment: "scripted",
    model: { name: "net", format: "tfjs", path: "model.json" },
    data: { name: "rows", reader: "random", settings: {} },
    trials,
    skipped: [],
    measures: { accuracy: true, latency: [], size: true, memory: false, ...measures },
    expectations: [],
    views: [],
    seed: 1,
  };
}

export const machine: Environment = {
  node: "20.19.0",
  engine: "onnxruntime 1",
  tfjs: "",
  cpu: "a CPU",
  cpuFlags: ["avx2"],
  cores: 2,
  platform: "linux-x64",
  nibble: "0.1.0",
};

/** Options of a run in a folder of its own. */
export function optionsIn(
  startWorker: RunOptions["startWorker"],
  {
    folder = mkdtempSync(join(tmpdir(), "nibble-run-")),
    environment = machine,
    ...given
  }: {
    readonly folder?: string;
    readonly environment?: Environment;
    readonly effort?: RunOptions["effort"];
    readonly workers?: number;
  } = {},
): RunOptions {
  return {
    folder,
    ledger: openLedger(join(folder, "ledger.jsonl")),
    environment: (tfjs) => ({ ...environment, tfjs }),
    effort: quickEffort,
    workers: 1,
    fresh: false,
    peaksFolder: join(folder, "peaks"),
    startWorker,
    onEvent: () => {},
    ...given,
  };
}
