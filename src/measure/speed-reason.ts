import { operatorKind } from "./operator-kinds.js";
import type { MachinePeaks } from "./peaks.js";
import { bandwidthAt } from "./peaks.js";
import { type ArmRoofline, footprintBytes, type MeasuredArm } from "./roofline.js";

/** What a reason is given for. */
export interface SpeedFacts {
  readonly baseline: MeasuredArm & { readonly roofline: ArmRoofline };
  readonly trial: MeasuredArm & { readonly roofline: ArmRoofline };
  readonly peaks: MachinePeaks;
  /** The trial is fp32 itself: nothing of it could have run on integers. */
  readonly isBaseline: boolean;
  /** The measured speedup is above 1 with its whole interval. */
  readonly isFaster: boolean;
}

/** One part of the trial's time that keeps it from being faster. */
interface Cause {
  readonly ms: number;
  readonly text: string;
}

/** Below this share of the time nothing is named as the cause. */
const NOTABLE = 0.2;
/**
 * One sentence on why a trial is as fast as it is, by rules over measured figures: of all that keeps it from being faster
 * (the engine's overhead, products that stayed float, quantizing at borders, changes of layout, layers whose integer kernel
 * is slower, memory) that which takes most of its time, with its share; after a gain, where it came from first.
 */
export function speedReason(facts: SpeedFacts): string {
  const limit = limitOf(facts);
  const gain = facts.isFaster ? gainOf(facts) : undefined;
  return gain === undefined ? limit : `${gain}; ${limit}`;
}

function limitOf(facts: SpeedFacts): string {
  const { trial } = facts;
  const total = wholeMs(trial);
  const [largest] = [
    overheadCause(facts),
    memoryCause(facts),
    restCause(facts),
    ...(facts.isBaseline
      ? []
      : [
          floatCause(facts),
          kindCause(facts, "border", "quantizing and dequantizing between layers"),
          kindCause(facts, "layout", "changing the layout of values"),
          slowerCause(facts),
        ]),
  ]
    .filter((cause): cause is Cause => cause !== undefined && cause.ms / total >= NOTABLE)
    .sort((a, b) => b.ms - a.ms);
  return largest?.text ?? restOf(facts);
}

/** The measured median, or what the nodes and the engine's overhead come to where a busy machine stretched the profile. */
function wholeMs(arm: SpeedFacts["trial"]): number {
  return Math.max(arm.medianMs, arm.roofline.overheadMs + nodesMs(arm));
}

function nodesMs({ times }: MeasuredArm): number {
  return times.reduce((sum, { microseconds }) => sum + microseconds / 1000, 0);
}

function overheadCause({ baseline, trial, isBaseline }: SpeedFacts): Cause {
  const { overheadMs, nodes } = trial.roofline;
  const called = `the engine's overhead of a call and ${plural(nodes, "node")}, not arithmetic`;
  const most = baseline.medianMs / overheadMs;
  const bound = most < 10 && !isBaseline ? `: arithmetic that took no time would give ${times(most)}` : "";
  return { ms: overheadMs, text: `${percent(overheadMs / wholeMs(trial))} of its time is ${called}${bound}` };
}

function floatCause({ trial }: SpeedFacts): Cause | undefined {
  const float = trial.times.filter(({ operator }) => operatorKind(operator) === "float");
  if (float.length === 0) return undefined;
  const ms = nodesMs({ ...trial, times: float });
  const share = percent(ms / wholeMs(trial));
  const integer = trial.times.some(({ operator }) => operatorKind(operator) === "integer");
  const layers = layersOf(float);
  const named = layers.length === 0 ? plural(float.length, "product") : list(layers);
  const take = layers.length === 1 || float.length === 1 ? "takes" : "take";
  const text = integer
    ? `${named}, in float, ${take} ${share} of its time`
    : `no product ran on integers: ${named}, in float, ${take} ${share} of its time`;
  return { ms, text };
}

function kindCause({ baseline, trial }: SpeedFacts, kind: "border" | "layout", what: string): Cause {
  const of = (arm: MeasuredArm) => arm.times.filter(({ operator }) => operatorKind(operator) === kind);
  const ms = nodesMs({ ...trial, times: of(trial) });
  const before = kind === "layout" ? nodesMs({ ...baseline, times: of(baseline) }) : 0;
  return { ms: ms - before, text: `${what} takes ${percent(ms / wholeMs(trial))} of its time` };
}

