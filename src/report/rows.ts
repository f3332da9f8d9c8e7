import { isLoss } from "../measure/loss.js";
import { sameSetting } from "../measure/setting.js";
import { trialLabels } from "../plan/label.js";
import { accuracyOf, type NamedAccuracy } from "../results/metric.js";
import type { CompletedRecord, Estimate, LatencyResult, TrialRecord } from "../results/record.js";
import { bytes, errorPercent, fixed, milliseconds, percent, percentDigits, plain, times } from "../results/units.js";
import type { Cell, Column, Tone } from "./columns.js";
import { phaseText } from "./phases.js";
import { isSuspect } from "./remarks.js";

/** One row of the table: a completed trial at one batch size. */
export interface Row {
  readonly label: string;
  readonly record: CompletedRecord;
  readonly latency: LatencyResult | undefined;
  /** False for the further batch sizes of a trial, which repeat nothing. */
  readonly first: boolean;
}

/** Rows of the completed trials, in the order of the records, one for each batch size. @param among the records that labels tell apart */
export function tableRows(records: readonly TrialRecord[], among: readonly TrialRecord[] = records): readonly Row[] {
  const labels = trialLabels(among);
  return records.flatMap((record) => {
    if (record.status !== "completed") return [];
    const label = rowLabel(labels.get(record.trial) ?? record.trial, record);
    const latencies = record.latency?.length ? record.latency : [undefined];
    return latencies.map((latency, i) => ({ label, record, latency, first: i === 0 }));
  });
}

/** Marks what the reader must know before believing a row; the notes below the table say more. */
function rowLabel(label: string, record: CompletedRecord): string {
  const marks = [record.scheme.execution === "simulated" ? "(simulated)" : "", isSuspect(record) ? "(!)" : ""];
  return [visible(label), ...marks.filter((mark) => mark !== "")].join(" ");
}

/** Text of the user's without control and direction characters, which could rewrite the terminal or the line. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, " ").trim();
}

/** Rows with the same batch and threads throughout need no column for them. */
export function variesInBatch(rows: readonly Row[]): boolean {
  return new Set(rows.flatMap(({ latency }) => (latency ? `${latency.batch} ${latency.threads}` : []))).size > 1;
}

const accuracyHeaders = {
  top1: "top-1",
  agreement: "same as fp32",
  relative_error: "error vs fp32",
  mae: "mean error",
  next_token: "next token",
} as const;

/** Accuracy, its drop and the flips: the columns that were measured. Records of one experiment may differ in their metric by age. */
export function accuracyColumns(rows: readonly Row[]): readonly Column[] {
  const completed = rows.map(({ record, first }) => (first ? record : undefined));
  const names = new Set(completed.flatMap((record) => (record && accuracyOf(record)?.name) ?? []));
  const columns = [
    ...perplexityColumns(completed),
    ...[...names].map((name) => ({
      header: accuracyHeaders[name],
      cells: completed.map((record) => record && accuracyCell(record, name)),
    })),
    { header: names.has("mae") ? "increase" : "drop", cells: completed.map((record) => record && dropCell(record)) },
    // Of next tokens thousands flip between equal answers, and no one tells them apart.
    {
      header: "flips",
      cells: completed.map((record) => (record && !names.has("next_token") ? flipsCell(record) : undefined)),
    },
  ];
  return columns.filter(hasCells);
}

/** Of language models: perplexity, and its increase over fp32. */
function perplexityColumns(completed: readonly (CompletedRecord | undefined)[]): readonly Column[] {
  if (completed.every((record) => record?.accuracy?.nextToken === undefined)) return [];
  return [
    { header: "perplexity", cells: completed.map((record) => record && perplexityCell(record)) },
    { header: "increase", cells: completed.map((record) => record && increaseCell(record)) },
  ];
}

