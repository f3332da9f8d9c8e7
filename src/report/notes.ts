import { words } from "../base/diagnostic.js";
import { median } from "../measure/statistics.js";
import { trialLabels } from "../results/label.js";
import { accuracyOf } from "../results/metric.js";
import type { CompletedRecord, FailedRecord, LatencyResult, TrialRecord } from "../results/record.js";
import { bytes, fixed } from "../results/units.js";
import { gapRemarks, gapSentence } from "./gap.js";
import type { Report } from "./report.js";
import { isBaseline, visible } from "./rows.js";

/** A remark on one trial. */
export interface Note {
  readonly label: string;
  readonly text: string;
}

/** What must be said of completed trials: kernels that did not run as planned, and speeds that are no gain. */
export function trialNotes(records: readonly TrialRecord[]): readonly Note[] {
  const labels = trialLabels(records);
  return records.flatMap((record) => {
    if (record.status !== "completed" || isBaseline(record)) return [];
    const label = visible(labels.get(record.trial) ?? record.trial);
    return [...attestationNotes(record), ...gapRemarks(record), ...speedNotes(record)].map((text) => ({
      label,
      text: visible(text),
    }));
  });
}

function attestationNotes({ attestation }: CompletedRecord): readonly string[] {
  return attestation.attested ? [] : [`(!) not everything ran as integers: ${attestation.reason}`];
}

function speedNotes({ latency = [] }: CompletedRecord): readonly string[] {
  const threadsDiffer = new Set(latency.map(({ threads }) => threads)).size > 1;
  const setting = ({ batch, threads }: LatencyResult) =>
    threadsDiffer ? `batch ${batch}, ${count(threads, "thread")}` : `batch ${batch}`;
  return latency
    .filter(({ verdict }) => !/^[\d.]+x faster$/.test(verdict))
    .map((result) => (latency.length > 1 ? `${setting(result)}: ${result.verdict}` : result.verdict));
}

/** Failed trials; those that failed for one and the same reason together. */
export function failedNotes(records: readonly TrialRecord[]): readonly Note[] {
  const labels = trialLabels(records);
  const byText = new Map<string, string[]>();
  for (const record of records) {
    if (record.status !== "failed") continue;
    const text = failureText(record);
    const label = visible(labels.get(record.trial) ?? record.trial);
    byText.set(text, [...(byText.get(text) ?? []), label]);
  }
  const trials = records.filter(({ status }) => status !== "skipped").length;
  return [...byText].flatMap(([text, failed]) =>
    failed.length === trials && trials > 1
      ? [{ label: `all ${trials} trials`, text }]
      : failed.map((label) => ({ label, text })),
  );
}

/** The stage and the words; a record of another version may carry its words and a code that is not known here. */
function failureText({ stage, diagnostic }: FailedRecord): string {
  const stored = diagnostic as { readonly message?: unknown; readonly hint?: unknown };
  const { message, hint } =
    typeof stored.message === "string" ? { message: stored.message, hint: stored.hint } : words(diagnostic);
  return visible(`${stage}: ${message}${typeof hint === "string" ? ` (${hint})` : ""}`);
}

/** Skipped cells, those with the same reason together. */
export function skippedNotes(records: readonly TrialRecord[]): readonly Note[] {
  const labels = trialLabels(records);
  return records.flatMap((record) =>
    record.status === "skipped"
      ? [{ label: visible(labels.get(record.trial) ?? record.trial), text: visible(record.reason) }]
      : [],
  );
}

/** How the figures were got: one sentence each. */
export function methodNotes({ records }: Report): readonly Note[] {
  const completed = records.filter((record) => record.status === "completed");
  const first = completed[0];
  if (first === undefined) return [];
  const notes = [
    accuracyMethod(completed),
    speedMethod(completed),
    memoryMethod(completed),
    parityNote(first),
    gapNote(completed),
    machineNote(first),
  ];
  return notes.flatMap((note) => note ?? []);
}

function accuracyMethod(completed: readonly CompletedRecord[]): Note | undefined {
  const accuracy = completed.map(accuracyOf).find((found) => found !== undefined);
  if (!accuracy) return undefined;
  const what = {
    top1: "drop compares the same samples with fp32",
    agreement: "no labels: top outputs are compared with fp32",
    mae: "increase compares the same samples with fp32",
  }[accuracy.name];
  return { label: "accuracy", text: `${count(accuracy.n, "test sample")}, 95% intervals; ${what}` };
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
      `fp32 against itself at worst ${fixed(farthest, 3)}x`,
  };
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

function parityNote({ parity }: CompletedRecord): Note {
  const error = parity.maxRelativeError === 0 ? "0" : parity.maxRelativeError.toExponential(1);
  return {
    label: "parity",
    text: `fp32 differs from ${visible(parity.reference)} by at most ${error} (relative, ${count(parity.samples, "sample")})`,
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
