import { sameSetting } from "../../measure/setting.js";
import { trialLabels } from "../../plan/label.js";
import type { MetricName } from "../../plan/plan.js";
import { accuracyOf, type MetricValue, metricValues, type NamedAccuracy } from "../../results/metric.js";
import type { CompletedRecord, TrialRecord } from "../../results/record.js";
import { metricText } from "../../results/units.js";
import {
  type Axis,
  type Band,
  type Colour,
  type ErrorBars,
  type Figure,
  sharedLayout,
  symbols,
  type Trace,
} from "../figure.js";
import { plotText } from "../markup.js";
import { isBaseline, visible } from "../rows.js";
import { share } from "../share.js";
import { logAxis } from "./axes.js";
import { lowerIsBetter, metricTitles as titles } from "./metric-titles.js";
import { MOST_LOOKS, schemeTraces } from "./pareto-groups.js";
import { type LabelledPoint, type Placed, pointLabels } from "./point-labels.js";
import { neutralColour, type TrialStyle, trialStyles } from "./trial-style.js";

interface Point {
  readonly record: CompletedRecord;
  readonly label: string;
  readonly x: MetricValue;
  readonly y: MetricValue;
  /** Where both lie on their axes: the values, or their logarithms. */
  readonly drawn: { readonly x: MetricValue; readonly y: MetricValue };
}

interface Axes {
  readonly x: MetricName;
  readonly y: MetricName;
  /** Whether accuracy is told in percent, whether less of it is better, and what its axis says. */
  readonly isShare: boolean;
  readonly isError: boolean;
  readonly accuracyTitle: string;
}

type Interval = readonly [number, number];

/**
 * One point a trial (and batch size) with its 95% intervals, and the line through those that no other beats in both.
 * Where most points share one interval it is drawn once, as a band, and not as a fence of bars. Points are labelled as
 * far as there is room. Trials without one of the two metrics are left out.
 */
export function pareto(records: readonly TrialRecord[], x: MetricName, y: MetricName): Figure {
  const found = pointsOf(records, x, y);
  const axes = { x, y, ...accuracyAxis(found) };
  const logs = { x: isWide(found, x, "x"), y: isWide(found, y, "y") };
  const points = found.map((point) => drawnOn(point, logs));
  const best = frontier(points, betterSign(axes, "x"), betterSign(axes, "y"));
  const shared = { x: sharedInterval(points, "x"), y: sharedInterval(points, "y") };
  const [xaxis, yaxis] = [axisOf(axes, "x", points, logs.x), axisOf(axes, "y", points, logs.y)];
  const labelled = (point: Point): LabelledPoint => ({
    label: visible(point.label),
    x: scaled(point.drawn.x, xaxis.range, shared.x),
    y: scaled(point.drawn.y, yaxis.range, shared.y),
    weight: (best.includes(point) ? 2 : 0) + (isBaseline(point.record) ? 1 : 0),
    at: { x: point.drawn.x.value, y: point.drawn.y.value },
  });
  const labels = pointLabels(points.map(labelled), best.map(labelled));
  return {
    data: [...line(best), ...tracesOf(points, records, axes, shared)],
    layout: {
      ...sharedLayout,
      // A label of a point stays when its entry is clicked away, so entries are not for clicking where there are labels.
      ...(labels.length > 0 ? { legend: { ...sharedLayout.legend, itemclick: false, itemdoubleclick: false } } : {}),
      ...(labels.length === points.length && !severalBatches(points) ? { showlegend: false } : {}),
      xaxis,
      yaxis,
      shapes: [...band("x", shared.x), ...band("y", shared.y)],
      annotations: labels,
    },
  };
}

const errorTitles: Partial<Record<NamedAccuracy["name"], string>> = {
  mae: "mean absolute error",
  relative_error: "error against fp32",
};

function accuracyAxis(points: readonly Point[]): Omit<Axes, "x" | "y"> {
  const accuracies = points.flatMap(({ record }) => accuracyOf(record) ?? []);
  const error = accuracies.find(({ isError }) => isError);
  return {
    isShare: accuracies.every(({ isShare }) => isShare),
    isError: error !== undefined,
    accuracyTitle: (error && errorTitles[error.name]) ?? titles.accuracy,
  };
}

function pointsOf(records: readonly TrialRecord[], x: MetricName, y: MetricName): readonly Point[] {
  const labels = trialLabels(records);
  return records.flatMap((record) => {
    if (record.status !== "completed") return [];
    const label = labels.get(record.trial) ?? record.trial;
    const [xs, ys] = [metricValues(record, x), metricValues(record, y)];
    // Values of a batch size meet those of the same one, and values without any meet all.
    return xs.flatMap((xValue) =>
      ys
        .filter((yValue) => xValue.batch === undefined || yValue.batch === undefined || sameSetting(xValue, yValue))
        .map((yValue) => ({ record, label, x: xValue, y: yValue, drawn: { x: xValue, y: yValue } })),
    );
  });
}

