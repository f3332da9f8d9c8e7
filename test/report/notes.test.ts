import { describe, expect, test } from "vitest";
import { trialNotes } from "../../src/report/notes.js";
import { renderTable } from "../../src/report/table.js";
import type { CompletedRecord, LatencyResult } from "../../src/results/record.js";
import { completed } from "../results/fixtures/records.js";
import { latency } from "./fixtures/sweep.js";

const trial = (name: string, more: Partial<CompletedRecord>): CompletedRecord => {
  const record = completed(name, more);
  return { ...record, scheme: { ...record.scheme, name } };
};
const timed = (remarks: readonly string[], more: Partial<LatencyResult> = {}) => ({
  ...latency(1, 2, [1.9, 2.1], "2.00x faster"),
  conditions: { discarded: { blocks: 0, of: 10 }, remarks },
  ...more,
});
const drop = { value: 0, ci95: [-0.01, 0.02] as const };

describe("remarks on trials", () => {
  test("that several have in common are one, with the range of the numbers that differ", () => {
    const busy = (share: number) => timed([`other processes used ${share}% of this machine meanwhile`]);
    const records = [
      trial("a", { latency: [busy(48)] }),
      trial("b", { latency: [busy(12)] }),
      trial("c", { latency: [timed([])] }),
    ];
    expect(trialNotes(records)).toEqual([
      { label: "a, b", text: "other processes used 12–48% of this machine meanwhile" },
    ]);
    expect(trialNotes([...records.slice(0, 2), trial("c", { latency: [busy(9)] })])).toEqual([
      { label: "all 3 trials", text: "other processes used 9–48% of this machine meanwhile" },
    ]);
  });

  test("begin with what no figure must be believed without", () => {
    const notes = trialNotes([
      trial("slow", { latency: [timed([], { verdict: "slower than fp32: 0.50x" })] }),
      trial("leaky", {
        calibration: {
          samples: 16,
          leaked: 2,
          leaks: [{ calibration: 4, test: 90 }],
          classes: { total: 10, missing: ["7"] },
        },
      }),
      trial("fast", { latency: [timed([], { rejected: "faster than this machine's peak" })] }),
      trial("fallen", {
        attestation: {
          ...{
            integerNodes: 0,
            floatNodes: 2,
            attested: false,
            reason: "2 of 2 planned integer nodes did not run as integer",
          },
          fallen: ["a", "b"].map((node) => ({
            node,
            layer: node,
            ran: "Conv in float",
            reason: "it has a group",
            costMs: 0.5,
          })),
        },
      }),
    ]);
    expect(notes.map(({ label, text }) => `${label}: ${text}`)).toEqual([
      "leaky: (!) calibration leak: 2 of 16 calibration samples are in the test split too (row 4 equals test row 90); accuracy may flatter",
      "fast: (!) time rejected: faster than this machine's peak",
      "fallen: (!) not everything ran as integers: 2 of 2 planned integer nodes did not run as integer",
      'fallen: (!) "a", "b": Conv in float, because it has a group; 1.00 ms of a run',
      "slow: slower than fp32: 0.50x",
      'leaky: calibration saw no sample of "7" (1 of 10 classes)',
    ]);
  });

  test("say what is unresolved, and that an evaluation ended early", () => {
    const accuracy = {
      ...{ top1: { value: 0.9, ci95: [0.8, 1] as const, n: 50 }, drop },
      resolution: { question: "drop < 1%", resolved: false, needed: 820 },
      stopped: { after: 50, of: 360, reason: "the drop is above 20%" },
    };
    expect(trialNotes([trial("a", { accuracy })]).map(({ text }) => text)).toEqual([
      "stopped early after 50 of 360 samples: the drop is above 20%",
      '"drop < 1%" is unresolved: about 820 test samples would tell',
    ]);
  });
});

test("a simulated trial and a rejected time are unmistakable in the table", () => {
  const simulated = trial("fp8", {});
  const records = [
    trial("int8", { latency: [timed([], { rejected: "faster than this machine's peak" })] }),
    {
      ...simulated,
      scheme: { ...simulated.scheme, execution: "simulated" as const },
      attestation: { integerNodes: 0, floatNodes: 0, attested: false, reason: "simulated: no kernel" },
    },
  ];
  const text = renderTable({ experiment: "e", model: "m", data: "d", records });
  expect(text.split("\n").slice(2, 6)).toMatchInlineSnapshot(`
    [
      " scheme             speedup    ms",
      " ────────────────────────────────",
      " int8 (!)          rejected  1.00",
      " fp8 (simulated)  simulated",
    ]
  `);
  expect(text).not.toContain("not everything ran as integers");
});
