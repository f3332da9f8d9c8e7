import type { Axis } from "../figure.js";
import { textWidth } from "../text-width.js";
import type { Frame } from "./marks.js";
import { element } from "./markup.js";
import { stroke } from "./palette.js";
import type { Scale } from "./scale.js";
import { textAt } from "./text.js";

const tickLength = 5;
const titleSize = 13;
const standoff = 10;

function tickSize({ tickfont }: Axis): number {
  return tickfont?.size ?? 12;
}

/** Room below the plot for ticks, their texts and the title, pixels. */
export function xAxisHeight(axis: Axis, { ticks }: Scale): number {
  const size = tickSize(axis);
  const widest = Math.max(0, ...ticks.map(({ text }) => textWidth(text, size)));
  const { tickangle = 0 } = axis;
  const texts = tickangle === 0 ? size : tickangle === -90 ? widest : (widest + size) * Math.SQRT1_2;
  return tickLength + 5 + texts + (axis.title ? standoff + titleSize : 0);
}

/** Room left of the plot, pixels; slanted texts of the axis below may need more than the axis itself. */
export function yAxisWidth(yaxis: Axis, y: Scale, xaxis: Axis, x: Scale, plotWidth: number): number {
  const own = Math.max(0, ...y.ticks.map(({ text }) => textWidth(text, tickSize(yaxis))));
  const size = tickSize(xaxis);
  const reach = ({ at, text }: Scale["ticks"][number]) => {
    const width = textWidth(text, size);
    const left = xaxis.tickangle === -45 ? (width + size) * Math.SQRT1_2 : xaxis.tickangle === -90 ? size : width / 2;
    return left - at * plotWidth;
  };
  return Math.max(tickLength + 4 + own + (yaxis.title ? standoff + titleSize : 0), ...x.ticks.map(reach));
}

/** Lines across the plot at the ticks; they lie below everything else. */
export function grid(key: "x" | "y", axis: Axis, { ticks }: Scale, frame: Frame): string {
  if (axis.showgrid === false) return "";
  const { left, right, top, bottom } = frame;
  const lines = ticks.map(({ at }) => {
    const [x, y] = [left + at * (right - left), bottom - at * (bottom - top)];
    const ends = key === "x" ? { x1: x, y1: top, x2: x, y2: bottom } : { x1: left, y1: y, x2: right, y2: y };
    return element("line", { ...ends, ...stroke("grid") });
  });
  return lines.join("");
}

export function xAxis(axis: Axis, scale: Scale, frame: Frame): string {
  const { left, right, bottom } = frame;
  const size = tickSize(axis);
  const { tickangle = 0 } = axis;
  const ticks = scale.ticks.map(({ at, text }) => {
    const x = left + at * (right - left);
    const y = bottom + tickLength + 5 + (tickangle === 0 ? size / 2 : 0);
    const anchor = tickangle === 0 ? "middle" : "end";
    const line = element("line", { x1: x, y1: bottom, x2: x, y2: bottom + tickLength, ...stroke("line") });
    return line + textAt(x, y, text, { size, anchor, angle: tickangle });
  });
  const y = bottom + xAxisHeight(axis, scale) - titleSize / 2;
  const title = axis.title ? textAt((left + right) / 2, y, axis.title.text, { size: titleSize, anchor: "middle" }) : "";
  return element("line", { x1: left, y1: bottom, x2: right, y2: bottom, ...stroke("line") }) + ticks.join("") + title;
}

/** @param edge where the title's outer side lies, pixels from the picture's left */
export function yAxis(axis: Axis, scale: Scale, frame: Frame, edge: number): string {
  const { left, top, bottom } = frame;
  const ticks = scale.ticks.map(({ at, text }) => {
    const y = bottom - at * (bottom - top);
    const line = element("line", { x1: left - tickLength, y1: y, x2: left, y2: y, ...stroke("line") });
    return line + textAt(left - tickLength - 4, y, text, { size: tickSize(axis), anchor: "end" });
  });
  const style = { size: titleSize, anchor: "middle", angle: -90 } as const;
  const title = axis.title ? textAt(edge + titleSize / 2, (top + bottom) / 2, axis.title.text, style) : "";
  return element("line", { x1: left, y1: top, x2: left, y2: bottom, ...stroke("line") }) + ticks.join("") + title;
}