/** Pooling, activations, softmax: what multiplies nothing stays as long as it is while products get faster. */
function restCause({ trial }: SpeedFacts): Cause | undefined {
  const rest = trial.times.filter(({ operator }) => operatorKind(operator) === "other");
  const [longest] = [...rest].sort((a, b) => b.microseconds - a.microseconds);
  if (!longest) return undefined;
  const ms = nodesMs({ ...trial, times: rest });
  const share = percent(ms / wholeMs(trial));
  const name = `${longest.layer ?? longest.node} (${longest.operator})`;
  const text =
    rest.length === 1
      ? `${name}, which multiplies nothing, takes ${share} of its time`
      : `${name} and ${plural(rest.length - 1, "other node")} that multiply nothing take ${share} of its time`;
  return { ms, text };
}

/** Milliseconds of each layer, in the order of the graph. */
function byLayer({ times }: MeasuredArm): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const { layer, microseconds } of times) {
    if (layer !== undefined) sums.set(layer, (sums.get(layer) ?? 0) + microseconds / 1000);
  }
  return sums;
}

/** A layer whose integer kernel takes clearly longer than its float one; the one that loses most stands for all. */
function slowerCause({ baseline, trial }: SpeedFacts): Cause | undefined {
  const before = byLayer(baseline);
  const integer = new Set(layersOf(trial.times.filter(({ operator }) => operatorKind(operator) === "integer")));
  const losing = [...byLayer(trial)]
    .map(([layer, ms]) => ({ layer, ms, was: before.get(layer) ?? 0 }))
    .filter(({ layer, ms, was }) => integer.has(layer) && was > 0 && ms > was * 1.2)
    .sort((a, b) => b.ms - b.was - (a.ms - a.was));
  const [worst] = losing;
  if (!worst) return undefined;
  const ms = losing.reduce((sum, each) => sum + each.ms - each.was, 0);
  const others = losing.length === 1 ? "" : `, and ${plural(losing.length - 1, "other layer")} longer too`;
  const text = `${worst.layer} takes ${times(worst.ms / worst.was)} as long as in float: its integer kernel is slower here${others}`;
  return { ms, text };
}

/** Both arms bound by memory, with their weights in the same level: fewer bytes alone gain little. */
function memoryCause({ baseline, trial, peaks, isBaseline }: SpeedFacts): Cause | undefined {
  if (trial.roofline.bound !== "memory") return undefined;
  const [before, now] = [footprintBytes(baseline.work), footprintBytes(trial.work)];
  const same = bandwidthAt(peaks, before) === bandwidthAt(peaks, now);
  const place = same && !isBaseline ? `of the same level of the memory as fp32's ${size(before)}` : "";
  const text = `reading ${size(now)} ${place}`.trim();
  return { ms: trial.roofline.leastMs, text: `${text} takes ${percent(trial.roofline.share)} of its time` };
}

function restOf({ trial }: SpeedFacts): string {
  const [longest] = [...trial.times].sort((a, b) => b.microseconds - a.microseconds);
  const reached = `at the measured peak its arithmetic would take ${percent(trial.roofline.share)} of its time`;
  if (!longest) return reached;
  const name = longest.layer ?? longest.node;
  const share = percent(longest.microseconds / 1000 / wholeMs(trial));
  return `no single part holds it back: ${name} (${longest.operator}) takes ${share} of its time; ${reached}`;
}

/** The layer that gained most, and whether weights moved to a faster level of the memory. */
function gainOf({ baseline, trial, peaks }: SpeedFacts): string | undefined {
  const after = byLayer(trial);
  const gains = [...byLayer(baseline)]
    .map(([layer, was]) => ({ layer, was, ms: after.get(layer) ?? 0 }))
    .filter(({ was, ms }) => was > ms && ms > 0)
    .sort((a, b) => b.was - b.ms - (a.was - a.ms));
  const [most] = gains;
  if (!most) return undefined;
  const moved = bandwidthAt(peaks, footprintBytes(trial.work)) > bandwidthAt(peaks, footprintBytes(baseline.work));
  const level = moved ? `, and its ${size(footprintBytes(trial.work))} now lie in a faster level of the memory` : "";
  return `${most.layer} takes ${milliseconds(most.ms)} instead of ${milliseconds(most.was)}${level}`;
}

function layersOf(nodes: MeasuredArm["times"]): readonly string[] {
  return [...new Set(nodes.flatMap(({ layer }) => layer ?? []))];
}

function list(names: readonly string[]): string {
  if (names.length <= 2) return names.join(" and ");
  return `${names[0]} and ${names.length - 1} other layers`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function percent(share: number): string {
  return `${Math.round(Math.min(share, 9.99) * 100)}%`;
}

function times(ratio: number): string {
  return `${ratio.toFixed(1)}x`;
}

function milliseconds(ms: number): string {
  return ms < 1 ? `${(ms * 1000).toFixed(ms < 0.01 ? 1 : 0)} us` : `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
}

function size(bytes: number): string {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}
