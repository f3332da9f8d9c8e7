import type { Annotation } from "../figure.js";
import { escapePlotly } from "../markup.js";
import { shortened, textWidth } from "../text-width.js";
import { neutralColour } from "./trial-style.js";

/** A value on an axis as its share of it, 0 to 1, with the ends of its error bar where one is drawn. */
export interface Placed {
  readonly at: number;
  readonly bar?: readonly [number, number];
}

export interface LabelledPoint {
  readonly label: string;
  readonly x: Placed;
  readonly y: Placed;
  /** Labels of more weight are placed first. */
  readonly weight: number;
  /** The point in data. */
  readonly at: { readonly x: number; readonly y: number };
}

/** The plot that labels are placed for, pixels: in a wider or higher one they have more room than they need. */
const plot = { width: 640, height: 290 };

const fontSize = 11.5;
const lineHeight = 15;
const longest = 26;

/** Past this many points only those that stand out are labelled; the legend names the others. */
const many = 16;

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

interface Candidate {
  readonly ax: number;
  readonly ay: number;
  readonly xanchor: Annotation["xanchor"];
}

/**
 * Labels for as many points as have room for one: no label covers a point or another label, and no line to a label
 * crosses one; one that covers a part of an error bar or of the line through `line` is the last choice.
 * Pure: the same points give the same labels.
 */
export function pointLabels(
  points: readonly LabelledPoint[],
  line: readonly LabelledPoint[] = [],
): readonly Annotation[] {
  const order = [...worthLabels(points)].sort((a, b) => b.weight - a.weight || a.x.at - b.x.at || a.y.at - b.y.at);
  const markers = points.map((point) => around(centre(point), 7));
  const bars = [...points.flatMap(barsOf).map((bar) => [bar]), ...segments(line)];
  const labels: Box[] = [];
  const lines: Box[] = [];
  return order.flatMap((point) => {
    const text = shortened(point.label, longest);
    const place = bestPlace(point, textWidth(text, fontSize), { markers, bars, labels, lines });
    if (place === undefined) return [];
    labels.push(place.label);
    lines.push(...place.line);
    return [annotation(point, escapePlotly(text), place.candidate)];
  });
}

/** All points; of a great many those that stand out, and of those no more than can have room, from one end to the other. */
function worthLabels(points: readonly LabelledPoint[]): readonly LabelledPoint[] {
  if (points.length <= many) return points;
  const outstanding = points.filter(({ weight }) => weight > 0).sort((a, b) => a.x.at - b.x.at);
  const every = Math.ceil(outstanding.length / many);
  return outstanding.filter(({ weight }, i) => i % every === 0 || i === outstanding.length - 1 || weight % 2 === 1);
}

function annotation({ at }: LabelledPoint, text: string, { ax, ay, xanchor }: Candidate): Annotation {
  return {
    ...{ x: at.x, y: at.y, text, ax, ay, xanchor, yanchor: "middle" },
    ...{ showarrow: true, arrowhead: 0, arrowwidth: 1, arrowcolor: neutralColour, standoff: 7 },
    font: { size: fontSize },
  };
}

/** Beside the point, then ever farther above and below it. */
const candidates: readonly Candidate[] = [
  { ax: 11, ay: 0, xanchor: "left" },
  { ax: -11, ay: 0, xanchor: "right" },
  ...[1, 2, 3, 4, 5, 6, 7].flatMap((step) =>
    [-1, 1].flatMap((side): readonly Candidate[] => {
      const ay = side * (2 + 17 * step);
      return [
        { ax: 0, ay, xanchor: "center" },
        { ax: 9, ay, xanchor: "left" },
        { ax: -9, ay, xanchor: "right" },
      ];
    }),
  ),
];

interface Taken {
  readonly markers: readonly Box[];
  /** Error bars and pieces of the line, each as boxes along it. */
  readonly bars: readonly (readonly Box[])[];
  readonly labels: readonly Box[];
  readonly lines: readonly Box[];
}

interface Place {
  readonly candidate: Candidate;
  readonly label: Box;
  readonly line: readonly Box[];
  readonly cost: number;
}

function bestPlace(point: LabelledPoint, width: number, taken: Taken): Place | undefined {
  let best: Place | undefined;
  for (const candidate of candidates) {
    const place = placeAt(point, width, candidate, taken);
    if (place && (best === undefined || place.cost < best.cost)) best = place;
  }
  return best;
}

function placeAt(point: LabelledPoint, width: number, candidate: Candidate, taken: Taken): Place | undefined {
  const { x, y } = centre(point);
  const { ax, ay, xanchor } = candidate;
  const left = x + ax - (xanchor === "left" ? 0 : xanchor === "right" ? width : width / 2);
  const [top, bottom] = [y + ay - lineHeight / 2, y + ay + lineHeight / 2];
  const label = { left, right: left + width, top, bottom };
  const isOutside = left < 0 || label.right > plot.width || top < 0 || bottom > plot.height;
  if (isOutside || [...taken.markers, ...taken.labels, ...taken.lines].some((box) => overlap(box, label))) return;
  const line = pathBoxes(x, y, x + ax, y + ay - (Math.sign(ay) * lineHeight) / 2);
  if (line.some((piece) => taken.labels.some((box) => overlap(box, piece)))) return;
  const own = around({ x, y }, 7);
  const passed = taken.markers.filter((box) => line.some((piece) => overlap(box, piece)) && !overlap(box, own));
  const crossed = taken.bars.filter((bar) => bar.some((box) => overlap(box, label))).length;
  return { candidate, label, line, cost: Math.abs(ay) + Math.abs(ax) / 2 + 22 * crossed + 40 * passed.length };
}

function segments(line: readonly LabelledPoint[]): readonly (readonly Box[])[] {
  return line.slice(1).map((point, i) => {
    const [from, to] = [centre(line[i] ?? point), centre(point)];
    const steps = Math.max(1, Math.ceil(Math.hypot(to.x - from.x, to.y - from.y) / 5));
    return Array.from({ length: steps + 1 }, (_, step) => {
      const at = step / steps;
      return around({ x: from.x + (to.x - from.x) * at, y: from.y + (to.y - from.y) * at }, 2);
    });
  });
}

/** Small boxes along the line from a point to its label, so that lines can be compared as boxes are. */
function pathBoxes(x0: number, y0: number, x1: number, y1: number): readonly Box[] {
  const steps = Math.max(1, Math.ceil(Math.abs(y1 - y0) / 6));
  return Array.from({ length: steps }, (_, i) => {
    const at = (i + 0.5) / steps;
    return around({ x: x0 + (x1 - x0) * at, y: y0 + (y1 - y0) * at }, 3);
  }).slice(1);
}

function centre({ x, y }: LabelledPoint): { readonly x: number; readonly y: number } {
  return { x: x.at * plot.width, y: (1 - y.at) * plot.height };
}

function barsOf(point: LabelledPoint): readonly Box[] {
  const { x, y } = centre(point);
  const [across, up] = [point.x.bar, point.y.bar];
  return [
    ...(across ? [{ left: across[0] * plot.width, right: across[1] * plot.width, top: y - 1, bottom: y + 1 }] : []),
    ...(up ? [{ left: x - 1, right: x + 1, top: (1 - up[1]) * plot.height, bottom: (1 - up[0]) * plot.height }] : []),
  ];
}

function around({ x, y }: { readonly x: number; readonly y: number }, reach: number): Box {
  return { left: x - reach, right: x + reach, top: y - reach, bottom: y + reach };
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
