import type { MetricName, PlainView, View } from "../../plan/plan.js";
import type { Report } from "../report.js";
import { calibration } from "./calibration.js";
import { chosenTrials } from "./chosen.js";
import { confusion } from "./confusion.js";
import { gap } from "./gap.js";
import { histograms } from "./histograms.js";
import { latency } from "./latency.js";
import { layers } from "./layers.js";
import { hasNodes, nodes } from "./nodes.js";
import { pareto } from "./pareto.js";
import { roofline } from "./roofline.js";
import { sensitivity } from "./sensitivity.js";
import { split } from "./split.js";
import { sentences, type TitledFigure } from "./titled.js";

export type Plot = Exclude<View, { readonly kind: "table" }>;

/** A figure of a report with the view that it belongs to. */
export interface ReportFigure extends TitledFigure {
  readonly view: Plot["kind"];
}

/** What each view without metrics draws; `asked` is the id of one trial. An empty figure where nothing was measured. */
const drawers: Readonly<Record<PlainView, (report: Report, asked?: string) => TitledFigure>> = {
  split,
  sensitivity,
  histograms,
  calibration,
  confusion,
  gap,
  latency,
  roofline,
  nodes,
};

/** Without a `show` clause: from what won, to why. */
const usual: readonly Plot[] = [
  { kind: "pareto", x: "speedup", y: "accuracy" },
  { kind: "pareto", x: "size", y: "accuracy" },
  { kind: "layers", metric: "sqnr" },
  { kind: "sensitivity" },
  { kind: "split" },
  { kind: "histograms" },
  { kind: "calibration" },
  { kind: "confusion" },
  { kind: "gap" },
  { kind: "latency" },
  { kind: "roofline" },
  { kind: "nodes" },
];

/** The plots that the program asked for; without any, all that have data. Empty plots are left out. */
export function reportFigures(report: Report): readonly ReportFigure[] {
  const plots = askedPlots(report);
  return (plots.length > 0 ? plots : usual.filter((view) => isTelling(view, report))).flatMap((view) =>
    viewFigures(view, report),
  );
}

/** What a page and a folder of pictures show: the plots that the program asked for, then all others that have data. */
export function pageFigures(report: Report): readonly ReportFigure[] {
  const asked = askedPlots(report);
  const names = new Set(asked.map((view) => JSON.stringify(view)));
  const others = usual.filter((view) => isTelling(view, report) && !names.has(JSON.stringify(view)));
  return [...asked, ...others].flatMap((view) => viewFigures(view, report));
}

/** Plots that a `show` clause names. */
export function askedPlots({ views = [] }: Report): readonly Plot[] {
  return views.filter((view) => view.kind !== "table");
}

/** A gap of nothing is a sentence and no picture; asked for, it is drawn all the same. */
function isTelling(view: Plot, { records }: Report): boolean {
  if (view.kind !== "gap") return true;
  return records.some((record) => record.status === "completed" && (record.gap?.maxSteps ?? 0) > 0);
}

/** Every figure of a view: one, or one a trial where a figure holds no more. */
function viewFigures(view: Plot, report: Report): readonly ReportFigure[] {
  const apart = trialsApart(view, report);
  const figures =
    apart.length === 0 ? [titledFigure(view, report)] : apart.map((trial) => titledFigure(view, report, trial));
  return figures.filter(({ figure }) => figure.data.length > 0).map((each) => ({ ...each, view: view.kind }));
}

/** Diagnosed trials that have a figure of their own, and trials whose layers are timed. */
const MOST_DIAGNOSED = 4;
const MOST_PROFILED = 2;

function trialsApart({ kind }: Plot, { records, diagnoses = [] }: Report): readonly string[] {
  if (kind === "sensitivity") return diagnoses.slice(0, MOST_DIAGNOSED).map(({ trial }) => trial);
  if (kind !== "nodes") return [];
  const { trials } = chosenTrials(records, hasNodes, Number.POSITIVE_INFINITY);
  // The fastest and the slowest: the two that a reader wonders about.
  const bySpeed = trials
    .map((record) => ({ record, speedup: record.latency?.[0]?.speedup.value ?? 0 }))
    .sort((a, b) => b.speedup - a.speedup)
    .map(({ record }) => record.trial);
  return bySpeed.length <= MOST_PROFILED ? bySpeed : [bySpeed[0] ?? "", bySpeed.at(-1) ?? ""];
}

/** Lines that can be told apart. */
const MOST_LINES = 12;

function titledLayers({ records }: Report, asked?: string): TitledFigure {
  const { trials, note } = chosenTrials(records, (record) => (record.layers?.length ?? 0) > 0, MOST_LINES, asked);
  return {
    title: "Error by layer",
    caption: sentences(
      "Signal to quantization noise of each layer's output against fp32, in the order of the model; higher is better.",
      note,
    ),
    figure: layers(trials, records),
  };
}

const names: Readonly<Partial<Record<MetricName, string>>> = {
  accuracy_drop: "accuracy drop",
  size_reduction: "size reduction",
  sqnr: "SQNR",
};

/** One plot with its heading and caption; its figure may be empty. @param asked id of the one trial to draw */
export function titledFigure(view: Plot, report: Report, asked?: string): TitledFigure {
  if (view.kind === "layers") return titledLayers(report, asked);
  if (view.kind !== "pareto") return drawers[view.kind](report, asked);
  const [x, y] = [view.x, view.y].map((metric) => names[metric] ?? metric.replaceAll("_", " ")) as [string, string];
  const figure = pareto(report.records, view.x, view.y);
  const line = figure.data.some(({ mode }) => mode === "lines");
  return {
    title: `${y.charAt(0).toUpperCase()}${y.slice(1)} and ${x}`,
    caption: sentences(
      figure.data.some(({ x: values, mode }) => mode === "markers" && values.length > 1)
        ? "One point a trial; trials of one scheme look alike, and their intervals are in the table."
        : "One point a trial with its 95% intervals.",
      figure.layout.shapes?.length ? "The band is the interval that most of the points have." : "",
      line ? "The dotted line joins the trials that no other beats in both." : "",
    ),
    figure,
  };
}
