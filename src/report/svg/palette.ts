import type { Colour } from "../figure.js";
import type { Attributes } from "./markup.js";

/** Colours of the ground and of what belongs to no trace. */
const light = { ground: "#ffffff", text: "#1c2026", quiet: "#5c6470", line: "#d9dde3", grid: "#e6e9ee" } as const;
const dark = { ground: "#14171c", text: "#e4e7ec", quiet: "#9aa3b0", line: "#343b46", grid: "#2a303a" } as const;

export type Tone = keyof typeof light;

export const fontFamily = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', 'DejaVu Sans', sans-serif";

/**
 * Dark colours for readers who prefer them. The light ones are attributes, so that they hold where a style sheet is
 * stripped; the ground is part of the picture, so that its text is readable on any page.
 */
export const styleSheet = `@media (prefers-color-scheme: dark) { ${(Object.keys(dark) as Tone[])
  .map((tone) => `.nibble-fill-${tone} { fill: ${dark[tone]} } .nibble-stroke-${tone} { stroke: ${dark[tone]} }`)
  .join(" ")} }`;

export function fill(tone: Tone): Attributes {
  return { class: `nibble-fill-${tone}`, fill: light[tone] };
}

export function stroke(tone: Tone): Attributes {
  return { class: `nibble-stroke-${tone}`, stroke: light[tone] };
}

/** A colour of a trace; what lets the ground through is said apart, as SVG 1.1 has it. */
export function paint(kind: "fill" | "stroke", colour: Colour): Attributes {
  const opacity = colour.length > 7 ? Number.parseInt(colour.slice(7), 16) / 255 : 1;
  return { [kind]: colour.slice(0, 7), [`${kind}-opacity`]: opacity === 1 ? undefined : opacity };
}
