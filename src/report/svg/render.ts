import type { Annotation, Band, Figure, Scatter } from "../figure.js";
import { textWidth } from "../text-width.js";
import { grid, xAxis, xAxisHeight, yAxis, yAxisWidth } from "./axes.js";
import { area, bars } from "./bars.js";
import { drawLegend, legendOf } from "./legend.js";
import { errorBar, type Frame, marker, type Place, polyline } from "./marks.js";
import { element, escapeXml, plainText } from "./markup.js";
import { fill, fontFamily, paint, styleSheet } from "./palette.js";
import { type Scale, scaleOf } from "./scale.js";
import { textAt, wrapped } from "./text.js";

export interface SvgOptions {
  /** Above the plot, and what a screen reader says first. */
  readonly title: string;
  /** Below the title. */
  readonly caption?: string;
  /** Of the picture, pixels; 900 unless given, never less than 320. */
  readonly width?: number;
  /** Of the plot between its axes, pixels; 340 unless given. */
  readonly height?: number;
  /**
   * Part of a page that shows title and caption itself and has the picture's colours in its own style sheet: neither is drawn,
   * nor a ground.
   */
  readonly bare?: boolean;
}

interface Scales {
  readonly x: Scale;
  readonly y: Scale;
}

const margin = 16;

/**
 * A figure as one SVG file, drawn without a browser: the same points, bars, lines, ticks and labels that plotly draws
 * of it. It needs nothing else, runs nothing, follows the reader's light or dark setting, and is well-formed XML.
 */
export function renderSvg(figure: Figure, { title, caption = "", bare = false, ...size }: SvgOptions): string {
  const width = Math.max(320, size.width ?? 900);
  const height = size.height ?? 340;
  const { xaxis, yaxis } = figure.layout;
  const scales = {
    x: scaleOf(xaxis, "x", figure.data, Math.round(width / 110)),
    y: scaleOf(yaxis, "y", figure.data, Math.round(height / 55)),
  };
  const lines = bare ? [] : wrapped(caption, 12, width - 2 * margin);
  const top = bare ? 10 : margin + 22 + 17 * lines.length + 10;
  const left = margin + yAxisWidth(yaxis, scales.y, xaxis, scales.x, width - 120);
  const frame = { left, right: width - margin - 8, top, bottom: top + height };
  const below = frame.bottom + xAxisHeight(xaxis, scales.x) + 12;
  const legend = legendOf(figure, width - 2 * margin);
  const total = below + legend.height + (legend.height > 0 ? 8 : 2);
  const parts = [
    ...(bare ? [] : heading(title, width, total)),
    ...lines.map((line, i) => textAt(margin, margin + 30 + 17 * i, line, { size: 12, tone: "quiet" })),
    ...plot(figure, scales, frame),
    yAxis(yaxis, scales.y, frame, margin),
    xAxis(xaxis, scales.x, frame),
    ...(figure.layout.annotations ?? []).map((annotation) => label(annotation, scales, frame)),
    drawLegend(legend, margin, below),
  ];
  const head = {
    ...{
      xmlns: bare ? undefined : "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${width} ${Math.ceil(total)}`,
      width,
      height: Math.ceil(total),
    },
    ...{ role: "img", "aria-label": `${title}. ${caption}`.trim(), "font-family": fontFamily },
  };
  return `${element("svg", head, `\n${parts.filter((part) => part !== "").join("\n")}\n`)}\n`;
}

function heading(title: string, width: number, height: number): readonly string[] {
  return [
    element("title", {}, escapeXml(title)),
    element("style", {}, escapeXml(styleSheet)),
    element("rect", { width, height, rx: 6, ...fill("ground") }),
    textAt(margin, margin + 9, title, { size: 16, bold: true }),
  ];
}

/** Everything between the axes: bands, the grid, areas, bars, intervals, lines and points, each above the one before. */
function plot({ data, layout }: Figure, scales: Scales, frame: Frame): readonly string[] {
  const scatter = data.filter((trace) => trace.type === "scatter");
  const bands = (layer: Band["layer"]) =>
    (layout.shapes ?? []).filter((shape) => shape.layer === layer).map((shape) => band(shape, scales, frame));
  return [
    ...bands("below"),
    grid("x", layout.xaxis, scales.x, frame),
    grid("y", layout.yaxis, scales.y, frame),
    ...bands("above"),
    ...data.filter((trace) => trace.type === "bar").map((trace) => bars(trace, scales, frame)),
    ...scatter.map((trace) => intervals(trace, scales, frame)),
    ...scatter.map((trace) => path(trace, scales, frame)),
    ...scatter.map((trace) => points(trace, scales, frame)),
  ];
}

