import type { MetricName } from "../plan/plan.js";
import { trialLabels } from "../results/label.js";
import { accuracyOf, type MetricValue, metricValues } from "../results/metric.js";
import type { CompletedRecord, TrialRecord } from "../results/record.js";
import { metricText } from "../results/units.js";
import { escapePlotly } from "./markup.js";
import { isBaseline, visible } from "./rows.js";

/**
 * A plotly figure as plain JSON. It says nothing of background or text colour, so that a page or notebook can give
 * both its own theme.
 */
export interface Figure {
  readonly data: readonly Readonly<Record<string, unknown>>[];
  readonly layout: Readonly<Record<string, unknown>>;
}

/** Okabe and Ito's colours, an olive for their yellow and no black: told apart with colour blindness, on light and dark ground. */
const colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999933"] as const;
const baselineColour = "#8a8f98";

const symbols = ["circle", "square", "diamond", "triangle-up", "x"] as const;
const dashes = ["solid", "dash", "dot", "dashdot"] as const;

interface Style {
  readonly color: string;
  readonly symbol: string;
  readonly dash: string;
}

/** One look for each trial, the same in every plot; five shapes beside seven colours make 35 that differ. */
function trialStyles(records: readonly TrialRecord[]): ReadonlyMap<string, Style> {
  const styles = new Map<string, Style>();
  let order = 0;
  for (const record of records) {
    if (record.status !== "completed" || styles.has(record.trial)) continue;
    if (isBaseline(record)) styles.set(record.trial, { color: baselineColour, symbol: "cross", dash: "solid" });
    else styles.set(record.trial, styleAt(order++));
  }
  return styles;
}

function styleAt(order: number): Style {
  const turn = Math.floor(order / colours.length);
  return {
    color: colours[order % colours.length] as string,
    symbol: symbols[order % symbols.length] as string,
    dash: dashes[turn % dashes.length] as string,
  };
}

const titles: Readonly<Record<MetricName, string>> = {
  accuracy: "accuracy",
  accuracy_drop: "accuracy drop against fp32",
  speedup: "speedup over fp32",
  latency: "latency, ms",
  size: "size, bytes",
  size_reduction: "size reduction",
  memory: "peak memory, bytes",
  sqnr: "SQNR of the worst layer, dB",
  flips: "flipped predictions",
};

/** Metrics of which less is better. */
const lowerIsBetter: ReadonlySet<MetricName> = new Set(["accuracy_drop", "latency", "size", "memory", "flips"]);

interface Point {
  readonly record: CompletedRecord;
  readonly label: string;
  readonly x: MetricValue;
  readonly y: MetricValue;
}

/**
 * One point a trial (and batch size) with its 95% intervals, and the line through those that no other beats in both.
 * Trials without one of the two metrics are left out.
 */
export function pareto(records: readonly TrialRecord[], x: MetricName, y: MetricName): Figure {
  const points = pointsOf(records, x, y);
  const isShare = points.every(({ record }) => accuracyOf(record)?.isShare ?? true);
  return {
    data: [
      ...frontier(points, betterSign(x, isShare), betterSign(y, isShare)),
      ...pointTraces(points, trialStyles(records), { x, y, isShare }),
    ],
    layout: { ...sharedLayout, xaxis: axis(x, isShare), yaxis: axis(y, isShare) },
  };
}

interface Axes {
  readonly x: MetricName;
  readonly y: MetricName;
  readonly isShare: boolean;
}

