import { accuracyOf } from "../results/metric.js";
import type { CompletedRecord, Estimate, LatencyResult } from "../results/record.js";
import { bytes, fixed, metricText, milliseconds, percent, plain, times } from "../results/units.js";
import { stepText } from "./gap.js";
import type { Note } from "./notes.js";
import { settingOf } from "./remarks.js";
import { visible } from "./rows.js";

/** Everything that a record says of its trial and the table has no room for; a name and a sentence each. */
export function trialFacts(record: CompletedRecord): readonly Note[] {
  const facts = [
    ...accuracyFacts(record),
    ...speedFacts(record),
    ...engineFacts(record),
    ...rangeFacts(record),
    ...resourceFacts(record),
    fact("trial", record.trial),
  ];
  return facts.map(({ label, text }) => ({ label, text: visible(text) }));
}

function fact(label: string, text: string): Note {
  return { label, text };
}

/** Said of an interval that may hold the truth less often than it promises. */
const NARROW = "; a few samples decide it, so the interval may be too narrow";

function accuracyFacts(record: CompletedRecord): readonly Note[] {
  const { accuracy, split } = record;
  const main = accuracyOf(record);
  if (!accuracy || !main) return [];
  const { metrics = {}, divergence = {}, discordant, resolution, stopped } = accuracy;
  const further = [
    ...Object.entries(metrics).map(([name, value]) => [name as keyof typeof metrics, value] as const),
    ["same_top", divergence.sameTop] as const,
    ["kl", divergence.kl] as const,
    ["cosine", divergence.cosine] as const,
  ];
  const isShare = main.isShare;
  return [
    ...further.flatMap(([name, value]) =>
      value
        ? [
            fact(
              name.replaceAll("_", " "),
              `${interval(value, (x) => metricText(name, x, isShare))}${value.narrow ? NARROW : ""}`,
            ),
          ]
        : [],
    ),
    ...(discordant
      ? [
          fact(
            "McNemar",
            `${discordant.lost} lost, ${discordant.gained} gained${discordant.p === undefined ? "" : `, p ${plain(Number(discordant.p.toPrecision(2)))}`}`,
          ),
        ]
      : []),
    ...(resolution
      ? [
          fact(
            "question",
            `${resolution.question}: ${resolution.resolved ? "resolved" : `unresolved${resolution.needed ? `, needs about ${resolution.needed} samples` : ""}`}`,
          ),
        ]
      : []),
    ...(stopped ? [fact("stopped", `after ${stopped.after} of ${stopped.of} samples: ${stopped.reason}`)] : []),
    ...(split ? [fact("split", splitText(split))] : []),
  ];
}

function splitText({ weightsOnly, activationsOnly, samples }: NonNullable<CompletedRecord["split"]>): string {
  const decibels = (sqnrDb: number | null) => (sqnrDb === null ? "exact" : `${fixed(sqnrDb, 1)} dB`);
  const activations = activationsOnly ? `, activations alone ${decibels(activationsOnly.sqnrDb)}` : "";
  return `weights alone ${decibels(weightsOnly.sqnrDb)}${activations} (SQNR of the output, ${samples} samples)`;
}

function interval({ value, ci95 }: Estimate, show: (x: number) => string): string {
  return `${show(value)} (${show(ci95[0])} to ${show(ci95[1])})`;
}

function speedFacts({ latency = [], roofline = [], cost = [], energy = [] }: CompletedRecord): readonly Note[] {
  const labelled = (name: string, result: Pick<LatencyResult, "batch" | "threads">) => {
    const setting = settingOf(result as LatencyResult, latency).replace(/: $/, "");
    return setting === "" ? name : `${name}, ${setting}`;
  };
  return [
    ...latency.flatMap((result) => [
      fact(labelled("speed", result), speedText(result)),
      ...(result.conditions ? [fact(labelled("machine", result), conditionsText(result.conditions))] : []),
    ]),
    ...roofline.map((found) =>
      fact(
        labelled("roofline", found),
        `${found.reason}; ${percent(found.trial.share, 0)} of what ${found.trial.bound === "compute" ? "arithmetic" : "memory"} allows (fp32 ${percent(found.baseline.share, 0)}), at most ${times(found.mostSpeedup)} possible`,
      ),
    ),
    ...cost.map((found) =>
      fact(
        labelled("cost", found),
        `${plain(Number(found.perMillion.toPrecision(3)))} a million, fp32 ${plain(Number(found.baselinePerMillion.toPrecision(3)))}; saves ${interval(found.saving, (x) => percent(x))}`,
      ),
    ),
    ...energy.map((found) =>
      fact(
        labelled("energy", found),
        `${plain(Number((found.joulesPerInference * 1000).toPrecision(3)))} mJ, fp32 ${plain(Number((found.baselineJoulesPerInference * 1000).toPrecision(3)))} mJ`,
      ),
    ),
  ];
}