/** 1 when more is better, -1 when less is; an error metric turns accuracy over. */
function betterSign(axes: Axes, key: "x" | "y"): 1 | -1 {
  const metric = axes[key];
  return lowerIsBetter.has(metric) || (metric === "accuracy" && axes.isError) ? -1 : 1;
}

/** The points that no other point beats on one axis without losing on the other, from the best x on; none when it is one alone. */
function frontier(points: readonly Point[], xSign: 1 | -1, ySign: 1 | -1): readonly Point[] {
  const byX = [...points].sort((a, b) => xSign * (b.x.value - a.x.value) || ySign * (b.y.value - a.y.value));
  const kept: Point[] = [];
  for (const point of byX) {
    const best = kept.at(-1);
    if (best === undefined || ySign * (point.y.value - best.y.value) > 0) kept.push(point);
  }
  return kept;
}

function line(best: readonly Point[]): readonly Trace[] {
  if (best.length < 2) return [];
  return [
    {
      type: "scatter",
      mode: "lines",
      name: "best trade-offs",
      x: best.map(({ drawn }) => drawn.x.value),
      y: best.map(({ drawn }) => drawn.y.value),
      line: { color: neutralColour, width: 1.5, dash: "dot" },
      hoverinfo: "skip",
    },
  ];
}

/** The interval that more than half of the points have, at least three; equal values alone have equal ones. */
function sharedInterval(points: readonly Point[], key: "x" | "y"): Interval | undefined {
  const counts = new Map<string, { readonly interval: Interval; readonly count: number }>();
  for (const point of points) {
    const { value, ci95 } = point.drawn[key];
    if (ci95 === undefined) continue;
    const name = `${value} ${ci95[0]} ${ci95[1]}`;
    counts.set(name, { interval: ci95, count: (counts.get(name)?.count ?? 0) + 1 });
  }
  return [...counts.values()].find(({ count }) => count >= 3 && count > points.length / 2)?.interval;
}

function isShared({ ci95 }: MetricValue, shared: Interval | undefined): boolean {
  return ci95 !== undefined && shared !== undefined && ci95[0] === shared[0] && ci95[1] === shared[1];
}

function band(key: "x" | "y", interval: Interval | undefined): readonly Band[] {
  if (interval === undefined || interval[0] === interval[1]) return [];
  const [low, high] = interval;
  const place =
    key === "x"
      ? ({ xref: "x", yref: "paper", x0: low, x1: high, y0: 0, y1: 1 } as const)
      : ({ xref: "paper", yref: "y", x0: 0, x1: 1, y0: low, y1: high } as const);
  return [{ type: "rect", layer: "below", ...place, fillcolor: `${neutralColour}26`, line: { width: 0 } }];
}

function severalBatches(points: readonly Point[]): boolean {
  return new Set(points.map(batchOf)).size > 1;
}

function tracesOf(
  points: readonly Point[],
  records: readonly TrialRecord[],
  axes: Axes,
  shared: Readonly<Record<"x" | "y", Interval | undefined>>,
): readonly Trace[] {
  if (isCrowded(points)) {
    return schemeTraces(
      points,
      (point) => `<b>${plotText(point.label)}</b><br>${hoverText(axes, "x", point)}<br>${hoverText(axes, "y", point)}`,
    );
  }
  return pointTraces(points, trialStyles(records), axes, shared);
}

/** More trials than looks that differ. */
function isCrowded(points: readonly Point[]): boolean {
  return new Set(points.map(({ record }) => record.trial)).size > MOST_LOOKS + 1;
}

/** With several batch sizes the shape says which, else it belongs to the trial as the colour does. */
function pointTraces(
  points: readonly Point[],
  styleOf: (record: TrialRecord) => TrialStyle,
  axes: Axes,
  shared: Readonly<Record<"x" | "y", Interval | undefined>>,
): readonly Trace[] {
  const batches = [...new Set(points.map(batchOf))];
  const shapeOf = (batch: number | undefined) => symbols[batches.indexOf(batch) % symbols.length] ?? "circle";
  const several = severalBatches(points);
  const named = new Set<string>();
  const traces = points.map((point): Trace => {
    const { color, symbol } = styleOf(point.record);
    const { trial } = point.record;
    const showlegend = !named.has(trial);
    named.add(trial);
    return {
      type: "scatter",
      mode: "markers",
      name: plotText(point.label),
      legendgroup: trial,
      showlegend,
      x: [point.drawn.x.value],
      y: [point.drawn.y.value],
      marker: { color, symbol: several ? shapeOf(batchOf(point)) : symbol, size: 11 },
      ...(isShared(point.drawn.x, shared.x) ? {} : errorBars("error_x", point.drawn.x, color)),
      ...(isShared(point.drawn.y, shared.y) ? {} : errorBars("error_y", point.drawn.y, color)),
      hovertemplate: `<b>%{fullData.name}</b><br>${hoverText(axes, "x", point)}<br>${hoverText(axes, "y", point)}<extra></extra>`,
    };
  });
  return several ? [...traces, ...batches.map((batch) => shapeLegend(batch, shapeOf(batch)))] : traces;
}

