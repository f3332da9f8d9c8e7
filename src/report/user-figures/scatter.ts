import { dashes, type MarkerSymbol, type Scatter, symbols } from "../figure.js";
import { plotText } from "../markup.js";
import type { UserAxis } from "./axis.js";
import { colourOf, type Part, partOf, textOf, valuesOf } from "./input.js";

/** Points and lines; `x` counts from 0 where it is not given. What a trace has beyond them is named, not drawn. */
export function scatter(trace: Part, index: number, x: UserAxis, y: UserAxis): Scatter {
  const ys = valuesOf(trace.y);
  const xs = trace.x === undefined ? ys.map((_, i) => i) : valuesOf(trace.x);
  const mode = modeOf(trace, xs.length);
  const [marker, line] = [partOf(trace.marker), partOf(trace.line)];
  const color = colourOf(marker.color ?? line.color, index);
  return {
    type: "scatter",
    mode,
    name: plotText(textOf(trace.name) ?? `trace ${index}`),
    x: xs.map(x.at),
    y: xs.map((_, i) => y.at(ys[i])),
    marker: { color, symbol: symbolOf(marker.symbol), size: sizeOf(marker.size, 6) },
    line: {
      color: colourOf(line.color ?? marker.color, index),
      width: sizeOf(line.width, 2),
      dash: dashes.find((dash) => dash === line.dash) ?? "solid",
    },
  };
}

/** What a scatter trace says that is not drawn. */
export function leftOfScatter(trace: Part): readonly string[] {
  const { mode, fill, marker, error_x, error_y } = trace;
  return [
    ...(typeof mode === "string" && mode.includes("text") ? ["texts at points"] : []),
    ...(typeof fill === "string" && fill !== "none" ? ["filled areas"] : []),
    ...(Array.isArray(partOf(marker).color) ? ["a colour for each point"] : []),
    ...(Array.isArray(partOf(marker).size) ? ["a size for each point"] : []),
    ...(error_x !== undefined || error_y !== undefined ? ["error bars"] : []),
  ];
}

/** Plotly draws points, too, where they are few. */
function modeOf({ mode }: Part, points: number): Scatter["mode"] {
  const words = typeof mode === "string" ? mode.split("+") : points < 20 ? ["lines", "markers"] : ["lines"];
  const [lines, markers] = [words.includes("lines"), words.includes("markers")];
  return lines ? (markers ? "lines+markers" : "lines") : "markers";
}

function symbolOf(symbol: unknown): MarkerSymbol {
  return [...symbols, "cross" as const].find((known) => known === symbol) ?? "circle";
}

function sizeOf(size: unknown, usual: number): number {
  return typeof size === "number" && size > 0 ? Math.min(size, 60) : usual;
}
