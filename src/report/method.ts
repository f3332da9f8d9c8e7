import { median } from "../measure/statistics.js";
import { accuracyOf } from "../results/metric.js";
import type { CompletedRecord, LatencyResult } from "../results/record.js";
import { bytes, fixed, milliseconds, percent } from "../results/units.js";
import { environmentNotes } from "./environments.js";
import { gapSentence, stepText } from "./gap.js";
import type { Note } from "./notes.js";
import type { Report } from "./report.js";
import { visible } from "./rows.js";

/** How the figures were got: one sentence each. */
export function methodNotes({ records, here }: Report): readonly Note[] {
  const completed = records.filter((record) => record.status === "completed");
  const first = completed[0];
  if (first === undefined) return [];
  const notes = [
    accuracyMethod(completed),
    simulatedMethod(completed),
    speedMethod(completed),
    memoryMethod(completed),
    costMethod(completed),
    parityNote(first),
    gapNote(completed),
    formsNote(completed),
    machineNote(first),
    // That records are of different machines stands above the table: summary.ts.
    ...environmentNotes(records, here).filter(({ label }) => label !== "mixed"),
  ];
  return notes.flatMap((note) => note ?? []);
}

function accuracyMethod(completed: readonly CompletedRecord[]): Note | undefined {
  const accuracy = completed.map(accuracyOf).find((found) => found !== undefined);
  if (!accuracy) return undefined;
  const what = {
    top1: "drop compares the same samples with fp32",
    agreement: "no labels: top outputs are compared with fp32",
    relative_error:
      "no labels, and outputs that are no probabilities: the error is the root mean square difference from fp32's output as a share of that output's own, mean over samples",
    mae: "increase compares the same samples with fp32",
    next_token:
      "perplexity is of all their next tokens; increase and drop compare the same sequences with fp32, and all intervals resample whole sequences, as tokens of one depend on each other",
  }[accuracy.name];
  const samples = count(accuracy.n, accuracy.name === "next_token" ? "test sequence" : "test sample");
  return { label: "accuracy", text: `${samples}, 95% intervals; ${what}` };
}

function speedMethod(completed: readonly CompletedRecord[]): Note | undefined {
  const all = completed.flatMap((record) => record.latency ?? []);
  const [first] = all;
  if (!first) return undefined;
  const controls = all.map(({ control }) => control.value);
  const farthest = controls.reduce((far, value) => (Math.abs(Math.log(value)) > Math.abs(Math.log(far)) ? value : far));
  const processes = range(all.map((result) => result.processes));
  const pairs = range(all.map((result) => result.pairs));
  const setting = sameSetting(all) ? `batch ${first.batch}, ${count(first.threads, "thread")}, ` : "";
  return {
    label: "speed",
    text:
      `${all.some(({ quick }) => quick) ? "QUICK RUN, few samples: a look, not a claim; " : ""}over fp32 on the same engine, ${setting}${pairs} interleaved pairs in ${processes} fresh processes; ` +
      `fp32 against itself at worst ${fixed(farthest, 3)}x${driftText(all)}`,
  };
}

function settingText({ batch, threads, phase, context }: LatencyResult): string {
  return [batch, threads, phase, context].join(" ");
}

/** Times of fp32 further apart than this are said: what stands in one column was measured on a machine of two speeds. */
const DRIFT = 1.1;

/** Each trial is timed beside an fp32 of its own, and a shared machine is not as fast each time. */
function driftText(all: readonly LatencyResult[]): string {
  const settings = new Set(all.map(settingText));
  const apart = [...settings]
    .map((setting) => all.filter((result) => settingText(result) === setting))
    .map((own) => own.map(({ baselineMs }) => baselineMs))
    .map((times) => ({ least: Math.min(...times), most: Math.max(...times) }))
    .filter(({ least, most }) => most > least * DRIFT);
  const [widest] = apart.toSorted((a, b) => b.most / b.least - a.most / a.least);
  if (!widest) return "";
  return `; fp32 took ${milliseconds(widest.least)} to ${milliseconds(widest.most)} ms beside different trials, so compare by speedup, not by ms or cost`;
}

function memoryMethod(completed: readonly CompletedRecord[]): Note | undefined {
  const engine = completed.flatMap(({ memory }) => memory?.engineBytes ?? []);
  if (engine.length === 0) return undefined;
  const typical = bytes(median(engine));
  return {
    label: "memory",
    text: `peak of a fresh process, batch 1; about ${typical} of it is Node and the engine before the model is loaded`,
  };
}

function simulatedMethod(completed: readonly CompletedRecord[]): Note | undefined {
  const simulated = completed.filter(({ scheme }) => scheme.execution === "simulated").length;
  if (simulated === 0) return undefined;
  return {
    label: "simulated",
    text: `${count(simulated, "trial")} without a kernel here: values rounded as the format says in float arithmetic; accuracy and size alone, never timed`,
  };
}

function costMethod(completed: readonly CompletedRecord[]): Note | undefined {
  const all = completed.flatMap(({ cost = [] }) => cost);
  const [first] = all;
  if (!first) return undefined;
  return {
    label: "cost",
    text: `of a million samples at ${first.pricePerHour} an hour for the whole machine, one inference at a time`,
  };
}

/** The same schemes in QDQ form; what disagrees is a remark of its trial. */
function formsNote(completed: readonly CompletedRecord[]): Note | undefined {
  const checks = completed.flatMap(({ attestation }) => attestation.crossCheck ?? []);
  if (checks.length === 0) return undefined;
  const agree = checks.filter(({ disagreement }) => disagreement === undefined).length;
  const same = checks.flatMap(({ sameTop }) => sameTop ?? []);
  const least = Math.min(...same);
  const farthest = Math.max(...checks.map(({ maxSteps }) => maxSteps));
  const how =
    same.length === 0
      ? farthest === 0
        ? "equal to the bit on all of"
        : `outputs at most ${stepText(farthest)} steps of 1/255 apart over`
      : least === 1
        ? "the same answer on all of"
        : `the same answer on at least ${percent(least)} of`;
  return {
    label: "forms",
    text: `${agree} of ${count(checks.length, "trial")} checked give the same in QDQ form (${how} ${range(checks.map(({ samples }) => samples))} samples)`,
  };
}

function sameSetting(all: readonly LatencyResult[]): boolean {
  return new Set(all.map(({ batch, threads }) => `${batch} ${threads}`)).size === 1;
}

function range(values: readonly number[]): string {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return low === high ? String(low) : `${low}–${high}`;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}

function parityNote({ parity }: CompletedRecord): Note | undefined {
  if (!parity) return undefined;
  const error = parity.maxRelativeError === 0 ? "0" : parity.maxRelativeError.toExponential(1);
  return {
    label: "parity",
    text: `${parity.of === "given" ? "the quantized model as it was read" : "fp32"} differs from ${visible(parity.reference)} by at most ${error} (relative, ${count(parity.samples, "sample")})`,
  };
}

function gapNote(completed: readonly CompletedRecord[]): Note | undefined {
  const text = gapSentence(completed);
  return text === undefined ? undefined : { label: "gap", text };
}

function machineNote({ manifest: { environment } }: CompletedRecord): Note {
  const { cpu, cores, cpuFlags, engine, node } = environment;
  const notable = cpuFlags.filter((flag) => /vnni|amx|i8mm|asimddp|^avx2$|^avx512f$/.test(flag));
  const flags = notable.length > 0 ? ` (${notable.join(" ")})` : "";
  return { label: "machine", text: visible(`${cpu}, ${count(cores, "core")}${flags}; ${engine}, node ${node}`) };
}
