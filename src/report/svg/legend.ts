import type { Figure, Line, Marker, Trace } from "../figure.js";
import { shortened, textWidth } from "../text-width.js";
import { marker, polyline } from "./marks.js";
import { plainText } from "./markup.js";
import { textAt } from "./text.js";

const size = 12;
const rowHeight = 20;

interface Entry {
  readonly trace: Trace;
  readonly text: string;
  /** Pixels from the legend's left, and rows from its top. */
  readonly x: number;
  readonly row: number;
}

export interface Legend {
  readonly height: number;
  readonly entries: readonly Entry[];
}

/** Entries side by side, in as many rows as they need. */
export function legendOf({ data, layout }: Figure, width: number): Legend {
  const shown = layout.showlegend === false ? [] : data.filter(({ showlegend }) => showlegend !== false);
  const entries: Entry[] = [];
  let [x, row] = [0, 0];
  for (const trace of shown) {
    const text = shortened(plainText(trace.name), 48);
    const needed = sampleWidth(trace) + 7 + textWidth(text, size);
    if (x > 0 && x + needed > width) [x, row] = [0, row + 1];
    entries.push({ trace, text, x, row });
    x += needed + 18;
  }
  return { entries, height: entries.length === 0 ? 0 : (row + 1) * rowHeight };
}

function sampleWidth(trace: Trace): number {
  return lineOf(trace) ? 30 : 14;
}

function lineOf(trace: Trace): Line | undefined {
  return trace.type === "scatter" && trace.mode !== "markers" ? trace.line : undefined;
}

/** Bars have a square of their colour. */
function markerOf(trace: Trace): Marker | undefined {
  if (trace.type === "bar") return { color: trace.marker.color, symbol: "square", size: 11 };
  return trace.mode === "lines" ? undefined : trace.marker;
}

export function drawLegend({ entries }: Legend, left: number, top: number): string {
  const drawn = entries.map(({ trace, text, x, row }) => {
    const [start, y] = [left + x, top + (row + 0.5) * rowHeight];
    const end = start + sampleWidth(trace);
    const [line, look] = [lineOf(trace), markerOf(trace)];
    const ends = [
      { x: start, y },
      { x: end, y },
    ];
    const drawnLine = line ? polyline(ends, line) : "";
    const mark = look ? marker(look, { x: (start + end) / 2, y }) : "";
    return drawnLine + mark + textAt(end + 7, y, text, { size });
  });
  return drawn.join("\n");
}