/** With several batch sizes the shape says which, else it belongs to the trial as the colour does. */
function pointTraces(points: readonly Point[], styles: ReadonlyMap<string, Style>, { x, y, isShare }: Axes) {
  const batches = [...new Set(points.map(batchOf))];
  const several = batches.length > 1;
  const shapeOf = (batch: number | undefined) => symbols[batches.indexOf(batch) % symbols.length] as string;
  const named = new Set<string>();
  const traces = points.map((point) => {
    const { trial } = point.record;
    const style = styles.get(trial) ?? styleAt(0);
    const showlegend = !named.has(trial);
    named.add(trial);
    return {
      type: "scatter",
      mode: "markers",
      name: point.label,
      legendgroup: trial,
      showlegend,
      x: [point.x.value],
      y: [point.y.value],
      marker: { color: style.color, symbol: several ? shapeOf(batchOf(point)) : style.symbol, size: 11 },
      ...errorBars("error_x", point.x),
      ...errorBars("error_y", point.y),
      hovertemplate: `<b>%{fullData.name}</b><br>${hoverText(x, point.x, isShare)}<br>${hoverText(y, point.y, isShare)}<extra></extra>`,
    };
  });
  return several ? [...traces, ...batches.map((batch) => shapeLegend(batch, shapeOf(batch)))] : traces;
}

function batchOf({ x, y }: Point): number | undefined {
  return x.batch ?? y.batch;
}

/** A legend entry without points: which batch size a shape stands for. */
function shapeLegend(batch: number | undefined, symbol: string) {
  const marker = { color: "rgba(0,0,0,0)", symbol, size: 11, line: { color: baselineColour, width: 1.5 } };
  return { type: "scatter", mode: "markers", name: `batch ${batch}`, x: [null], y: [null], marker };
}

function pointsOf(records: readonly TrialRecord[], x: MetricName, y: MetricName): readonly Point[] {
  const labels = trialLabels(records);
  return records.flatMap((record) => {
    if (record.status !== "completed") return [];
    const label = plotText(labels.get(record.trial) ?? record.trial);
    const [xs, ys] = [metricValues(record, x), metricValues(record, y)];
    // Values of a batch size meet those of the same one, and values without any meet all.
    return xs.flatMap((xValue) =>
      ys
        .filter((yValue) => xValue.batch === undefined || yValue.batch === undefined || sameSetting(xValue, yValue))
        .map((yValue) => ({ record, label, x: xValue, y: yValue })),
    );
  });
}

function sameSetting(a: MetricValue, b: MetricValue): boolean {
  return a.batch === b.batch && a.threads === b.threads;
}

/** 1 when more is better, -1 when less is; an error metric turns accuracy over. */
function betterSign(metric: MetricName, isShare: boolean): 1 | -1 {
  return lowerIsBetter.has(metric) || (metric === "accuracy" && !isShare) ? -1 : 1;
}

/** The points that no other point beats on one axis without losing on the other, joined from left to right. */
function frontier(
  points: readonly Point[],
  xSign: 1 | -1,
  ySign: 1 | -1,
): readonly Readonly<Record<string, unknown>>[] {
  const byX = [...points].sort((a, b) => xSign * (b.x.value - a.x.value) || ySign * (b.y.value - a.y.value));
  const kept: Point[] = [];
  for (const point of byX) {
    const best = kept.at(-1);
    if (best === undefined || ySign * (point.y.value - best.y.value) > 0) kept.push(point);
  }
  if (kept.length < 2) return [];
  return [
    {
      type: "scatter",
      mode: "lines",
      name: "best trade-offs",
      x: kept.map(({ x }) => x.value),
      y: kept.map(({ y }) => y.value),
      line: { color: baselineColour, width: 1.5, dash: "dot" },
      hoverinfo: "skip",
    },
  ];
}

function errorBars(key: "error_x" | "error_y", { value, ci95 }: MetricValue): Readonly<Record<string, unknown>> {
  if (ci95 === undefined) return {};
  const bars = { type: "data", symmetric: false, array: [ci95[1] - value], arrayminus: [value - ci95[0]] };
  return { [key]: { ...bars, thickness: 1.2, width: 4 } };
}

function hoverText(metric: MetricName, { value, ci95, batch }: MetricValue, isShare: boolean): string {
  const show = (x: number) => metricText(metric, x, isShare);
  const interval = ci95 === undefined ? "" : ` (${show(ci95[0])} to ${show(ci95[1])})`;
  return `${titles[metric].split(",")[0]}: ${show(value)}${interval}${batch === undefined ? "" : `, batch ${batch}`}`;
}

