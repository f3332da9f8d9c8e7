import { isLoss, USUAL_BOUND } from "../measure/loss.js";
import { trialLabels } from "../plan/label.js";
import { accuracyOf } from "../results/metric.js";
import type { CompletedRecord, LatencyResult, TrialRecord } from "../results/record.js";
import { bytes, fixed, percent, plain, times } from "../results/units.js";
import { environmentNotes } from "./environments.js";
import { phaseText } from "./phases.js";
import { isSuspect } from "./remarks.js";
import { accuracyText, isBaseline, visible } from "./rows.js";

/** With fewer no loss below a tenth can be told from none, so "no measurable loss" would say nothing. */
const FEWEST_SAMPLES = 30;

interface Timed {
  readonly record: CompletedRecord;
  readonly result: LatencyResult;
}

/**
 * What a sweep shows, in sentences: the fastest trial that loses no accuracy, by how much and how sure; the
 * smallest one; and what stands in the way of believing it. That records come from different machines is said before all. Only attested, believed and executed times are claimed.
 */
export function summary(records: readonly TrialRecord[]): readonly string[] {
  const all = records.filter((record) => record.status === "completed");
  const trials = all.filter((record) => !isBaseline(record));
  const mixed = environmentNotes(records).map(({ text }) => `${text}.`);
  const madeUp = all.some(({ synthetic }) => synthetic) ? [MADE_UP] : [];
  if (trials.length === 0) return [...mixed, ...madeUp];
  const labels = trialLabels(records);
  const name = (record: CompletedRecord) => visible(labels.get(record.trial) ?? record.trial);
  const sentences = [
    ...mixed,
    ...madeUp,
    ...cacheSentence(all),
    speedSentence(trials, name),
    sizeSentence(trials, name),
    doubts(trials),
  ];
  return sentences.filter((sentence) => sentence !== "");
}

const MADE_UP =
  "The weights are random: speed, size and memory are those of a trained model of these sizes, and nothing here speaks of accuracy.";

/**
 * Of language models, whose decoding reads every weight once a token: where the weights lie. What fits the last-level cache
 * is read from there run after run, and its speedup over an fp32 that does not fit is not one of a model with more layers.
 */
function cacheSentence(all: readonly CompletedRecord[]): readonly string[] {
  const decoded = all.filter(({ latency = [] }) => latency.some(({ phase }) => phase === "decode"));
  const baseline = decoded.find(isBaseline);
  const cache = baseline?.manifest.environment.lastLevelCacheBytes;
  const float = baseline?.size?.bytes;
  if (cache === undefined || float === undefined || float <= cache) return [];
  const sizes = decoded.flatMap((record) => (isBaseline(record) ? [] : (record.size?.bytes ?? [])));
  const inside = sizes.filter((size) => size <= cache).length;
  const fits =
    inside === 0 ? "no trial's fit it" : `those of ${count(inside, "trial")} fit it, which adds to the speedup`;
  return [
    `fp32's weights are ${plain(Number((float / cache).toPrecision(2)))} times the last-level cache (${bytes(cache)}) and ${fits}.`,
  ];
}

type Name = (record: CompletedRecord) => string;

function speedSentence(trials: readonly CompletedRecord[], name: Name): string {
  const timed = trials.flatMap((record) => bestTime(record) ?? []);
  if (timed.length === 0) return "";
  const faster = timed.filter(({ result }) => / faster|^faster/.test(result.verdict) && result.speedup.ci95[0] > 1);
  const clean = faster.filter(({ record }) => !losesAccuracy(record));
  const [best, ...others] = bySpeed(clean);
  if (best) {
    const level = others.filter(({ result }) => result.speedup.ci95[1] >= best.result.speedup.ci95[0]);
    const tie =
      level.length === 0
        ? ""
        : `; ${together(level.map(({ record }) => name(record)))} ${level.length === 1 ? "is" : "are"} as fast within the intervals`;
    return `Fastest${lossless(trials)}: ${name(best.record)}, ${speedText(best)}${lossText(best.record)}${tie}.`;
  }
  const [lossy] = bySpeed(faster);
  if (lossy)
    return `Fastest: ${name(lossy.record)}, ${speedText(lossy)}, but it costs accuracy${lossText(lossy.record)}.`;
  const closest = bySpeed(timed)[0];
  const farthest = closest ? ` (closest: ${name(closest.record)}, ${times(closest.result.speedup.value)})` : "";
  return `No trial is measurably faster than fp32 here${farthest}.`;
}

