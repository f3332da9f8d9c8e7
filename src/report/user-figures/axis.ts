import { formatSpecifier } from "d3-format";
import type { Axis } from "../figure.js";
import { plotText } from "../markup.js";
import { shortened, textWidth } from "../text-width.js";
import { type Part, textOf, type Value, valuesOf } from "./input.js";

/** Where the values of one axis lie. Names and dates get numbers, too: names 0, 1, 2 ..., dates milliseconds. */
export interface UserAxis {
  at(value: Value | undefined): number | null;
  /** The axis with its ticks for numbers from `low` to `high`. */
  axis(low: number, high: number): Axis;
  readonly isCategory: boolean;
}

/** @param values of all traces, in their order */
export function userAxis(given: Part, values: readonly Value[]): UserAxis {
  const title = textOf(given.title);
  const shared: Axis = {
    automargin: true,
    ...(title ? { title: { text: plotText(title), standoff: 12 } } : {}),
    ...(given.showgrid === false ? { showgrid: false as const } : {}),
  };
  const texts = values.filter((value) => typeof value === "string");
  if (given.type !== "category" && texts.every(isNumber)) return linear(shared, given);
  if (given.type !== "category" && texts.length === values.length && texts.every(isDate)) return dates(shared);
  return categories(shared, [...new Set(values.flatMap((value) => (value === null ? [] : [String(value)])))]);
}

const isNumber = (text: string) => text.trim() !== "" && Number.isFinite(Number(text));
const isDate = (text: string) =>
  /^\d{4}-\d\d(-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z?)?)?$/.test(text) && !Number.isNaN(dateOf(text));

/** Without a zone a time is meant as it stands; plotly has no zones. */
function dateOf(text: string): number {
  return Date.parse(`${text.replace(" ", "T").replace(/Z$/, "")}${/[T ]/.test(text) ? "Z" : ""}`);
}

function linear(shared: Axis, given: Part): UserAxis {
  const [from, to] = valuesOf(given.range);
  const range = typeof from === "number" && typeof to === "number" ? ([from, to] as const) : undefined;
  const { tickformat, ticksuffix } = given;
  const format = typeof tickformat === "string" && isNumberFormat(tickformat) ? { tickformat } : {};
  const suffix = typeof ticksuffix === "string" ? { ticksuffix } : {};
  return {
    isCategory: false,
    at: (value) => (value === null || value === undefined || value === "" ? null : Number(value)),
    axis: (low, high) => ({ ...shared, ...format, ...suffix, range: range ?? [low, high] }),
  };
}

function dates(shared: Axis): UserAxis {
  return {
    isCategory: false,
    at: (value) => (typeof value === "string" ? dateOf(value) : null),
    axis(low, high) {
      const count = 6;
      const tickvals = Array.from({ length: count }, (_, i) => low + ((i + 0.5) / count) * (high - low));
      const day = 86_400_000;
      const [start, end] = high - low > 5 * count * day ? [0, 10] : high - low > count * day ? [5, 10] : [5, 16];
      const ticktext = tickvals.map((ms) => new Date(ms).toISOString().slice(start, end).replace("T", " "));
      return { ...shared, range: [low, high], tickmode: "array", tickvals, ticktext };
    },
  };
}

/** The width that ticks are chosen for, pixels. */
const plotWidth = 800;

function categories(shared: Axis, names: readonly string[]): UserAxis {
  const places = new Map(names.map((name, i) => [name, i]));
  const room = plotWidth / Math.max(1, names.length);
  const isLevel = names.every((name) => textWidth(name, 12) + 10 < room);
  const every = Math.max(1, Math.ceil(16 / room));
  const shown = names.flatMap((name, i) => (i % every === 0 ? [{ name, i }] : []));
  const axis: Axis = {
    ...shared,
    range: [-0.5, names.length - 0.5],
    showgrid: false,
    tickmode: "array",
    tickvals: shown.map(({ i }) => i),
    ticktext: shown.map(({ name }) => plotText(shortened(name, isLevel ? 40 : 18))),
    tickangle: isLevel ? 0 : -45,
  };
  return { isCategory: true, at: (value) => places.get(String(value)) ?? null, axis: () => axis };
}

/** Whether d3 takes a text as a format of plain numbers, short enough for a tick. */
function isNumberFormat(text: string): boolean {
  if (!/^[.,]?\d{0,2}[,.]?\d{0,2}~?[%efgs]?$/.test(text)) return false;
  try {
    formatSpecifier(text);
    return true;
  } catch {
    return false;
  }
}
