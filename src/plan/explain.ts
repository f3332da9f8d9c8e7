import type { Scheme } from "../quantize/scheme.js";
import type { Measures, Plan, SkippedTrial, View } from "./plan.js";

/** The matrix as text: what runs, what does not and why, what is measured and expected, and predicted bytes of weights. */
export function explainPlan(plan: Plan): string {
  const lines = [
    `experiment ${plan.experiment}`,
    `  model     ${plan.model.name} (${plan.model.format})`,
    `  data      ${plan.data.name} (${plan.data.reader}), seed ${plan.seed}`,
    `  measures  ${measured(plan.measures)}`,
    "",
    `runs ${plan.trials.length}:`,
    ...table(
      plan.trials.map(({ scheme, predictedBytes }) => [
        scheme.name,
        describeScheme(scheme),
        predictedBytes === undefined ? "" : `about ${byteText(predictedBytes)} of weights`,
      ]),
    ),
  ];
  if (plan.skipped.length > 0) lines.push("", `skips ${plan.skipped.length}:`);
  for (const [reason, skipped] of byReason(plan.skipped)) {
    const rows = table(skipped.map(({ scheme }) => [scheme.name, describeScheme(scheme)]));
    lines.push(`  ${reason}:`, ...rows.map((row) => `  ${row}`));
  }
  if (plan.expectations.length > 0) {
    lines.push("", "expects:", ...plan.expectations.map(({ text }) => `  ${text}`));
  }
  if (plan.views.length > 0) lines.push("", `shows: ${plan.views.map(viewText).join(", ")}`);
  return `${lines.join("\n")}\n`;
}

/** A scheme in the words of the language: `int8 per_channel, uint8 activations, percentile(99.9) of 256 samples, rtn`. */
export function describeScheme({ weights, activations, calibration, method, keep }: Scheme): string {
  const shared = weights?.granularity === "group" ? `group ${weights.group}` : weights?.granularity;
  const observer =
    calibration?.percentile === undefined ? calibration?.observer : `percentile(${calibration.percentile})`;
  return [
    ...(weights ? [`${weights.dtype} ${shared}`] : ["32-bit float"]),
    ...(activations ? [`${activations.dtype} activations`] : []),
    ...(calibration ? [`${observer} of ${calibration.samples} samples`] : []),
    ...(method && method !== "rtn" ? [method] : []),
    ...keptText(keep),
  ].join(", ");
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

function byReason(skipped: readonly SkippedTrial[]): Map<string, SkippedTrial[]> {
  const groups = new Map<string, SkippedTrial[]>();
  for (const each of skipped) groups.set(each.reason, [...(groups.get(each.reason) ?? []), each]);
  return groups;
}

function measured({ accuracy, latency, size, memory }: Measures): string {
  const timed = latency.map(({ batch, threads }) => `batch ${batch}${threads === 1 ? "" : ` on ${threads} threads`}`);
  return [
    ...(accuracy ? ["accuracy"] : []),
    ...(timed.length > 0 ? [`latency (${timed.join(", ")})`] : []),
    ...(size ? ["size"] : []),
    ...(memory ? ["memory"] : []),
  ].join(", ");
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
