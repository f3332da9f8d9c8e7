import { ticks as niceTicks, tickStep } from "d3-array";
import { format, precisionFixed } from "d3-format";
import type { Axis, Trace } from "../figure.js";
import { share } from "../share.js";
import { plainText } from "./markup.js";

/** Where values lie on an axis, and its ticks. */
export interface Scale {
  /** 0 at the axis's start, 1 at its end; undefined for what is not on the axis. */
  at(value: number | string): number | undefined;
  readonly ticks: readonly { readonly at: number; readonly text: string }[];
}

/** @param room how many ticks there is room for, about */
export function scaleOf(axis: Axis, key: "x" | "y", traces: readonly Trace[], room: number): Scale {
  return axis.type === "category" ? categories(axis, key, traces) : linear(axis, key, traces, room);
}

/** Categories in the order in which the traces bring them, each in the middle of its share. */
function categories({ tickvals = [], ticktext = [] }: Axis, key: "x" | "y", traces: readonly Trace[]): Scale {
  const names = [...new Set(traces.flatMap((trace) => trace[key]).filter((name) => typeof name === "string"))];
  const places = new Map(names.map((name, i) => [name, (i + 0.5) / names.length]));
  return {
    at: (name) => places.get(String(name)),
    ticks: tickvals.flatMap((name, i) => {
      const at = places.get(String(name));
      return at === undefined ? [] : [{ at, text: plainText(ticktext[i] ?? String(name)) }];
    }),
  };
}

function linear(axis: Axis, key: "x" | "y", traces: readonly Trace[], room: number): Scale {
  const range = axis.range ?? rangeOf(key, traces);
  const values = ticksOf(range, room);
  const show = tickFormat(axis, values, tickStep(range[0], range[1], room));
  return {
    // Far outside is as good as outside, and keeps coordinates finite.
    at: (value) => (typeof value === "number" ? Math.min(9, Math.max(-9, share(value, range))) : undefined),
    ticks:
      chosenTicks(axis, range) ??
      values.map((value) => ({ at: share(value, range), text: `${show(value)}${axis.ticksuffix ?? ""}` })),
  };
}

/** The ticks that the axis itself names. */
function chosenTicks({ tickmode, tickvals = [], ticktext = [] }: Axis, range: readonly [number, number]) {
  if (tickmode !== "array") return undefined;
  const named = tickvals.map((value, i) => ({
    at: share(Number(value), range),
    text: plainText(ticktext[i] ?? String(value)),
  }));
  return named.filter(({ at }) => at >= 0 && at <= 1);
}

/** Round values; the ends themselves where the range is too wide or too narrow for arithmetic. */
function ticksOf(range: readonly [number, number], room: number): readonly number[] {
  const [low, high] = range;
  const step = tickStep(low, high, room);
  const isUsable = Number.isFinite(high - low) && Number.isFinite(step) && low + step > low;
  const values = isUsable ? niceTicks(low, high, room) : [];
  return values.length > 0 ? values : low === high ? [low] : [low, high];
}

/** From the least to the greatest value, and a little more. */
function rangeOf(key: "x" | "y", traces: readonly Trace[]): readonly [number, number] {
  const values = traces.flatMap((trace) => trace[key]).filter((value) => typeof value === "number");
  if (values.length === 0) return [0, 1];
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  const pad = Math.min(high / 20 - low / 20, Number.MAX_VALUE / 20) || Math.abs(high) / 10 || 1;
  return [Math.max(low - pad, -Number.MAX_VALUE), Math.min(high + pad, Number.MAX_VALUE)];
}

/** The axis's own format; else as many decimals as tell the ticks apart, and powers of ten for very large and small ones. */
function tickFormat({ tickformat }: Axis, values: readonly number[], step: number): (value: number) => string {
  if (tickformat !== undefined) return format(tickformat);
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (largest >= 1e6 || (largest > 0 && largest < 1e-4)) return format("~e");
  return format(`.${step > 0 && Number.isFinite(step) ? Math.min(precisionFixed(step), 12) : 4}~f`);
}
