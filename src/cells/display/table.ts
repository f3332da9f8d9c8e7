import stringWidth from "string-width";
import { visible } from "../../base/visible.js";
import { escapeHtml } from "../../report/markup.js";

/** A table with a name for each column; numbers are set to the right. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Columns whose cells are set to the right; none unless given. */
  readonly right?: ReadonlySet<number>;
  /** Below the table: what was left out. */
  readonly note?: string;
}

const LONGEST_CELL = 200;

/** A name or value of the user's in one line. */
export function cellText(text: string, longest: number = LONGEST_CELL): string {
  const line = visible(text.slice(0, longest + 1));
  return text.length > longest ? `${line.slice(0, longest)}…` : line;
}

/** The table as text, columns two spaces apart. Ends without a newline. */
export function textTable({ head, rows, right = new Set(), note }: Table): string {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => stringWidth(line[column] ?? ""))));
  const set = (line: readonly string[]) =>
    widths
      .map((width, column) => {
        const text = line[column] ?? "";
        const gap = " ".repeat(width - stringWidth(text));
        return right.has(column) ? gap + text : text + gap;
      })
      .join("  ")
      .trimEnd();
  return [...lines.map(set), ...(note ? [note] : [])].join("\n");
}

/**
 * The table as HTML without a script or a style sheet: frontends bring their own table style, light or dark, and this
 * one takes its colours from the text around it.
 */
export function htmlTable({ head, rows, right = new Set(), note }: Table, caption?: string): string {
  const cell = (name: "th" | "td", text: string, column: number) =>
    `<${name} style="text-align:${right.has(column) ? "right" : "left"};padding:.2em .7em;white-space:pre">${escapeHtml(text)}</${name}>`;
  const headOf = head.map((text, column) => cell("th", text, column)).join("");
  const body = rows.map((row) => `<tr>${row.map((text, column) => cell("td", text, column)).join("")}</tr>`).join("\n");
  return [
    '<div style="max-width:100%;overflow-x:auto">',
    ...(caption ? [`<div style="margin:0 0 .3em">${escapeHtml(caption)}</div>`] : []),
    '<table style="border-collapse:collapse;font-variant-numeric:tabular-nums;margin:0">',
    `<thead><tr>${headOf}</tr></thead>`,
    `<tbody>\n${body}\n</tbody></table>`,
    ...(note ? [`<div style="opacity:.7;margin:.3em 0 0">${escapeHtml(note)}</div>`] : []),
    "</div>",
  ].join("\n");
}