function perplexityCell({ accuracy }: CompletedRecord): Cell | undefined {
  const found = accuracy?.metrics?.perplexity;
  if (!found) return undefined;
  const show = (x: number) => plain(Number(x.toPrecision(4)));
  return { value: text(show(found.value)), detail: text(`${show(found.ci95[0])}–${show(found.ci95[1])}`, "dim") };
}

/** Red where the whole interval lies above 0. */
function increaseCell(record: CompletedRecord): Cell | undefined {
  const found = record.accuracy?.metrics?.perplexity_increase;
  if (!found || isBaseline(record)) return undefined;
  const [low, high] = found.ci95;
  return {
    value: text(percent(found.value, 2), low > 0 ? "bad" : "none"),
    detail: text(`${fixed(low * 100, 2)} to ${fixed(high * 100, 2)}`, "dim"),
  };
}

/** How a record's accuracy and drop are written: shares of samples with as many decimals as the samples, or next tokens, tell apart. */
export function accuracyText(
  { accuracy }: CompletedRecord,
  { name, isShare, n }: NamedAccuracy,
): { readonly show: (value: number) => string; readonly unit: "%" | "" } {
  if (!isShare) return { show: plain, unit: "" };
  if (name === "relative_error") return { show: errorPercent, unit: "%" };
  const digits = percentDigits(accuracy?.tokens ?? n);
  return { show: (share) => fixed(share * 100, digits), unit: "%" };
}

/** Batch where it varies, phase, speedup and milliseconds; of phases of a language model tokens a second. */
export function speedColumns(rows: readonly Row[]): readonly Column[] {
  const latencies = rows.map(({ latency }) => latency);
  const batch: Column = {
    header: latencies.some((latency) => latency && latency.threads > 1) ? "batch/threads" : "batch",
    cells: latencies.map((latency) => latency && { value: text(batchText(latency, rows)) }),
  };
  const columns: readonly Column[] = [
    ...(variesInBatch(rows) ? [batch] : []),
    { header: "phase", cells: latencies.map((latency) => latency?.phase && { value: text(phaseText(latency)) }) },
    {
      header: "speedup",
      cells: rows.map(({ latency, record }) => (latency ? speedupCell(latency) : untimedCell(record, rows))),
    },
    { header: "ms", cells: latencies.map((latency) => latency && { value: text(milliseconds(latency.medianMs)) }) },
    { header: "tokens/s", cells: latencies.map((latency) => latency && tokensCell(latency)) },
  ];
  return columns.filter(hasCells);
}

function tokensCell({ tokensPerSecond }: LatencyResult): Cell | undefined {
  return tokensPerSecond === undefined ? undefined : { value: text(plain(Number(tokensPerSecond.toPrecision(3)))) };
}

function batchText({ batch, threads }: LatencyResult, rows: readonly Row[]): string {
  return rows.some(({ latency }) => latency && latency.threads > 1) ? `${batch}/${threads}` : String(batch);
}

/** Size and memory. */
export function resourceColumns(rows: readonly Row[]): readonly Column[] {
  const completed = rows.map(({ record, first }) => (first ? record : undefined));
  const columns: readonly Column[] = [
    { header: "size", cells: completed.map((record) => record && sizeCell(record)) },
    {
      header: "memory",
      cells: completed.map((record) => record?.memory && { value: text(bytes(record.memory.peakBytes)) }),
    },
    { header: "cost", cells: rows.map(costCell) },
    { header: "energy", cells: rows.map(energyCell) },
  ];
  return columns.filter(hasCells);
}

/** Money for a million samples, and the share that is saved. */
function costCell({ record, latency }: Row): Cell | undefined {
  const found = latency && record.cost?.find((cost) => sameSetting(cost, latency));
  if (!found) return undefined;
  const value = text(plain(Number(found.perMillion.toPrecision(3))));
  return isBaseline(record) ? { value } : { value, detail: text(percentChange(-found.saving.value), "dim") };
}