function speedText(result: LatencyResult): string {
  const { medianMs, p90Ms, p99Ms, baselineMs, speedup, control, pairs, processes, optimization, verdict } = result;
  const tail = [
    ...(p90Ms === undefined ? [] : [`p90 ${milliseconds(p90Ms)}`]),
    ...(p99Ms === undefined ? [] : [`p99 ${milliseconds(p99Ms)}`]),
  ];
  const bounds = (x: number) => times(x);
  return [
    verdict,
    ...(result.rejected === undefined ? [] : [`rejected: ${result.rejected}`]),
    `median ${milliseconds(medianMs)} ms${tail.length > 0 ? ` (${tail.join(", ")})` : ""}, fp32 ${milliseconds(baselineMs)} ms`,
    `${interval(speedup, bounds)}; fp32 against itself ${interval(control, (x) => fixed(x, 3))}`,
    `${pairs} pairs in ${processes} processes${result.quick ? ", quick" : ""}, optimization ${optimization.trial} (fp32 ${optimization.baseline})`,
  ].join("; ");
}

function conditionsText({
  pinned,
  clockGhz,
  stealShare,
  busyShare,
  discarded,
  remarks,
}: NonNullable<LatencyResult["conditions"]>) {
  return [
    ...remarks,
    ...(pinned ? [`held to CPU ${pinned.join(", ")}`] : []),
    ...(clockGhz
      ? [`clock ${fixed(clockGhz.median, 2)} GHz (${fixed(clockGhz.min, 2)} to ${fixed(clockGhz.max, 2)})`]
      : []),
    ...(busyShare === undefined ? [] : [`others used ${percent(busyShare, 0)}`]),
    ...(stealShare === undefined ? [] : [`stolen ${percent(stealShare)}`]),
    `${discarded.blocks} of ${discarded.of} blocks left out`,
  ].join("; ");
}

function engineFacts({ attestation, gap, scheme }: CompletedRecord): readonly Note[] {
  const { integerNodes, floatNodes, reason, fallen = [], hazards = [], crossCheck } = attestation;
  const counts = scheme.execution === "simulated" ? "" : `${integerNodes} integer, ${floatNodes} float nodes; `;
  return [
    fact("ran", `${counts}${reason}`),
    ...fallen.map(({ node, layer, ran, reason: why, costMs }) =>
      fact(
        "fell back",
        `${layer ?? node}: ${ran}, ${why}${costMs === undefined ? "" : `; ${milliseconds(costMs)} ms of a run`}`,
      ),
    ),
    ...hazards.map((hazard) => fact("hazard", hazard)),
    ...(crossCheck
      ? [
          fact(
            "QDQ form",
            `${crossCheck.disagreement ?? "agrees"}: ${crossCheck.sameTop === undefined ? "" : `same top answer on ${percent(crossCheck.sameTop)} of `}${crossCheck.samples} samples, largest difference ${stepText(crossCheck.maxSteps)} steps`,
          ),
        ]
      : []),
    ...(gap
      ? [
          fact(
            "gap",
            `simulated and executed differ by at most ${stepText(gap.maxSteps)} steps (${gap.samples} samples)`,
          ),
        ]
      : []),
  ];
}

/** Activations whose ranges are said one by one. */
const MOST_RANGES = 6;

function rangeFacts({ ranges = [], calibration }: CompletedRecord): readonly Note[] {
  const worst = [...ranges].sort((a, b) => b.saturated - a.saturated).filter(({ saturated }) => saturated > 0);
  const named = worst
    .slice(0, MOST_RANGES)
    .map(
      ({ layer, value, chosen, saturated }) =>
        `${layer ?? value} ${percent(saturated, 2)} outside ${short(chosen[0])}…${short(chosen[1])}`,
    );
  return [
    ...(calibration
      ? [
          fact(
            "calibration",
            `${calibration.samples} samples, ${calibration.leaked} of them in the test split${calibration.classes ? `; ${calibration.classes.total - calibration.classes.missing.length} of ${calibration.classes.total} classes` : ""}`,
          ),
        ]
      : []),
    ...(named.length > 0 ? [fact("saturation", named.join("; "))] : []),
  ];
}

function short(value: number): string {
  return plain(Number(value.toPrecision(3)));
}

function resourceFacts({ size, memory }: CompletedRecord): readonly Note[] {
  return [
    ...(size
      ? [
          fact(
            "size",
            `${bytes(size.bytes)}: codes ${bytes(size.codes)}, scales ${bytes(size.scales)}, zero points ${bytes(size.zeroPoints)}, float ${bytes(size.float)}, other ${bytes(size.other)}`,
          ),
        ]
      : []),
    ...(memory
      ? [
          fact(
            "memory",
            `peak ${bytes(memory.peakBytes)}${memory.engineBytes === undefined ? "" : `, of it ${bytes(memory.engineBytes)} before the model`}`,
          ),
        ]
      : []),
  ];
}