function placeOf(x: number | string | null | undefined, y: number | null | undefined, scales: Scales, frame: Frame) {
  if (x === null || x === undefined || y === null || y === undefined) return undefined;
  const [across, up] = [scales.x.at(x), scales.y.at(y)];
  return across === undefined || up === undefined ? undefined : pixels(across, up, frame);
}

function pixels(across: number, up: number, { left, right, top, bottom }: Frame): Place {
  return { x: left + across * (right - left), y: bottom - up * (bottom - top) };
}

function places({ x, y }: Scatter, scales: Scales, frame: Frame): readonly (Place | undefined)[] {
  return x.map((value, i) => placeOf(value, y[i], scales, frame));
}

function points(trace: Scatter, scales: Scales, frame: Frame): string {
  const { marker: look } = trace;
  if (trace.mode === "lines" || look === undefined) return "";
  return places(trace, scales, frame)
    .flatMap((place) => (place ? marker(look, place) : []))
    .join("");
}

function path(trace: Scatter, scales: Scales, frame: Frame): string {
  return trace.mode === "markers" || !trace.line ? "" : polyline(places(trace, scales, frame), trace.line, frame);
}

function intervals(trace: Scatter, scales: Scales, frame: Frame): string {
  return trace.x.map((x, i) => intervalsAt(trace, x, trace.y[i], i, scales, frame)).join("");
}

function intervalsAt(
  { error_x, error_y }: Scatter,
  x: number | string | null,
  y: number | null | undefined,
  i: number,
  scales: Scales,
  frame: Frame,
): string {
  const at = placeOf(x, y, scales, frame);
  if (!at) return "";
  const bars: string[] = [];
  if (error_x && typeof x === "number") {
    const [low, high] = [-1, 1].map((side) => placeOf(x + side * reach(error_x, i, side), y, scales, frame)?.x ?? at.x);
    bars.push(errorBar("x", at, low ?? at.x, high ?? at.x, error_x, frame));
  }
  if (error_y && typeof y === "number") {
    const [low, high] = [-1, 1].map((side) => placeOf(x, y + side * reach(error_y, i, side), scales, frame)?.y ?? at.y);
    bars.push(errorBar("y", at, low ?? at.y, high ?? at.y, error_y, frame));
  }
  return bars.join("");
}

function reach({ array, arrayminus }: NonNullable<Scatter["error_x"]>, i: number, side: number): number {
  return (side < 0 ? arrayminus[i] : array[i]) ?? 0;
}

function band({ xref, yref, x0, x1, y0, y1, fillcolor }: Band, { x, y }: Scales, frame: Frame): string {
  const across = [x0, x1].map((value) => (xref === "paper" ? value : x.at(value)));
  const up = [y0, y1].map((value) => (yref === "paper" ? value : y.at(value)));
  return area([across[0], across[1]], [up[0], up[1]], fillcolor, frame);
}

/** A label and, where it lies away from its point, the line to it. */
function label(annotation: Annotation, scales: Scales, frame: Frame): string {
  const at = placeOf(annotation.x, annotation.y, scales, frame);
  if (!at) return "";
  const { ax, ay, standoff, arrowcolor, arrowwidth, font } = annotation;
  const text = plainText(annotation.text);
  const end = { x: at.x + ax, y: at.y + ay - (Math.sign(ay) * font.size) / 2 };
  const length = Math.hypot(end.x - at.x, end.y - at.y);
  const anchor = ({ left: "start", center: "middle", right: "end" } as const)[annotation.xanchor];
  const words = textAt(held(at.x + ax, anchor, textWidth(text, font.size), frame), at.y + ay, text, {
    ...font,
    anchor,
  });
  if (length <= standoff + 4) return words;
  const start = { x: at.x + ((end.x - at.x) * standoff) / length, y: at.y + ((end.y - at.y) * standoff) / length };
  const line = { x1: start.x, y1: start.y, x2: end.x, y2: end.y };
  return element("line", { ...line, ...paint("stroke", arrowcolor), "stroke-width": arrowwidth }) + words;
}

/** A label's anchor, moved so that the label stays in the plot's width. */
function held(x: number, anchor: "start" | "middle" | "end", width: number, { left, right }: Frame): number {
  const before = anchor === "start" ? 0 : anchor === "end" ? width : width / 2;
  return Math.max(left + before, Math.min(x, right - (width - before)));
}
