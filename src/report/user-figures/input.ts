import type { Colour } from "../figure.js";

/** A part of a figure of the user's: JSON of which nothing is known. */
export type Part = Readonly<Record<string, unknown>>;

export type Value = number | string | null;

export function partOf(value: unknown): Part {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Part) : {};
}

/** A list of values; what is neither number nor text is a gap. */
export function valuesOf(value: unknown): readonly Value[] {
  if (!Array.isArray(value)) return [];
  return value.map((each: unknown) =>
    typeof each === "string" || (typeof each === "number" && Number.isFinite(each))
      ? each
      : typeof each === "boolean"
        ? String(each)
        : null,
  );
}

export function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  const { text } = partOf(value);
  return typeof text === "string" ? text : undefined;
}

/** Plotly's own colours, in its order. */
const colourway: readonly Colour[] = [
  "#1f77b4",
  "#ff7f0e",
  "#2ca02c",
  "#d62728",
  "#9467bd",
  "#8c564b",
  "#e377c2",
  "#7f7f7f",
  "#bcbd22",
  "#17becf",
];

const named: Readonly<Record<string, Colour>> = {
  ...{ black: "#000000", white: "#ffffff", gray: "#808080", grey: "#808080", silver: "#c0c0c0", red: "#ff0000" },
  ...{ green: "#008000", lime: "#00ff00", blue: "#0000ff", navy: "#000080", orange: "#ffa500", purple: "#800080" },
  ...{ yellow: "#ffff00", cyan: "#00ffff", magenta: "#ff00ff", teal: "#008080", brown: "#a52a2a", pink: "#ffc0cb" },
  ...{ steelblue: "#4682b4", crimson: "#dc143c", tomato: "#ff6347", gold: "#ffd700", indigo: "#4b0082" },
};

/** A colour as the user gives it; one that is not understood, or a list of them, is plotly's for that trace. */
export function colourOf(value: unknown, index: number): Colour {
  const usual = colourway[index % colourway.length] as Colour;
  if (typeof value !== "string") return usual;
  const text = value.trim().toLowerCase();
  if (/^#[0-9a-f]{6}([0-9a-f]{2})?$/.test(text)) return text as Colour;
  if (/^#[0-9a-f]{3}$/.test(text)) return `#${[...text.slice(1)].map((digit) => digit + digit).join("")}`;
  const parts = /^rgba?\(\s*([\d.]+)\s*,\s*([\d.]+)\s*,\s*([\d.]+)\s*(?:,\s*([\d.]+)\s*)?\)$/.exec(text);
  if (!parts) return named[text] ?? usual;
  const [, r, g, b, a = "1"] = parts;
  return hexColour([Number(r), Number(g), Number(b), Number(a) * 255]);
}

/** @param channels red, green, blue and perhaps opacity, 0 to 255 */
export function hexColour(channels: readonly number[]): Colour {
  const hex = (channel: number) =>
    Math.max(0, Math.min(255, Math.round(channel)))
      .toString(16)
      .padStart(2, "0");
  const all = channels.map(hex);
  return `#${(all[3] === "ff" ? all.slice(0, 3) : all).join("")}`;
}
