import { ticks as niceTicks } from "d3-array";
import type { Axis } from "../figure.js";
import { escapePlotly, plotText } from "../markup.js";
import { visible } from "../rows.js";
import { shortenedApart } from "../text-width.js";

/** Letters that a name of a row keeps on its axis. */
export const LONGEST_NAME = 30;

/**
 * An axis of named rows, the first on top: row `i` lies at `i`. Names are shortened so that they stay apart.
 * @param longest letters that a name keeps
 */
export function rowAxis(names: readonly string[], longest = LONGEST_NAME): Axis {
  return {
    automargin: true,
    showgrid: false,
    zeroline: false,
    range: [Math.max(1, names.length) - 0.5, -0.5],
    tickmode: "array",
    tickvals: names.map((_, i) => i),
    ticktext: shortenedApart(names.map(visible), longest).map(escapePlotly),
    tickfont: { size: names.length > 24 ? 10 : 12 },
  };
}

/** Pixels of a plot with so many rows. @param each pixels of one row */
export function rowsHeight(rows: number, each = 24): number {
  return Math.round(Math.max(110, 30 + Math.max(1, rows) * each));
}

/**
 * A logarithmic axis as a linear one of `log10(value)`, with ticks at powers of ten, or at 1, 2 and 5 where it spans less than
 * two of them. Its traces hold logarithms; hover texts say the values.
 * @param values above 0
 * @param show   what a tick says
 */
export function logAxis(values: readonly number[], title: string, show: (value: number) => string) {
  const logs = values.filter((value) => value > 0 && Number.isFinite(value)).map(Math.log10);
  const low = logs.reduce((a, b) => Math.min(a, b), logs[0] ?? 0);
  const high = logs.reduce((a, b) => Math.max(a, b), logs[0] ?? 0);
  const pad = Math.max(0.05 * (high - low), 0.04);
  const range = [low - pad, high + pad] as const;
  const tickvals = logTicks(range);
  return {
    title: { text: plotText(title), standoff: 12 },
    automargin: true,
    zeroline: false,
    range,
    tickmode: "array",
    tickvals,
    ticktext: tickvals.map((tick) => plotText(show(10 ** tick))),
  } satisfies Axis;
}

function logTicks([low, high]: readonly [number, number]): readonly number[] {
  const decades = Math.floor(high) - Math.ceil(low);
  const every = Math.max(1, Math.ceil(decades / 8));
  const powers = Array.from({ length: Math.max(0, decades + 1) }, (_, i) => Math.ceil(low) + i);
  if (decades >= 2) return powers.filter((_, i) => i % every === 0);
  const steps = powers.length === 0 ? [Math.floor(low)] : [Math.floor(low), ...powers];
  const fine = steps.flatMap((power) => [1, 2, 5].map((digit) => power + Math.log10(digit)));
  const shown = [...new Set(fine)].filter((tick) => tick >= low && tick <= high);
  // Less than a step of 1, 2, 5: round values of the plain axis.
  return shown.length >= 3 ? shown : niceTicks(10 ** low, 10 ** high, 5).map(Math.log10);
}

/** From the least to the greatest value with a little room; 0 to 1 without any. */
export function padded(values: readonly number[], share = 0.06): readonly [number, number] {
  if (values.length === 0) return [0, 1];
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  const span = high - low;
  const room = Number.isFinite(span) ? span * share || Math.abs(high) * 0.1 || 1 : 0;
  return [Math.max(low - room, -Number.MAX_VALUE), Math.min(high + room, Number.MAX_VALUE)];
}