function axis(metric: MetricName, isShare: boolean): Readonly<Record<string, unknown>> {
  const title = { text: metric === "accuracy" && !isShare ? "mean absolute error" : titles[metric], standoff: 12 };
  const isPercent = metric === "size_reduction" || (isShare && (metric === "accuracy" || metric === "accuracy_drop"));
  const about = { title, automargin: true };
  if (isPercent) return { ...about, tickformat: "~%" };
  if (metric === "speedup") return { ...about, ticksuffix: "x", rangemode: "tozero" };
  if (metric === "size" || metric === "memory") return { ...about, tickformat: "~s", rangemode: "tozero" };
  return about;
}

const sharedLayout = {
  hovermode: "closest",
  // At the bottom of the whole figure: plotly then makes room for it below slanted tick labels.
  legend: { orientation: "h", x: 0, y: 0, yref: "container", yanchor: "bottom" },
  margin: { l: 60, r: 20, t: 16, b: 60 },
} as const;

/**
 * SQNR of every layer against fp32, in the order in which the model runs them, one line a trial. A layer whose output is
 * the same to the bit leaves a gap. Trials without a layer that differs are left out.
 */
export function layers(records: readonly TrialRecord[]): Figure {
  const labels = trialLabels(records);
  const styles = trialStyles(records);
  const shown = records.filter(
    (record): record is CompletedRecord =>
      record.status === "completed" && (record.layers ?? []).some(({ sqnrDb }) => sqnrDb !== null),
  );
  const order = layerOrder(shown);
  const data = shown.map((record) => {
    const byName = new Map(record.layers?.map(({ layer, sqnrDb }) => [layer, sqnrDb]));
    const { color, symbol, dash } = styles.get(record.trial) ?? styleAt(0);
    return {
      type: "scatter",
      mode: "lines+markers",
      name: plotText(labels.get(record.trial) ?? record.trial),
      x: order.map(plotText),
      y: order.map((layer) => byName.get(layer) ?? null),
      marker: { color, symbol, size: 8 },
      line: { color, dash, width: 1.5 },
      connectgaps: false,
      hovertemplate: "<b>%{fullData.name}</b><br>%{x}: %{y:.1f} dB<extra></extra>",
    };
  });
  return {
    data,
    layout: {
      ...sharedLayout,
      xaxis: layerAxis(order),
      yaxis: { title: { text: "SQNR against fp32, dB", standoff: 12 }, automargin: true },
    },
  };
}

/** Names as plotly shall show them: it reads a small HTML. */
function plotText(text: string): string {
  return escapePlotly(visible(text));
}

/** Every layer has its tick; where they are many, slanted, and long names lose their middle: hover shows them whole. */
function layerAxis(order: readonly string[]): Readonly<Record<string, unknown>> {
  const many = order.length > 6;
  const tickvals = order.map(plotText);
  const ticktext = order.map((layer) => escapePlotly(many ? shortened(visible(layer)) : visible(layer)));
  const ticks = {
    tickmode: "array",
    tickvals,
    ticktext,
    tickangle: many ? -45 : 0,
    tickfont: { size: many ? 11 : 13 },
  };
  return { type: "category", automargin: true, showgrid: false, ...ticks };
}

/** Both ends of a long name, which are what tells layers apart. */
function shortened(name: string): string {
  const characters = [...name];
  return characters.length <= 18 ? name : `${characters.slice(0, 10).join("")}…${characters.slice(-7).join("")}`;
}

/** Layer names as the trial with the most layers orders them, then those that only others have. */
export function layerOrder(records: readonly TrialRecord[]): readonly string[] {
  const lists = records.map((record) => (record.status === "completed" ? (record.layers ?? []) : []));
  lists.sort((a, b) => b.length - a.length);
  return [...new Set(lists.flat().map(({ layer }) => layer))];
}
