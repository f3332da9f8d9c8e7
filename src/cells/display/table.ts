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
  const align = (column: number) => (right.has(column) ? "text-align:right" : "text-align:left");
  const cell = (name: "th" | "td") => (text: string, column: number) =>
    `<${name} style="${align(column)};white-space:pre">${escapeHtml(text)}</${name}>`;
  const body = rows.map((row) => `<tr>${row.map(cell("td")).join("")}</tr>`).join("\n");
  return [
    '<div style="max-width:100%;overflow-x:auto">',
    `<table style="border-collapse:collapse;font-variant-numeric:tabular-nums;margin:0">${
      caption ? `<caption style="text-align:left">${escapeHtml(caption)}</caption>` : ""
    }`,
    `<thead><tr>${head.map(cell("th")).join("")}</tr></thead>`,
    `<tbody>\n${body}\n</tbody></table>`,
    ...(note ? [`<p style="opacity:.7;margin:.25em 0 0">${escapeHtml(note)}</p>`] : []),
    "</div>",
  ].join("\n");
}
