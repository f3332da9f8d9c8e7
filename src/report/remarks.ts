import { accuracyOf } from "../results/metric.js";
import type { CompletedRecord, FallenNode, LatencyResult } from "../results/record.js";
import { milliseconds, percent } from "../results/units.js";
import { gapRemarks, isApart } from "./gap.js";
import { phaseText } from "./phases.js";

/** One sentence on a trial. */
export interface Remark {
  readonly text: string;
  /** Of several trials it is one sentence where it differs in numbers alone. */
  readonly folds: boolean;
}

/** Everything that must be said of a completed trial, the gravest first; "(!)" begins what a figure must not be believed without. */
export function trialRemarks(record: CompletedRecord): readonly Remark[] {
  const whole = (texts: readonly string[]) => texts.map((text): Remark => ({ text, folds: false }));
  const folding = (texts: readonly string[]) => texts.map((text): Remark => ({ text, folds: true }));
  return [
    ...whole(attestationRemarks(record)),
    ...whole(gapRemarks(record)),
    ...whole(rejections(record)),
    ...folding(calibrationRemarks(record)),
    ...folding(accuracyRemarks(record)),
    ...whole(speedRemarks(record)),
    ...folding(conditionRemarks(record)),
  ];
}

/** Whether a row of the table needs its "(!)": something that was planned, promised or assumed did not hold. */
export function isSuspect(record: CompletedRecord): boolean {
  return (
    (record.scheme.execution === "executed" && !record.attestation.attested) ||
    isApart(record) ||
    record.attestation.crossCheck?.disagreement !== undefined ||
    (record.attestation.hazards?.length ?? 0) > 0 ||
    (record.calibration?.leaked ?? 0) > 0 ||
    rejections(record).length > 0
  );
}

function attestationRemarks({ attestation, scheme }: CompletedRecord): readonly string[] {
  const { attested, reason, fallen = [], hazards = [], crossCheck } = attestation;
  const disagreement = crossCheck?.disagreement;
  const isPlanned = attested || scheme.execution === "simulated";
  return [
    ...(isPlanned ? [] : [`(!) not everything ran as integers: ${reason}`]),
    ...fallenRemarks(fallen),
    ...hazards.map((hazard) => `(!) ${hazard}`),
    ...(disagreement === undefined || hazards.includes(disagreement) ? [] : [`(!) ${disagreement}`]),
  ];
}

/** What ran instead and why, with the layers that it holds for and what they cost together. */
function fallenRemarks(fallen: readonly FallenNode[]): readonly string[] {
  const groups = new Map<string, FallenNode[]>();
  for (const node of fallen) {
    const key = `${node.ran}, because ${node.reason}`;
    groups.set(key, [...(groups.get(key) ?? []), node]);
  }
  return [...groups].map(([text, nodes]) => {
    const costs = nodes.flatMap(({ costMs }) => costMs ?? []);
    const cost = costs.reduce((sum, ms) => sum + ms, 0);
    const names = [...new Set(nodes.map(({ layer, node }) => layer ?? node))];
    return `(!) ${someOf(names)}: ${text}${costs.length > 0 ? `; ${milliseconds(cost)} ms of a run` : ""}`;
  });
}

function rejections({ latency = [] }: CompletedRecord): readonly string[] {
  return latency.flatMap((result) =>
    result.rejected === undefined ? [] : [`(!) ${settingOf(result, latency)}time rejected: ${result.rejected}`],
  );
}

function calibrationRemarks({ calibration }: CompletedRecord): readonly string[] {
  if (!calibration) return [];
  const { leaked, leaks = [], classes, samples } = calibration;
  const [first] = leaks;
  const example = first ? ` (row ${first.calibration} equals test row ${first.test})` : "";
  return [
    ...(leaked > 0
      ? [
          `(!) calibration leak: ${leaked} of ${samples} calibration samples ${leaked === 1 ? "is" : "are"} in the test split too${example}; accuracy may flatter`,
        ]
      : []),
    ...(classes && classes.missing.length > 0
      ? [
          `calibration saw no sample of ${someOf(classes.missing)} (${classes.missing.length} of ${classes.total} classes)`,
        ]
      : []),
    ...(samples === 1 ? ["calibrated with one sample alone"] : []),
  ];
}

/** Names that are listed one by one. */
const MOST_NAMES = 4;

function someOf(names: readonly string[]): string {
  const quoted = names.slice(0, MOST_NAMES).map((name) => `"${name}"`);
  return names.length <= MOST_NAMES ? quoted.join(", ") : `${quoted.join(", ")} and ${names.length - MOST_NAMES} more`;
}

function accuracyRemarks(record: CompletedRecord): readonly string[] {
  const { accuracy } = record;
  if (!accuracy) return [];
  const { stopped, resolution, remarks = [] } = accuracy;
  const needed = resolution?.needed === undefined ? "" : `: about ${resolution.needed} test samples would tell`;
  return [
    ...(stopped ? [`stopped early after ${stopped.after} of ${stopped.of} samples: ${stopped.reason}`] : []),
    ...(resolution && !resolution.resolved ? [`"${resolution.question}" is unresolved${needed}`] : []),
    ...flipRemarks(record),
    ...remarks,
  ];
}

/** The most frequent flip, where accuracy is measurably lost. */
function flipRemarks(record: CompletedRecord): readonly string[] {
  const [most] = record.accuracy?.confusion ?? [];
  const isLost = accuracyOf(record)?.isShare === true && (record.accuracy?.drop.ci95[0] ?? 0) > 0;
  if (!most || !isLost || most.count < 2) return [];
  return [`most flips are "${most.from}" to "${most.to}" (${most.count} of ${record.accuracy?.flips ?? most.count})`];
}

function speedRemarks({ latency = [] }: CompletedRecord): readonly string[] {
  return latency
    .filter(({ verdict, rejected }) => rejected === undefined && !/^[\d.]+x faster$/.test(verdict))
    .map((result) => `${settingOf(result, latency)}${result.verdict}`);
}

/** `batch 4, 2 threads: ` where a trial was timed with several settings; `decode behind 128: ` of phases of a language model. */
export function settingOf(result: LatencyResult, all: readonly LatencyResult[]): string {
  if (all.length < 2) return "";
  const { batch, threads } = result;
  const differ = (of: (each: LatencyResult) => number) => new Set(all.map(of)).size > 1;
  const phase = phaseText(result);
  const parts = [
    ...(phase === "" ? [] : [phase]),
    ...(phase === "" || differ((each) => each.batch) ? [`batch ${batch}`] : []),
    ...(differ((each) => each.threads) ? [`${threads} thread${threads === 1 ? "" : "s"}`] : []),
  ];
  return `${parts.join(", ")}: `;
}

/** Share of blocks left out that is worth a word. */
const MANY_DISCARDED = 0.1;

function conditionRemarks({ latency = [] }: CompletedRecord): readonly string[] {
  const all = latency.flatMap(({ conditions }) => conditions ?? []);
  const remarks = [...new Set(all.flatMap((conditions) => conditions.remarks))];
  const [blocks, of] = all.reduce(
    ([left, total], { discarded }) => [left + discarded.blocks, total + discarded.of],
    [0, 0],
  );
  const isMany = of > 0 && blocks / of >= MANY_DISCARDED;
  return [
    ...remarks,
    ...(isMany ? [`${percent(blocks / of, 0)} of the timed blocks were left out, as the processor's clock moved`] : []),
  ];
}
