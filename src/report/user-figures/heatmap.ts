import type { Band } from "../figure.js";
import type { UserAxis } from "./axis.js";
import { hexColour, type Part, type Value, valuesOf } from "./input.js";

/** Most cells that are drawn one by one. */
const MOST_CELLS = 10_000;

/** Viridis at equal steps: dark is low, light is high. https://bids.github.io/colormap/ */
const viridis = [
  [68, 1, 84],
  [71, 44, 122],
  [59, 81, 139],
  [44, 113, 142],
  [33, 144, 141],
  [39, 173, 129],
  [92, 200, 99],
  [170, 220, 50],
  [253, 231, 37],
] as const;

export interface Heatmap {
  readonly x: readonly Value[];
  readonly y: readonly Value[];
  readonly z: readonly (readonly Value[])[];
}

/** Rows and columns; undefined when there is nothing to draw or far too much. */
export function heatmapOf(trace: Part): Heatmap | undefined {
  const z = Array.isArray(trace.z) ? trace.z.map(valuesOf) : [];
  const columns = z.reduce((most, row) => Math.max(most, row.length), 0);
  if (columns === 0 || columns * z.length > MOST_CELLS) return undefined;
  const names = (given: unknown, count: number) => {
    const values = valuesOf(given);
    return values.length === count ? values : Array.from({ length: count }, (_, i) => i);
  };
  return { x: names(trace.x, columns), y: names(trace.y, z.length), z };
}

/** One area a cell, and what the colours mean. */
export function cells({ x, y, z }: Heatmap, xAxis: UserAxis, yAxis: UserAxis) {
  const [xs, ys] = [x.map(xAxis.at), y.map(yAxis.at)];
  const numbers = z.flat().filter((value) => typeof value === "number");
  const [low, high] = numbers.reduce(
    ([a, b], value) => [Math.min(a, value), Math.max(b, value)],
    [Infinity, -Infinity],
  );
  const [xEdges, yEdges] = [edgesOf(xs), edgesOf(ys)];
  const shapes = z.flatMap((row, i) =>
    row.flatMap((value, j): readonly Band[] => {
      const [across, up] = [xEdges[j], yEdges[i]];
      if (typeof value !== "number" || !across || !up) return [];
      const ends = { x0: across[0], x1: across[1], y0: up[0], y1: up[1] };
      const fillcolor = colourAt(low === high ? 0.5 : (value - low) / (high - low));
      return [{ type: "rect", layer: "above", xref: "x", yref: "y", ...ends, fillcolor, line: { width: 0 } }];
    }),
  );
  const show = (value: number) => String(Number(value.toPrecision(4)));
  return { shapes, xEdges, yEdges, meaning: numbers.length > 0 ? `Dark is ${show(low)}, light is ${show(high)}.` : "" };
}

/** From half-way to the neighbour before to half-way to the one after. */
function edgesOf(places: readonly (number | null)[]): readonly (readonly [number, number] | undefined)[] {
  return places.map((at, i) => {
    if (at === null) return undefined;
    const [before, after] = [places[i - 1], places[i + 1]];
    const left = typeof before === "number" ? (at - before) / 2 : typeof after === "number" ? (after - at) / 2 : 0.5;
    const right = typeof after === "number" ? (after - at) / 2 : left;
    return [at - left, at + right];
  });
}

function colourAt(share: number) {
  const place = Math.max(0, Math.min(1, share)) * (viridis.length - 1);
  const below = Math.min(viridis.length - 2, Math.floor(place));
  const [from, to] = [viridis[below] ?? viridis[0], viridis[below + 1] ?? viridis[0]];
  return hexColour(from.map((channel, i) => channel + ((to[i] ?? channel) - channel) * (place - below)));
}
