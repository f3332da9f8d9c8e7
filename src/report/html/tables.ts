import { sameSetting } from "../../measure/setting.js";
import { accuracyOf } from "../../results/metric.js";
import type { CompletedRecord, Estimate, TrialRecord } from "../../results/record.js";
import { bytes, fixed, metricText, milliseconds, percent, plain, times } from "../../results/units.js";
import { labelsOf } from "../figures/chosen.js";
import { layerOrder, orderedLayers } from "../figures/layers.js";
import { stepText } from "../gap.js";
import { phaseText } from "../phases.js";
import { isBaseline, visible } from "../rows.js";
import { folded } from "./parts.js";

/** Trials that have a column of their own in a table by layer. */
const MOST_COLUMNS = 24;

/** Everything on accuracy that was measured beside the main figure, a row a trial. */
export function accuracyTable(records: readonly CompletedRecord[], all: readonly TrialRecord[]): string {
  const shown = records.filter(({ accuracy }) => accuracy?.metrics || accuracy?.divergence || accuracy?.discordant);
  const isShare = shown.every((record) => accuracyOf(record)?.isShare ?? true);
  const label = labelsOf(all);
  type Read = (
    accuracy: NonNullable<CompletedRecord["accuracy"]>,
  ) => (Estimate & { readonly narrow?: true }) | undefined;
  const estimates: readonly (readonly [string, Parameters<typeof metricText>[0], Read])[] = [
    ["top-5", "top5", ({ metrics }) => metrics?.top5],
    ["macro F1", "macro_f1", ({ metrics }) => metrics?.macro_f1],
    ["RMSE", "rmse", ({ metrics }) => metrics?.rmse],
    ["R2", "r2", ({ metrics }) => metrics?.r2],
    ["perplexity", "perplexity", ({ metrics }) => metrics?.perplexity],
    ["perplexity increase over fp32", "perplexity_increase", ({ metrics }) => metrics?.perplexity_increase],
    ["same answer as fp32", "same_top", ({ divergence }) => divergence?.sameTop],
    ["KL from fp32, nats", "kl", ({ divergence }) => divergence?.kl],
    ["cosine to fp32", "cosine", ({ divergence }) => divergence?.cosine],
  ];
  const columns = [
    ...estimates.map(([header, metric, read]) => ({
      header,
      cell: ({ accuracy }: CompletedRecord) => {
        const found = accuracy && read(accuracy);
        const show = (x: number) => metricText(metric, x, isShare);
        if (!found) return "";
        const mark = found.narrow ? ", too narrow: a few samples decide it" : "";
        return `${show(found.value)} (${show(found.ci95[0])} to ${show(found.ci95[1])}${mark})`;
      },
    })),
    {
      header: "lost / gained, McNemar's p",
      cell: ({ accuracy }: CompletedRecord) => {
        const { lost, gained, p } = accuracy?.discordant ?? {};
        if (lost === undefined) return "";
        return `${lost} / ${gained}${p === undefined ? "" : `, ${plain(Number(p.toPrecision(2)))}`}`;
      },
    },
  ];
  const measured = columns.filter(({ cell }) => shown.some((record) => cell(record) !== ""));
  if (shown.length === 0 || measured.length === 0) return "";
  const rows = shown.map((record) => [
    label(record.trial),
    ...measured.map(({ header, cell }) => (isBaseline(record) && /fp32|McNemar/.test(header) ? "" : cell(record))),
  ]);
  return folded(
    "Further figures of accuracy, with 95% intervals",
    ["scheme", ...measured.map(({ header }) => header)],
    rows,
  );
}

/** What each trial's time is held against, and the reason of its speed. */
export function speedTable(records: readonly CompletedRecord[], all: readonly TrialRecord[]): string {
  const label = labelsOf(all);
  const rows = records.flatMap((record) =>
    (record.latency ?? []).map((result) => {
      const found = record.roofline?.find((each) => sameSetting(each, result));
      const tail = (ms: number | undefined) => (ms === undefined ? "" : milliseconds(ms));
      return [
        label(record.trial),
        `${result.batch} / ${result.threads}${phaseText(result, ", ")}`,
        milliseconds(result.medianMs),
        tail(result.p90Ms),
        tail(result.p99Ms),
        milliseconds(result.baselineMs),
        found ? percent(found.trial.share, 0) : "",
        found ? times(found.mostSpeedup) : "",
        isBaseline(record) ? "" : result.rejected === undefined ? result.verdict : `rejected: ${result.rejected}`,
        found?.reason ?? "",
      ];
    }),
  );
  if (rows.length === 0) return "";
  const head = [
    "scheme",
    "batch / threads",
    "median ms",
    "p90",
    "p99",
    "fp32 ms",
    "of the roof",
    "most possible",
    "verdict",
    "reason",
  ];
  return folded("Verdicts, tails and roofs", head, rows);
}

export function layerTable(records: readonly CompletedRecord[], all: readonly TrialRecord[]): string {
  const shown = records.filter(({ layers }) => layers?.some(({ sqnrDb }) => sqnrDb !== null)).slice(0, MOST_COLUMNS);
  const layers = layerOrder(shown);
  if (layers.length === 0) return "";
  const byName = shown.map(({ layers: found = [] }) => new Map(found.map((each) => [each.layer, each.sqnrDb])));
  const rows = layers.map((layer) => [
    visible(layer),
    ...byName.map((found) => {
      const sqnrDb = found.get(layer);
      return sqnrDb === undefined ? "" : sqnrDb === null ? "exact" : fixed(sqnrDb, 1);
    }),
  ]);
  const first =
    records.length > shown.length && shown.length === MOST_COLUMNS ? ` (the first ${MOST_COLUMNS} trials)` : "";
  const label = labelsOf(all);
  return folded(`SQNR of each layer, dB${first}`, ["layer", ...shown.map(({ trial }) => label(trial))], rows);
}

/** Layers without a value that is quantized have no row. */
export function gapTable(records: readonly CompletedRecord[], all: readonly TrialRecord[]): string {
  const shown = records.filter(({ gap }) => gap !== undefined).slice(0, MOST_COLUMNS);
  const names = orderedLayers(shown.map(({ gap }) => gap?.layers ?? []));
  if (names.length === 0) return "";
  const byName = shown.map(({ gap }) => new Map(gap?.layers.map((each) => [each.layer, each.maxSteps])));
  const rows = names.map((layer) => [
    visible(layer),
    ...byName.map((found) => {
      const steps = found.get(layer);
      return steps === undefined ? "" : stepText(steps);
    }),
  ]);
  const label = labelsOf(all);
  return folded(
    "Simulated and executed: largest difference in each layer, steps of quantization",
    ["layer", ...shown.map(({ trial }) => label(trial))],
    rows,
  );
}

export function sizeTable(records: readonly CompletedRecord[], all: readonly TrialRecord[]): string {
  const shown = records.filter(({ size }) => size !== undefined);
  if (shown.length === 0) return "";
  const label = labelsOf(all);
  const rows = shown.map(({ trial, size, attestation }) => [
    label(trial),
    ...(size ? [size.codes, size.scales, size.zeroPoints, size.float, size.other].map(bytes) : []),
    `${attestation.integerNodes} / ${attestation.floatNodes}`,
    attestation.reason,
  ]);
  const head = ["scheme", "codes", "scales", "zero points", "float", "other", "integer / float nodes", "attestation"];
  return folded("What the files hold and what ran as integers", head, rows);
}
