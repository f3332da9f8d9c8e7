import { bin } from "d3-array";
import type { Band, Colour, Trace } from "../figure.js";
import { plotText } from "../markup.js";
import type { UserAxis } from "./axis.js";
import { colourOf, type Part, partOf, textOf, type Value, valuesOf } from "./input.js";

/** One bar: its middle on the axis of its kind, its width there, and its ends on the other. */
interface Bar {
  readonly at: number;
  readonly from: number;
  readonly to: number;
}

/** The bars of one trace. */
export interface BarTrace {
  readonly name: string;
  readonly color: Colour;
  readonly isHorizontal: boolean;
  readonly bars: readonly Bar[];
  /** Width of the room of one bar, in the axis's unit. */
  readonly room: number;
}

export function isHorizontal({ orientation }: Part): boolean {
  return orientation === "h";
}

/** Names or numbers that the bars stand on, and their lengths. */
export function barSides(trace: Part): readonly [readonly Value[], readonly Value[]] {
  const [x, y] = [valuesOf(trace.x), valuesOf(trace.y)];
  const [bases, lengths] = isHorizontal(trace) ? [y, x] : [x, y];
  return [bases.length > 0 ? bases : lengths.map((_, i) => i), lengths];
}

export function bars(trace: Part, index: number, base: UserAxis, length: UserAxis): BarTrace {
  const [bases, lengths] = barSides(trace);
  const places = bases.map(base.at);
  const found = places.flatMap((at, i): readonly Bar[] => {
    const to = length.at(lengths[i]);
    return at === null || to === null ? [] : [{ at, from: 0, to }];
  });
  return { ...lookOf(trace, index), bars: found, room: base.isCategory ? 1 : leastStep(places) };
}

/** How many values fall in each of some equal steps; about as many steps as plotly takes, or as many as asked for. */
export function histogram(trace: Part, index: number, base: UserAxis): BarTrace {
  const given = valuesOf(isHorizontal(trace) ? trace.y : trace.x);
  const values = given.flatMap((value) => base.at(value) ?? []);
  const asked = isHorizontal(trace) ? trace.nbinsy : trace.nbinsx;
  const steps = typeof asked === "number" && asked >= 1 ? Math.min(asked, 500) : Math.ceil(Math.sqrt(values.length));
  const bins = base.isCategory
    ? [...new Set(values)].map((at) => ({ at, count: values.filter((value) => value === at).length }))
    : bin()
        .thresholds(Math.min(steps, 100))(values)
        .map(({ x0 = 0, x1 = 0, length }) => ({ at: (x0 + x1) / 2, count: length }));
  const room = base.isCategory ? 1 : leastStep(bins.map(({ at }) => at));
  return { ...lookOf(trace, index), bars: bins.map(({ at, count }) => ({ at, from: 0, to: count })), room };
}

function lookOf(trace: Part, index: number) {
  const name = plotText(textOf(trace.name) ?? `trace ${index}`);
  return { name, color: colourOf(partOf(trace.marker).color, index), isHorizontal: isHorizontal(trace) };
}

function leastStep(places: readonly (number | null)[]): number {
  const sorted = places.filter((at) => at !== null).sort((a, b) => a - b);
  const steps = sorted.flatMap((at, i) => (i > 0 && at > (sorted[i - 1] ?? at) ? [at - (sorted[i - 1] ?? at)] : []));
  return steps.length === 0 ? 1 : Math.min(...steps);
}

/** Bars side by side, on one another ("stack", "relative") or over one another ("overlay"). */
export function arranged(traces: readonly BarTrace[], barmode: unknown): readonly BarTrace[] {
  if (barmode === "overlay" || traces.length < 2) return traces;
  if (barmode !== "stack" && barmode !== "relative") {
    return traces.map((trace, i) => {
      const room = trace.room / traces.length;
      const shift = (i - (traces.length - 1) / 2) * room * 0.8;
      return { ...trace, room, bars: trace.bars.map((bar) => ({ ...bar, at: bar.at + shift })) };
    });
  }
  const tops = new Map<string, number>();
  return traces.map((trace) => ({
    ...trace,
    bars: trace.bars.map(({ at, to }) => {
      const key = `${to < 0} ${at}`;
      const from = tops.get(key) ?? 0;
      tops.set(key, from + to);
      return { at, from, to: from + to };
    }),
  }));
}

/** Bars as areas of the plot, and a trace without points that names them in the legend. */
export function drawn(trace: BarTrace, share = 0.8): { readonly shapes: readonly Band[]; readonly entry: Trace } {
  const shapes = trace.bars.map(({ at, from, to }): Band => {
    const [start, end] = [at - (trace.room * share) / 2, at + (trace.room * share) / 2];
    const [low, high] = [Math.min(from, to), Math.max(from, to)];
    const ends = trace.isHorizontal
      ? { x0: low, x1: high, y0: start, y1: end }
      : { x0: start, x1: end, y0: low, y1: high };
    return { type: "rect", layer: "above", xref: "x", yref: "y", ...ends, fillcolor: trace.color, line: { width: 0 } };
  });
  const marker = { color: trace.color, symbol: "square", size: 11 } as const;
  return { shapes, entry: { type: "scatter", mode: "markers", name: trace.name, x: [], y: [], marker } };
}
