import type { Scheme } from "../quantize/scheme.js";
import type { Measures, Plan, Trial, View } from "./plan.js";

/** The matrix as text: what runs, what does not and why, what is measured and expected, and predicted bytes of weights. */
export function explainPlan(plan: Plan): string {
  const executed = plan.trials.filter(({ simulated }) => simulated === undefined);
  const simulated = plan.trials.filter((trial) => trial.simulated !== undefined);
  const lines = [
    `experiment ${plan.experiment}`,
    `  model     ${plan.model.name} (${plan.model.format})`,
    `  data      ${plan.data.name} (${plan.data.reader}), seed ${plan.seed}`,
    `  measures  ${measured(plan.measures)}`,
    "",
    `runs ${executed.length}:`,
    ...table(executed.map(trialRow)),
  ];
  if (simulated.length > 0) {
    lines.push("", `simulates ${simulated.length} (accuracy and size are computed, nothing is timed):`);
  }
  for (const [reason, trials] of byReason(simulated, (trial) => trial.simulated ?? "")) {
    lines.push(`  ${reason}:`, ...table(trials.map(trialRow)).map((row) => `  ${row}`));
  }
  if (plan.skipped.length > 0) lines.push("", `skips ${plan.skipped.length}:`);
  for (const [reason, skipped] of byReason(plan.skipped, (skipped) => skipped.reason)) {
    const rows = table(skipped.map(({ scheme }) => [scheme.name, describeScheme(scheme)]));
    lines.push(`  ${reason}:`, ...rows.map((row) => `  ${row}`));
  }
  if (plan.expectations.length > 0) {
    lines.push("", "expects:", ...plan.expectations.map(({ text }) => `  ${text}`));
  }
  if (plan.views.length > 0) lines.push("", `shows: ${plan.views.map(viewText).join(", ")}`);
  return `${lines.join("\n")}\n`;
}

function trialRow({ scheme, predictedBytes }: Trial): readonly string[] {
  const bytes = predictedBytes === undefined ? "" : `about ${byteText(predictedBytes)} of weights`;
  return [scheme.name, describeScheme(scheme), bytes];
}

/** A scheme in the words of the language: `int8 per_channel, uint8 activations, percentile(99.9) of 256 samples, rtn`. */
export function describeScheme({ weights, activations, calibration, method, keep }: Scheme): string {
  const observer =
    calibration?.percentile === undefined ? calibration?.observer : `percentile(${calibration.percentile})`;
  return [
    weights ? weightsText(weights) : "32-bit float",
    ...(activations ? [activationsText(activations)] : []),
    ...(calibration ? [`${observer} of ${calibration.samples} samples`] : []),
    ...(method && method !== "rtn" ? [method] : []),
    ...keptText(keep),
  ].join(", ");
}

/** `int4 asymmetric group 32`, `fp16`. */
function weightsText({ dtype, granularity, group, symmetric }: NonNullable<Scheme["weights"]>): string {
  const symmetry = symmetric === undefined ? [] : [symmetric ? "symmetric" : "asymmetric"];
  const shared = granularity === "group" ? [`group ${group}`] : granularity === undefined ? [] : [granularity];
  return [dtype, ...symmetry, ...shared].join(" ");
}

function activationsText({ dtype, group }: NonNullable<Scheme["activations"]>): string {
  return `${dtype} activations${group === undefined ? "" : ` in groups of ${group}`}`;
}

const MOST_LAYERS = 3;

/** `conv_1 + conv_2 at fp32`, or the number of layers where there are many. */
function keptText(keep: Scheme["keep"]): string[] {
  const layersAt = new Map<string, string[]>();
  for (const [layer, precision] of Object.entries(keep)) {
    layersAt.set(precision, [...(layersAt.get(precision) ?? []), layer]);
  }
  return [...layersAt].map(([precision, layers]) => {
    const named = layers.length > MOST_LAYERS ? `${layers.length} layers` : layers.join(" + ");
    return `${named} at ${precision}`;
  });
}

function byReason<T>(items: readonly T[], reasonOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const each of items) groups.set(reasonOf(each), [...(groups.get(reasonOf(each)) ?? []), each]);
  return groups;
}

function measured({ accuracy, stopAtDrop, latency, size, memory, cost, energy }: Measures): string {
  const timed = latency.map(({ batch, threads, phase, context }) => {
    const of = phase === undefined ? "" : `${phase}${context === undefined ? "" : ` of context ${context}`}, `;
    return `${of}batch ${batch}${threads === 1 ? "" : ` on ${threads} threads`}`;
  });
  return [
    ...(accuracy ? [stopAtDrop === undefined ? "accuracy" : `accuracy (ends a trial ${dropText(stopAtDrop)})`] : []),
    ...(timed.length > 0 ? [`latency (${timed.join(", ")})`] : []),
    ...(size ? ["size"] : []),
    ...(memory ? ["memory"] : []),
    ...(cost ? [`cost (${Number(cost.pricePerHour.toPrecision(6))} an hour)`] : []),
    ...(energy ? ["energy"] : []),
  ].join(", ");
}

function dropText(share: number): string {
  return `once its drop is surely above ${Number((share * 100).toPrecision(6))}%`;
}

function viewText(view: View): string {
  if (view.kind === "pareto") return `pareto(${view.x}, ${view.y})`;
  return view.kind === "layers" ? `layers(${view.metric})` : view.kind;
}

function byteText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(2)} MB`;
}

/** Columns as wide as their widest cell, two spaces between; empty columns left out. */
function table(rows: readonly (readonly string[])[]): string[] {
  const columns = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0))) ?? [];
  return rows.map((row) => {
    const cells = row.flatMap((cell, i) => (columns[i] === 0 ? [] : [cell.padEnd(columns[i] ?? 0)]));
    return `  ${cells.join("  ")}`.trimEnd();
  });
}