function energyCell({ record, latency }: Row): Cell | undefined {
  const found = latency && record.energy?.find((energy) => sameSetting(energy, latency));
  if (!found) return undefined;
  const value = text(`${plain(Number((found.joulesPerInference * 1000).toPrecision(3)))} mJ`);
  if (isBaseline(record)) return { value };
  return { value, detail: text(percentChange(found.joulesPerInference / found.baselineJoulesPerInference - 1), "dim") };
}

function percentChange(change: number): string {
  const shown = fixed(change * 100, 1);
  return `${shown.startsWith("-") ? "" : "+"}${shown}%`;
}

function hasCells({ cells }: Column): boolean {
  return cells.some((cell) => cell !== undefined);
}

function text(value: string, tone: Tone = "none") {
  return { text: value, tone };
}

/** A relative error is its own drop, so it is red as that would be. */
function accuracyCell(record: CompletedRecord, name: NamedAccuracy["name"]): Cell | undefined {
  const accuracy = accuracyOf(record);
  if (accuracy?.name !== name) return undefined;
  const { value, ci95 } = accuracy;
  const { show, unit } = accuracyText(record, accuracy);
  if (name === "relative_error" && isBaseline(record)) return { value: text(`${show(value)}${unit}`) };
  return {
    value: text(`${show(value)}${unit}`, name === "relative_error" && isLoss(accuracy, name) ? "bad" : "none"),
    detail: text(`${show(ci95[0])}–${show(ci95[1])}`, "dim"),
  };
}

/** Drops that another column gives: without labels that is the share of flips, or the error itself. */
const ownDrops: ReadonlySet<NamedAccuracy["name"]> = new Set(["agreement", "relative_error"]);

/** The drop of a quantized trial; red where it is a loss. */
function dropCell(record: CompletedRecord): Cell | undefined {
  const accuracy = accuracyOf(record);
  if (!accuracy || !record.accuracy || ownDrops.has(accuracy.name) || isBaseline(record)) return undefined;
  const { drop } = record.accuracy;
  const { show, unit } = accuracyText(record, accuracy);
  return {
    value: text(`${show(drop.value)}${unit}`, isLoss(drop, accuracy.name) ? "bad" : "none"),
    detail: text(`${show(drop.ci95[0])} to ${show(drop.ci95[1])}`, "dim"),
  };
}

function flipsCell(record: CompletedRecord): Cell | undefined {
  const flips = record.accuracy?.flips;
  return flips === undefined || isBaseline(record) ? undefined : { value: text(String(flips)) };
}

/** A simulated trial has no speed, and says so where others have one. */
function untimedCell({ scheme }: CompletedRecord, rows: readonly Row[]): Cell | undefined {
  const isTold = scheme.execution === "simulated" && rows.some(({ latency }) => latency !== undefined);
  return isTold ? { value: text("simulated", "dim") } : undefined;
}

function speedupCell({ speedup, verdict, rejected }: LatencyResult): Cell {
  if (rejected !== undefined) return { value: text("rejected", "bad") };
  const [low, high] = speedup.ci95;
  return {
    value: text(times(speedup.value), speedTone(speedup, verdict)),
    detail: text(`${times(low).slice(0, -1)}–${times(high).slice(0, -1)}`, "dim"),
  };
}

/** Coloured only where the verdict makes a claim. */
function speedTone({ value }: Estimate, verdict: string): Tone {
  if (/^no (measurable difference|claim)/.test(verdict)) return "dim";
  return value > 1 ? "good" : "bad";
}

function sizeCell(record: CompletedRecord): Cell | undefined {
  if (!record.size) return undefined;
  const value = text(bytes(record.size.bytes));
  return isBaseline(record) ? { value } : { value, detail: text(percentChange(record.size.ratio - 1), "dim") };
}

/** Whether a record is the float model that the others are compared with. */
export function isBaseline({ scheme }: TrialRecord): boolean {
  return scheme.mode === "fp32";
}
