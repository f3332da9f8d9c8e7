import { visible } from "./rows.js";

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text for an HTML page, inside an element or an attribute in quotes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] as string);
}

/** A value as JSON that may stand inside a `<script>` element: no `<` is left that could end it. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll("<", "\\u003c")
    .replaceAll("\u2028", "\\u2028")
    .replaceAll("\u2029", "\\u2029");
}

/** Plotly reads a small HTML in names and hover texts; this shows them as they are. */
export function escapePlotly(text: string): string {
  return text.replace(/[&<>]/g, (character) => entities[character] as string);
}

/** A name of the user's as plotly shall show it. */
export function plotText(text: string): string {
  return escapePlotly(visible(text));
}

/** Text of a cell of a markdown table. */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .replace(/[\\|`*_~[\]]/g, (character) => `\\${character}`)
    .replace(/[<>&]/g, (character) => entities[character] as string);
}
