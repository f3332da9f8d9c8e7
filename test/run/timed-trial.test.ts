import { expect, test } from "vitest";
import { renderDiagnostic } from "../../src/base/diagnostic.js";
import type { NodeWork } from "../../src/measure/work.js";
import type { Scheme } from "../../src/quantize/scheme.js";
import { evaluateExpectations } from "../../src/results/expectations.js";
import { frameColumns } from "../../src/results/frame.js";
import { readLedger } from "../../src/results/ledger.js";
import type { CompletedRecord, TrialRecord } from "../../src/results/record.js";
import { runPlan } from "../../src/run/experiment.js";
import type { EvaluatedTrial } from "../../src/run/protocol.js";
import { experimentOf, runInjected, scheme } from "../faults/injected.js";
import { died, evaluated, optionsIn, planOf, type Script, script, scriptedWorkers } from "./scripted.js";

const dynamic: Scheme = { name: "dynamic", mode: "dynamic", keep: {} };
const timed = { latency: [{ batch: 4, threads: 1 }] };

const product = (integer: boolean): NodeWork => ({
  ...{ node: "conv/Conv", operator: "Conv", layer: "conv", macs: 4e7 },
  ...{ integer, weightBytes: 1000, activationBytes: 1000 },
});
/** A trial of one product; its work comes with it, as an evaluator sends it. */
const withWork: EvaluatedTrial = {
  ...evaluated,
  work: [{ batch: 4, baseline: [product(false)], trial: [product(true)] }],
};

/** Times of fp32 and trial, milliseconds of each pair. */
const latencyOf =
  (baseline: number, trial: number): Script["latency"] =>
  () => ({
    ...{ baselineMs: [baseline, baseline], trialMs: [trial, trial] },
    control: { baselineMs: [baseline, baseline], againMs: [baseline, baseline] },
    runsPerSample: { baseline: 1, trial: 1 },
    stoppedBy: "pairs",
  });

async function run(answers: Partial<Script>, measures: Parameters<typeof planOf>[1] = {}) {
  const { startWorker, calls } = scriptedWorkers({ trial: () => withWork, ...answers });
  const options = optionsIn(startWorker);
  const plan = planOf([dynamic], { ...timed, ...measures });
  const { records, remarks } = await runPlan(plan, options);
  return { records, remarks, calls, plan, ledger: options.ledger.path };
}

const completed = (record: TrialRecord | undefined): CompletedRecord => {
  if (record?.status !== "completed") throw new Error(`the trial is ${JSON.stringify(record)}`);
  return record;
};

test("a timed trial is held against the machine: work, least time, bound, time by node and a reason", async () => {
  const { records, calls, ledger } = await run({});
  const { roofline } = completed(records[1]);
  // 4e7 MACs at 1e11 and 4e11 a second; 2 and 1 ms measured; one call and one node of overhead.
  const arm = { macs: 4e7, bytes: 2000, bound: "compute", nodes: 1, overheadMs: 0.011 };
  const node = { node: "conv/Conv", operator: "Conv", layer: "conv", microseconds: 900 };
  expect(roofline).toEqual([
    {
      batch: 4,
      threads: 1,
      peaks: script.peaks({ threads: 1, budgetMs: 1 }, () => {}),
      baseline: { ...arm, leastMs: expect.closeTo(0.4, 9), share: expect.closeTo(0.2, 9) },
      trial: { ...arm, leastMs: expect.closeTo(0.1, 9), share: expect.closeTo(0.1, 9) },
      mostSpeedup: expect.closeTo(2 / 0.111, 9),
      nodes: { baseline: [node], trial: [node] },
      reason: "no product ran on integers: conv, in float, takes 90% of its time",
    },
  ]);
  // fp32's profile and the peaks are asked for once; what is written is read again.
  const asked = (task: string) => calls.filter((call) => call.endsWith(` ${task}`)).length;
  expect([asked("peaks"), asked("profile")]).toEqual([1, 2]);
  expect(readLedger(ledger).diagnostics).toEqual([]);
});

test("a verdict without a gain has its reason; a gain and fp32 itself have none in theirs", async () => {
  const verdictOf = async (trialMs: number) => {
    const { records } = await run({ latency: latencyOf(2, trialMs) });
    return records.map((record) => completed(record).latency?.[0]?.verdict);
  };
  const because = "no product ran on integers: conv, in float, takes 90% of its time";
  expect((await verdictOf(1))[1]).toBe("2.00x faster");
  expect((await verdictOf(4))[1]).toBe(`slower than fp32: 0.50x; ${because.replace("90%", "23%")}`);
  expect((await verdictOf(2))[1]).toMatch(/^no measurable difference: 1.00x, .*; no product ran on integers/);
  expect((await verdictOf(2))[0]).not.toContain(";");
});

test("a time that no kernel of this machine can reach has the peaks measured again, then claims nothing and costs nothing", async () => {
  const tooFast = { latency: latencyOf(2, 0.01) };
  const { records, calls } = await run(tooFast, { cost: { pricePerHour: 1 } });
  const record = completed(records[1]);
  expect(calls.filter((call) => call.endsWith(" peaks"))).toHaveLength(2);
  expect(record.latency?.[0]?.rejected).toMatch(/^this trial would have done 4000 GMAC\/s/);
  expect(record.latency?.[0]?.verdict).toMatch(/^no claim: /);
  expect(record.cost).toBeUndefined();
  // A peak that was measured in a busy hour does not cost a true result its claim.
  let times = 0;
  const slowFirst: Script["peaks"] = (input, die) => {
    const peaks = script.peaks(input, die);
    return times++ === 0 ? { ...peaks, floatMacs: 1e9, integerMacs: 1e9 } : peaks;
  };
  const recovered = await run({ peaks: slowFirst });
  expect(completed(recovered.records[1]).latency?.[0]?.rejected).toBeUndefined();
});

