import { expect, test } from "vitest";
import { parseCpuTimes } from "../../src/measure/cpu-times.js";
import { sampleSeparately } from "../../src/run/separate-arms.js";
import { died, scriptedWorkers } from "./scripted.js";

const input = {
  baseline: { path: "fp32.onnx", optimization: "all" },
  trial: { path: "trial.onnx", optimization: "extended" },
  feeds: {},
  threads: 2,
  protocol: { pairs: 2, minimumPairs: 2 },
} as const;

test("each arm has a process of its own on the same CPUs, and they take turns sample by sample", async () => {
  let looks = 0;
  const { startWorker, calls, inputs } = scriptedWorkers({
    openArm: () => ({ pinned: [0, 1] }),
    sampleArm: ({ runs }) => ({ ms: runs, runMs: [runs, runs] }),
    look: () => {
      // Three looks before the sampling, two at the clock, three after it.
      const seconds = looks++ < 5 ? 0 : 1;
      const times = parseCpuTimes(`cpu ${seconds * 100} 0 0 ${seconds * 100}\n`);
      return { ghz: 3, ownSeconds: seconds / 10, ...(times ? { times } : {}) };
    },
  });
  const samples = await sampleSeparately(input, startWorker);
  // Baseline 1, control 2, trial 3: an untimed sample, then A B C B A C.
  expect(calls.filter((call) => !call.endsWith("look"))).toEqual([
    "1 openArm",
    "2 openArm",
    "3 openArm",
    "1 warmArm",
    "3 warmArm",
    "2 warmArm",
    ...["2", "1", "3", "2", "3", "1", "2"].map((child) => `${child} sampleArm`),
  ]);
  expect(inputs.slice(0, 3).map((call) => call.input)).toEqual([
    { ...input.baseline, feeds: {}, threads: 2 },
    { ...input.baseline, feeds: {}, threads: 2, cpus: [0, 1] },
    { ...input.trial, feeds: {}, threads: 2, cpus: [0, 1] },
  ]);
  expect(samples).toMatchObject({
    baselineMs: [1, 1],
    trialMs: [1, 1],
    runMs: { baseline: Float64Array.of(1, 1, 1, 1) },
    watched: { pinned: [0, 1], ghz: [3, 3], blocks: { sampled: 1, discarded: 0, unsteady: 0 } },
  });
  // A second passed in which both CPUs were busy half the time, 0.3 s of it with the three processes.
  expect(samples.watched?.load).toMatchObject({ machine: { busy: 1, total: 2 }, ownSeconds: expect.closeTo(0.3, 9) });
});

test("where the system says nothing of CPUs and clock, samples come without it", async () => {
  const { startWorker } = scriptedWorkers();
  const { watched } = await sampleSeparately(input, startWorker);
  expect(watched).toEqual({ ghz: [], blocks: { sampled: 1, discarded: 0, unsteady: 0 } });
});

test("one arm that dies ends all of them", async () => {
  const { startWorker, calls } = scriptedWorkers({ warmArm: () => died("warmArm") });
  const started: ReturnType<typeof startWorker>[] = [];
  const start = () => {
    const worker = startWorker();
    started.push(worker);
    return worker;
  };
  await expect(sampleSeparately(input, start)).rejects.toThrow("died");
  expect(calls).toContain("1 warmArm");
  expect(started.map((worker) => worker.alive())).toEqual([false, false, false]);
});