/** The best of a trial's batch sizes that may be believed. */
function bestTime(record: CompletedRecord): Timed | undefined {
  if (!record.attestation.attested || record.scheme.execution === "simulated") return undefined;
  const results = (record.latency ?? []).filter(({ rejected }) => rejected === undefined);
  const [result] = [...results].sort((a, b) => b.speedup.value - a.speedup.value);
  return result && { record, result };
}

function bySpeed(timed: readonly Timed[]): readonly Timed[] {
  return [...timed].sort((a, b) => b.result.speedup.value - a.result.speedup.value);
}

/** Whether the drop, of a language model that of perplexity, is a loss. */
function losesAccuracy(record: CompletedRecord): boolean {
  const { accuracy } = record;
  const drop = accuracy?.metrics?.perplexity_increase ?? accuracy?.drop;
  return drop !== undefined && isLoss(drop, accuracyOf(record)?.name);
}

function speedText({ record, result }: Timed): string {
  const [low, high] = result.speedup.ci95;
  const several = (record.latency?.length ?? 0) > 1;
  const batch = several ? phaseText(result, " in ") || ` at batch ${result.batch}` : "";
  return `${times(result.speedup.value)} fp32's speed${batch} (${times(low).slice(0, -1)} to ${times(high).slice(0, -1)})`;
}

function lossText(record: CompletedRecord): string {
  const accuracy = accuracyOf(record);
  if (!accuracy || !record.accuracy) return "";
  const { value, ci95 } = record.accuracy.drop;
  const { show, unit } = accuracyText(record, accuracy);
  const what = {
    top1: "drop",
    agreement: "differs from fp32 on",
    relative_error: "error against fp32",
    mae: "error rises by",
    next_token: "next-token drop",
  }[accuracy.name];
  return `${perplexityText(record)}, ${what} ${show(value)}${unit} (${show(ci95[0])} to ${show(ci95[1])})`;
}

/** What a language model loses: its perplexity beside fp32's. */
function perplexityText({ accuracy }: CompletedRecord): string {
  const found = accuracy?.metrics?.perplexity_increase;
  if (!found) return "";
  const show = (x: number) => fixed(x * 100, 2);
  return `, perplexity ${found.value < 0 ? "" : "+"}${show(found.value)}% (${show(found.ci95[0])} to ${show(found.ci95[1])})`;
}

function sizeSentence(trials: readonly CompletedRecord[], name: Name): string {
  const kept = trials.filter((record) => record.size && !losesAccuracy(record));
  const sized = kept.some((record) => !isSuspect(record)) ? kept.filter((record) => !isSuspect(record)) : kept;
  const least = Math.min(...sized.map((record) => record.size?.bytes ?? Number.POSITIVE_INFINITY));
  const smallest = sized.filter((record) => record.size?.bytes === least);
  const [first] = smallest;
  if (!first?.size || first.size.ratio >= 1) return "";
  const mark = first.scheme.execution === "simulated" ? ", simulated" : "";
  const isPassed = trials.some((record) => losesAccuracy(record) && (record.size?.bytes ?? least) < least);
  const among = lossless(trials, isPassed);
  return `Smallest${among}: ${together(smallest.map(name))}, ${bytes(least)} (${percent(1 - first.size.ratio)} smaller${mark}).`;
}

/**
 * Said where accuracy was measured with enough samples that a loss could have been seen, or where one was.
 * A relative error is seen with one sample.
 */
function lossless(trials: readonly CompletedRecord[], isLossSeen = false): string {
  const measured = trials.flatMap((record) => accuracyOf(record) ?? []);
  if (measured.some(({ name }) => name === "relative_error")) return ` with an error below ${percent(USUAL_BOUND, 0)}`;
  return isLossSeen || measured.some(({ n }) => n >= FEWEST_SAMPLES) ? " without measurable loss" : "";
}

function doubts(trials: readonly CompletedRecord[]): string {
  const results = trials.flatMap(({ latency }) => latency ?? []);
  const suspect = trials.filter(isSuspect).length;
  const unresolved = trials.filter(({ accuracy }) => accuracy?.resolution?.resolved === false).length;
  const parts = [
    ...(results.some(({ quick }) => quick) ? ["times are of a quick run: a look, not a claim"] : []),
    ...(suspect > 0
      ? [`${count(suspect, "trial")} marked (!) ${suspect === 1 ? "needs" : "need"} a look at the notes`]
      : []),
    ...(unresolved > 0
      ? [`the test samples are too few to answer the question about accuracy for ${count(unresolved, "trial")}`]
      : []),
  ];
  const text = parts.join("; ");
  return text === "" ? "" : `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}

function together(names: readonly string[]): string {
  if (names.length <= 3) return names.join(", ");
  return `${names.slice(0, 2).join(", ")} and ${names.length - 2} others`;
}