test("a profile or peaks that fail cost the reason, not the times, and are said once", async () => {
  for (const broken of [{ profile: () => died("profile") }, { peaks: () => died("peaks") }]) {
    const { records, remarks } = await run(broken);
    expect(records.map((record) => [record.status, "roofline" in record])).toEqual([
      ["completed", false],
      ["completed", false],
    ]);
    expect(remarks.map((remark) => remark.code)).toEqual(["speed-unexplained", "speed-unexplained"]);
    expect(renderDiagnostic(remarks[1] as (typeof remarks)[0], new Map())).toMatchInlineSnapshot(`
      "warning[speed-unexplained]: why dynamic is as fast as it is could not be measured: worker-died
           = hint: its times stand; only the roofline and the time by node are missing"
    `);
  }
});

test("a node that fell back to float has what it takes", async () => {
  const fallen = { node: "conv/Conv", ran: "Conv", reason: "no kernel" };
  const { records } = await run({
    trial: () => ({
      ...withWork,
      attestation: { ...evaluated.attestation, fallen: [fallen, { ...fallen, node: "x" }] },
    }),
  });
  expect(completed(records[1]).attestation.fallen).toEqual([
    { ...fallen, costMs: 0.9 },
    { ...fallen, node: "x" },
  ]);
});

test("a price makes money of the latency; expectations and the frame see it", async () => {
  const { records } = await run({}, { cost: { pricePerHour: 0.36 } });
  // 0.0001 a second, 1 ms for 4 samples.
  expect(completed(records[1]).cost).toEqual([
    {
      ...{ batch: 4, threads: 1, pricePerHour: 0.36 },
      perMillion: expect.closeTo(0.025, 9),
      baselinePerMillion: expect.closeTo(0.05, 9),
      saving: { value: 0.5, ci95: [0.5, 0.5] },
    },
  ]);
  const expectation = { scheme: "dynamic", comparison: ">=", value: 0.4, text: "dynamic.saving >= 40%" } as const;
  expect(evaluateExpectations([{ ...expectation, metric: "saving" }], records)[0]?.met).toBe(true);
  const { cost_per_million, saving, most_speedup, bound, why } = frameColumns(records);
  expect([cost_per_million?.[1], saving?.[1], most_speedup?.[1], bound?.[1], why?.[1]]).toEqual([
    expect.closeTo(0.025, 9),
    0.5,
    expect.closeTo(2 / 0.111, 9),
    "compute",
    expect.stringContaining("in float"),
  ]);
});

test("energy is joules of one sample; a machine without a counter says so once", async () => {
  const measured = await run({ energy: () => ({ joules: { baseline: 8, trial: 2 } }) }, { energy: true });
  expect(completed(measured.records[1]).energy).toEqual([
    { batch: 4, threads: 1, joulesPerInference: 0.5, baselineJoulesPerInference: 2 },
  ]);
  const without = await run({}, { energy: true });
  expect(without.records.map((record) => "energy" in record)).toEqual([false, false]);
  expect(without.remarks.map((remark) => renderDiagnostic(remark, new Map()))).toMatchInlineSnapshot(`
    [
      "warning[energy-unreadable]: this machine has no energy counter that can be read, so no energy is reported
         = hint: processors with RAPL count it; most systems let only their administrator read /sys/class/powercap/*/energy_uj",
    ]
  `);
});

// On a crowded machine recording costs more than the nodes take, and then no time by node is claimed: asked again.
const patient = { timeout: 120_000, retry: 2 };

test(
  "a real model in the real engine: the profile finds every layer in both arms, the integer kernels, and the work",
  patient,
  async () => {
    const plan = experimentOf([scheme("static", { samples: 32 })], {
      model: "digits-cnn",
      measures: { latency: [{ batch: 32, threads: 1 }], cost: { pricePerHour: 1 } },
    });
    // The times alone are scripted: no verdict of a test hangs on the clock, and it takes a tenth of the time.
    const tasks = {
      tune: async () => ({ optimization: "all" }) as const,
      latency: async () => latencyOf(2, 1)({} as Parameters<Script["latency"]>[0], () => {}),
      peaks: async () => script.peaks({ threads: 1, budgetMs: 1 }, () => {}),
    };
    const { records, report } = await runInjected(plan, { tasks });
    const record = completed(records[1]);
    const [line] = record.roofline ?? [];
    const layers = (nodes: readonly { readonly layer?: string }[] = []) =>
      [...new Set(nodes.flatMap(({ layer }) => layer ?? []))].sort();
    const products = ["conv_1", "conv_2", "dense_1", "dense_2"];
    expect(layers(line?.nodes.trial)).toEqual(expect.arrayContaining(products));
    expect(layers(line?.nodes.baseline)).toEqual(expect.arrayContaining(products));
    // conv_1, conv_2, dense_1 and dense_2 of 8 x 8 digits: 18432 + 1179648 + 131072 + 1280 for each of 32 samples.
    expect(line?.trial.macs).toBe(32 * 1330432);
    expect(line?.baseline.macs).toBe(32 * 1330432);
    expect(line?.trial.bytes).toBeLessThan((line?.baseline.bytes ?? 0) / 3);
    expect(line?.nodes.trial.some(({ operator }) => operator === "QLinearConv")).toBe(true);
    expect(line?.reason.length).toBeGreaterThan(20);
    expect(record.cost?.[0]?.perMillion).toBeCloseTo(1e6 / 32 / 3.6e6, 9);
    expect(report).not.toMatch(/NaN|Infinity|undefined/);
  },
);
