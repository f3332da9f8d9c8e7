import type { Band, Figure, Trace } from "../figure.js";
import { type UserAxis, userAxis } from "./axis.js";
import { arranged, type BarTrace, barSides, bars, drawn, histogram, isHorizontal } from "./bars.js";
import { cells, type Heatmap, heatmapOf } from "./heatmap.js";
import { type Part, partOf, type Value, valuesOf } from "./input.js";
import { leftOfScatter, scatter } from "./scatter.js";

/** What can be drawn of a figure without a browser, and what cannot, in words. */
export interface UserFigure {
  /** Absent when nothing can be drawn faithfully. */
  readonly figure?: Figure;
  /** What the drawing's colours mean, where they mean numbers. */
  readonly meaning: string;
  readonly left: readonly string[];
}

type Kind = "scatter" | "bar" | "histogram" | "heatmap";

interface Known {
  readonly kind: Kind;
  readonly trace: Part;
  readonly index: number;
}

/** A plotly figure of the user's as one of ours: points, lines, bars, histograms and heat maps on one pair of linear axes. */
export function userFigure(data: readonly unknown[], given: Part): UserFigure {
  const shown = data.map(partOf).filter(({ visible }) => visible !== false && visible !== "legendonly");
  const known = shown.flatMap((trace, index): readonly Known[] => {
    const kind = kindOf(trace);
    return kind === undefined ? [] : [{ kind, trace, index }];
  });
  const unknown = shown
    .filter((trace) => kindOf(trace) === undefined)
    .map(({ type }) => `traces of type ${String(type)}`);
  const obstacles = obstaclesOf(known, given);
  if (known.length === 0 || obstacles.length > 0) return { meaning: "", left: distinct([...obstacles, ...unknown]) };
  const layout = partOf(given);
  const sides = known.map(sidesOf);
  const x = userAxis(
    partOf(layout.xaxis),
    sides.flatMap((side) => side.x),
  );
  const y = userAxis(
    partOf(layout.yaxis),
    sides.flatMap((side) => side.y),
  );
  const { meaning, ...figure } = assembled(known, layout, x, y);
  const left = [...unknown, ...known.flatMap(({ kind, trace }) => (kind === "scatter" ? leftOfScatter(trace) : []))];
  const beside = ["shapes", "annotations"].filter((name) => valuesOf(layout[name]).length > 0);
  return { figure, meaning, left: distinct([...left, ...beside]) };
}

function distinct(words: readonly string[]): readonly string[] {
  return [...new Set(words)];
}

function kindOf(trace: Part): Kind | undefined {
  const { type = "scatter" } = trace;
  if (type === "scatter" || type === "scattergl") return "scatter";
  if (type === "heatmap") return heatmapOf(trace) ? "heatmap" : undefined;
  return type === "bar" || type === "histogram" ? type : undefined;
}

/** What would make a drawing on one pair of linear axes wrong. */
function obstaclesOf(known: readonly Known[], layout: Part): readonly string[] {
  const isLog = ["xaxis", "yaxis"].some((name) => partOf(layout[name]).type === "log");
  const isSecond = known.some(({ trace: { xaxis = "x", yaxis = "y" } }) => xaxis !== "x" || yaxis !== "y");
  const isReversed = ["xaxis", "yaxis"].some((name) => partOf(layout[name]).autorange === "reversed");
  return [
    ...(isLog ? ["logarithmic axes"] : []),
    ...(isSecond ? ["several pairs of axes"] : []),
    ...(isReversed ? ["reversed axes"] : []),
  ];
}

/** The values that decide what each axis is. */
function sidesOf({ kind, trace }: Known): { readonly x: readonly Value[]; readonly y: readonly Value[] } {
  const [x, y] = [valuesOf(trace.x), valuesOf(trace.y)];
  if (kind === "scatter") return { x, y };
  if (kind === "heatmap") return heatmapOf(trace) ?? { x, y };
  const [base, length] = kind === "bar" ? barSides(trace) : [isHorizontal(trace) ? y : x, []];
  return isHorizontal(trace) ? { x: length, y: base } : { x: base, y: length };
}

function assembled(
  known: readonly Known[],
  layout: Part,
  x: UserAxis,
  y: UserAxis,
): Figure & { readonly meaning: string } {
  const points = known.filter(({ kind }) => kind === "scatter").map(({ trace, index }) => scatter(trace, index, x, y));
  const barTraces = known.flatMap(({ kind, trace, index }): readonly BarTrace[] => {
    const [base, length] = isHorizontal(trace) ? [y, x] : [x, y];
    if (kind === "bar") return [bars(trace, index, base, length)];
    return kind === "histogram" ? [histogram(trace, index, base)] : [];
  });
  const isHistogram = known.some(({ kind }) => kind === "histogram");
  const stood = arranged(barTraces, layout.barmode).map((trace) => drawn(trace, isHistogram ? 0.97 : 0.8));
  const maps = known.flatMap(({ kind, trace }) => (kind === "heatmap" ? [heatmapOf(trace) as Heatmap] : []));
  const coloured = maps.map((map) => cells(map, x, y));
  const shapes = [...coloured.flatMap((map) => map.shapes), ...stood.flatMap((bar) => bar.shapes)];
  const data = [...points, ...stood.map(({ entry }) => entry)];
  const isLegendShown = layout.showlegend === true || (layout.showlegend !== false && data.length > 1);
  return {
    data,
    meaning: coloured.map(({ meaning }) => meaning).join(" "),
    layout: {
      hovermode: "closest",
      legend: {},
      margin: { l: 60, r: 20, t: 16, b: 60 },
      showlegend: isLegendShown,
      xaxis: x.axis(
        ...rangeOf(
          points.map((trace) => trace.x),
          shapes,
          "x",
          coloured.length > 0,
        ),
      ),
      yaxis: y.axis(
        ...rangeOf(
          points.map((trace) => trace.y),
          shapes,
          "y",
          coloured.length > 0,
        ),
      ),
      shapes,
    },
  };
}

/** From the least to the greatest, with a little room; bars stand on the axis, and heat maps fill the plot. */
function rangeOf(
  points: readonly Trace["x"][],
  shapes: readonly Band[],
  key: "x" | "y",
  fills: boolean,
): readonly [number, number] {
  const ends = shapes.flatMap((shape) => (key === "x" ? [shape.x0, shape.x1] : [shape.y0, shape.y1]));
  const values = points.flat().filter((value) => typeof value === "number");
  const all = [...values, ...ends];
  if (all.length === 0) return [0, 1];
  const [low, high] = all.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [Infinity, -Infinity]);
  if (low === high) return [low - 1, high + 1];
  const pad = fills ? 0 : (high - low) / 20;
  const isBase = (end: number) => end === 0 && ends.includes(0);
  return [isBase(low) ? low : low - pad, isBase(high) ? high : high + pad];
}