function batchOf({ x, y }: Point): number | undefined {
  return x.batch ?? y.batch;
}

/** A legend entry without points: which batch size a shape stands for. */
function shapeLegend(batch: number | undefined, symbol: (typeof symbols)[number]): Trace {
  const marker = { color: "#00000000", symbol, size: 11, line: { color: neutralColour, width: 1.5 } } as const;
  return { type: "scatter", mode: "markers", name: `batch ${batch}`, x: [null], y: [null], marker };
}

/** Thin, pale and without caps: the points are what is read first. */
function errorBars(key: "error_x" | "error_y", { value, ci95 }: MetricValue, color: Colour) {
  if (ci95 === undefined) return {};
  const bars: ErrorBars = {
    type: "data",
    symmetric: false,
    array: [ci95[1] - value],
    arrayminus: [value - ci95[0]],
    color: `${color}80`,
    thickness: 1.5,
    width: 0,
  };
  return { [key]: bars };
}

function hoverText(axes: Axes, key: "x" | "y", point: Point): string {
  const metric = axes[key];
  const { value, ci95, batch } = point[key];
  const show = (x: number) => metricText(metric, x, axes.isShare);
  const interval = ci95 === undefined ? "" : ` (${show(ci95[0])} to ${show(ci95[1])})`;
  return `${titleOf(axes, key).split(",")[0]}: ${show(value)}${interval}${batch === undefined ? "" : `, batch ${batch}`}`;
}

/** Metrics that are told by their ratios, and how many times the least the greatest is where only logarithms show both. */
const ratios: ReadonlySet<MetricName> = new Set(["speedup", "latency", "latency_p90", "latency_p99", "size", "cost"]);
const WIDE = 30;

function isWide(points: readonly Point[], metric: MetricName, key: "x" | "y"): boolean {
  const values = points.flatMap((point) => [point[key].value, ...(point[key].ci95 ?? [])]);
  const least = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  return ratios.has(metric) && least > 0 && values.some((value) => value >= WIDE * least);
}

function drawnOn(point: Point, logs: Readonly<Record<"x" | "y", boolean>>): Point {
  const on = (value: MetricValue, log: boolean): MetricValue =>
    log ? { ...value, value: Math.log10(value.value), ...(value.ci95 ? { ci95: logsOf(value.ci95) } : {}) } : value;
  return { ...point, drawn: { x: on(point.x, logs.x), y: on(point.y, logs.y) } };
}

const logsOf = ([low, high]: Interval): Interval => [Math.log10(low), Math.log10(high)];

function axisOf(axes: Axes, key: "x" | "y", points: readonly Point[], log: boolean) {
  if (!log) return linearAxis(axes, key, points);
  const metric = axes[key];
  const values = points.flatMap((point) => [point[key].value, ...(point[key].ci95 ?? [])]);
  return logAxis(values, `${titleOf(axes, key)} (logarithmic)`, (value) => metricText(metric, value, axes.isShare));
}

function titleOf(axes: Axes, key: "x" | "y"): string {
  return axes[key] === "accuracy" ? axes.accuracyTitle : titles[axes[key]];
}

/** An axis that shows every point with its whole interval, and sizes from zero on. */
function linearAxis(axes: Axes, key: "x" | "y", points: readonly Point[]) {
  const { [key]: metric, isShare } = axes;
  const isPercent =
    metric === "size_reduction" ||
    metric === "saving" ||
    (isShare && (metric === "accuracy" || metric === "accuracy_drop"));
  const isBytes = metric === "size" || metric === "memory";
  const values = points.flatMap((point) => [point[key].value, ...(point[key].ci95 ?? [])]);
  const range = paddedRange(isBytes ? [0, ...values] : values, isPercent ? 1 : Number.POSITIVE_INFINITY);
  const title = { text: titleOf(axes, key), standoff: 12 };
  const format = isPercent ? { tickformat: "~%" } : isBytes ? { tickformat: "~s" } : {};
  const suffix = metric === "speedup" ? { ticksuffix: "x" } : {};
  return { title, automargin: true, range, ...format, ...suffix } satisfies Axis;
}

/** A little more than the values; past `most`, which nothing can exceed, and below zero only as much as a marker needs. */
function paddedRange(values: readonly number[], most: number): Interval {
  if (values.length === 0) return [0, 1];
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  const span = high - low || Math.abs(high) * 0.2 || 1;
  const least = low < 0 ? low - span : Math.min(low, 0) - 0.02 * span;
  const from = Math.max(low - 0.06 * span, least, -Number.MAX_VALUE);
  const to = Math.min(high + 0.06 * span, Math.max(most, high) + 0.02 * span, Number.MAX_VALUE);
  return [from, to];
}

/** A value and its interval as shares of an axis, 0 to 1. */
function scaled({ value, ci95 }: MetricValue, range: Interval, shared: Interval | undefined): Placed {
  const bar = ci95 === undefined || isShared({ value, ci95 }, shared) ? undefined : ci95;
  return {
    at: share(value, range),
    ...(bar ? { bar: [share(bar[0], range), share(bar[1], range)] } : {}),
  };
}
