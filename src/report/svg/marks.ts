import type { Dash, ErrorBars, Line, Marker, MarkerSymbol } from "../figure.js";
import { coordinate, element } from "./markup.js";
import { paint } from "./palette.js";

export interface Place {
  readonly x: number;
  readonly y: number;
}

/** The edges of the plot, pixels of the picture. */
export interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** A marker, as large as plotly draws it. */
export function marker({ color, symbol, size, line }: Marker, { x, y }: Place): string {
  const edge = line ? { ...paint("stroke", line.color), "stroke-width": line.width } : {};
  if (symbol === "circle") return element("circle", { cx: x, cy: y, r: size / 2, ...paint("fill", color), ...edge });
  const points = outlines[symbol].map(([dx, dy]) => [x + (dx * size) / 2, y + (dy * size) / 2] as const);
  return element("polygon", { points: points.map(pair).join(" "), ...paint("fill", color), ...edge });
}

function pair([x, y]: readonly [number, number]): string {
  return `${coordinate(x)},${coordinate(y)}`;
}

type Outline = readonly (readonly [number, number])[];

const plus: Outline = [
  [-0.4, -1.2],
  [0.4, -1.2],
  [0.4, -0.4],
  [1.2, -0.4],
  [1.2, 0.4],
  [0.4, 0.4],
  [0.4, 1.2],
  [-0.4, 1.2],
  [-0.4, 0.4],
  [-1.2, 0.4],
  [-1.2, -0.4],
  [-0.4, -0.4],
];

const turned: Outline = plus.map(([x, y]) => [(x - y) * Math.SQRT1_2, (x + y) * Math.SQRT1_2]);

/** Corners of the symbols, in half sizes from the middle. */
const outlines: Readonly<Record<Exclude<MarkerSymbol, "circle">, Outline>> = {
  square: [
    [-1, -1],
    [1, -1],
    [1, 1],
    [-1, 1],
  ],
  diamond: [
    [0, -1.3],
    [1.3, 0],
    [0, 1.3],
    [-1.3, 0],
  ],
  "triangle-up": [
    [0, -1],
    [1.15, 1],
    [-1.15, 1],
  ],
  cross: plus,
  x: turned,
};

const dashArrays: Readonly<Record<Dash, string | undefined>> = {
  solid: undefined,
  dash: "9 6",
  dot: "2 4",
  dashdot: "9 4 2 4",
};

/** A line through places, cut at the plot's edges where there is a plot; a gap stays a gap. */
export function polyline(
  places: readonly (Place | undefined)[],
  { color, width, dash }: Line,
  frame: Frame | undefined = undefined,
): string {
  let pen: Place | undefined;
  const steps = places.slice(1).flatMap((to, i) => {
    const from = places[i];
    const drawn = from && to && (frame ? inside(from, to, frame) : ([from, to] as const));
    if (!drawn) return [];
    const [start, end] = drawn;
    const isOn = pen !== undefined && pen.x === start.x && pen.y === start.y;
    pen = end;
    return [...(isOn ? [] : [`M${step(start)}`]), `L${step(end)}`];
  });
  if (steps.length === 0) return "";
  return element("path", {
    ...{ d: steps.join(""), fill: "none", ...paint("stroke", color), "stroke-width": width },
    ...{ "stroke-dasharray": dashArrays[dash], "stroke-linejoin": "round" },
  });
}

function step({ x, y }: Place): string {
  return `${coordinate(x)} ${coordinate(y)}`;
}

/**
 * The part of a straight line that lies in the plot; undefined where none does.
 * Liang and Barsky, "A New Concept and Method for Line Clipping", ACM Transactions on Graphics 3(1), 1984.
 */
function inside(from: Place, to: Place, { left, right, top, bottom }: Frame): readonly [Place, Place] | undefined {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  let [enter, leave] = [0, 1];
  const edges = [
    [-dx, from.x - left],
    [dx, right - from.x],
    [-dy, from.y - top],
    [dy, bottom - from.y],
  ] as const;
  for (const [toward, room] of edges) {
    if (toward === 0 && room < 0) return undefined;
    if (toward < 0) enter = Math.max(enter, room / toward);
    if (toward > 0) leave = Math.min(leave, room / toward);
  }
  if (enter > leave) return undefined;
  const at = (t: number): Place => (t === 0 ? from : t === 1 ? to : { x: from.x + t * dx, y: from.y + t * dy });
  return [at(enter), at(leave)];
}

/** An error bar between two ends, cut at the plot's edges; a cap only where its end lies inside. */
export function errorBar(key: "x" | "y", at: Place, from: number, to: number, bars: ErrorBars, frame: Frame): string {
  const [least, most] = key === "x" ? [frame.left, frame.right] : [frame.top, frame.bottom];
  const [a, b] = [Math.min(from, to), Math.max(from, to)];
  const [start, end] = [Math.max(a, least), Math.min(b, most)];
  if (!(start < end)) return "";
  const isAcross = key === "x";
  const line = (x1: number, y1: number, x2: number, y2: number) =>
    element("line", { x1, y1, x2, y2, ...paint("stroke", bars.color), "stroke-width": bars.thickness });
  const cap = (place: number) =>
    isAcross
      ? line(place, at.y - bars.width, place, at.y + bars.width)
      : line(at.x - bars.width, place, at.x + bars.width, place);
  const caps = bars.width > 0 ? [a, b].filter((place) => place >= least && place <= most).map(cap) : [];
  return [isAcross ? line(start, at.y, end, at.y) : line(at.x, start, at.x, end), ...caps].join("");
}
