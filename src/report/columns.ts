import { terminalWidth } from "./terminal-width.js";

export type Tone = "good" | "bad" | "dim" | "strong" | "none";

export interface Text {
  readonly text: string;
  readonly tone: Tone;
}

/** A measured value and what is said about it: its interval, beside it where there is room and below it where not. */
export interface Cell {
  readonly value: Text;
  readonly detail?: Text;
}

export interface Column {
  readonly header: string;
  readonly cells: readonly (Cell | undefined)[];
}

/** The first column of a table: names, wrapped at spaces where they are too long. */
export interface NameColumn {
  readonly header: string;
  readonly names: readonly Text[];
  /** Never wrapped narrower than this. */
  readonly leastWidth: number;
}

export interface LaidOutTable {
  readonly lines: readonly (readonly Text[])[];
  readonly width: number;
}

type Form = "inline" | "stacked";

const GAP = "  ";

/**
 * Sets a table in at most `width` columns of a terminal: intervals beside their values if that fits, else below them.
 * @returns undefined when not even the narrow form fits
 */
export function layOut(names: NameColumn, columns: readonly Column[], width: number): LaidOutTable | undefined {
  const longest = Math.max(...[names.header, ...names.names.map(({ text }) => text)].map(terminalWidth));
  for (const form of ["inline", "stacked"] as const) {
    const parts = columns.map((column) => partWidths(column, form));
    const widths = parts.map(({ value, detail }) => value + (detail === 0 ? 0 : 1 + detail));
    const rest = widths.reduce((sum, columnWidth) => sum + GAP.length + columnWidth, 0);
    const room = width - 1 - rest;
    if (room < Math.min(longest, names.leastWidth)) continue;
    // Beside their values intervals need room that names would rather have.
    if (form === "inline" && room < longest) continue;
    return render(names, Math.min(longest, room), columns, parts, widths);
  }
  return undefined;
}

interface Parts {
  readonly form: Form;
  readonly value: number;
  readonly detail: number;
}

/** Widths of the value's and the detail's part; a stacked column has one part for both. */
function partWidths(column: Column, form: Form): Parts {
  const widest = (texts: readonly (Text | undefined)[]) =>
    Math.max(0, ...texts.map((text) => terminalWidth(text?.text ?? "")));
  const value = Math.max(terminalWidth(column.header), widest(column.cells.map((cell) => cell?.value)));
  const detail = widest(column.cells.map((cell) => cell?.detail));
  return form === "inline" ? { form, value, detail } : { form, value: Math.max(value, detail), detail: 0 };
}

function render(
  names: NameColumn,
  nameWidth: number,
  columns: readonly Column[],
  parts: readonly Parts[],
  widths: readonly number[],
): LaidOutTable {
  const header = columns.map((column, i) => plain(`${GAP}${headerText(column, parts[i] as Parts)}`, "strong"));
  const lines: (readonly Text[])[] = [[plain(` ${pad(names.header, nameWidth)}`, "strong"), ...header]];
  const width = 1 + nameWidth + widths.reduce((sum, columnWidth) => sum + GAP.length + columnWidth, 0);
  lines.push([plain(` ${"─".repeat(width - 1)}`, "dim")]);
  names.names.forEach(({ text, tone }, row) => {
    const wrapped = wrap(text, nameWidth);
    const cells = columns.map((column, i) => cellLines(column.cells[row], parts[i] as Parts));
    const height = Math.max(wrapped.length, ...cells.map((cell) => cell.length));
    for (let line = 0; line < height; line++) {
      const name = plain(` ${pad(wrapped[line] ?? "", nameWidth)}`, tone);
      const texts = cells.flatMap((cell, i) => [
        plain(GAP, "none"),
        ...(cell[line] ?? [plain(" ".repeat(widths[i] as number), "none")]),
      ]);
      lines.push([name, ...texts]);
    }
  });
  return { lines: lines.map(trimEnd), width };
}

/** A header stands over its values, which are flush right in their part of the column. */
function headerText(column: Column, { value, detail }: Parts): string {
  return padStart(column.header, value) + (detail === 0 ? "" : " ".repeat(1 + detail));
}

function cellLines(cell: Cell | undefined, { form, value, detail }: Parts): readonly (readonly Text[])[] {
  if (cell === undefined) return [];
  const first = { ...cell.value, text: padStart(cell.value.text, value) };
  if (form === "inline") {
    const rest = detail === 0 ? "" : ` ${pad(cell.detail?.text ?? "", detail)}`;
    return [[first, plain(rest, cell.detail?.tone ?? "none")]];
  }
  return cell.detail ? [[first], [{ ...cell.detail, text: padStart(cell.detail.text, value) }]] : [[first]];
}

/** A piece of text in one tone. */
export function plain(text: string, tone: Tone): Text {
  return { text, tone };
}

/** `text` with spaces after it, at least `width` columns wide. */
export function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - terminalWidth(text)));
}

function padStart(text: string, width: number): string {
  return " ".repeat(Math.max(0, width - terminalWidth(text))) + text;
}

function trimEnd(line: readonly Text[]): readonly Text[] {
  const kept = [...line];
  while (kept.length > 0 && kept.at(-1)?.text.trim() === "") kept.pop();
  const last = kept.at(-1);
  return last ? [...kept.slice(0, -1), { ...last, text: last.text.trimEnd() }] : kept;
}

/** Breaks at spaces; words that are too long are broken anywhere. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (terminalWidth(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== "") lines.push(line);
    const pieces = broken(word, width);
    lines.push(...pieces.slice(0, -1));
    line = pieces.at(-1) ?? "";
  }
  return [...lines, line];
}

function broken(word: string, width: number): readonly string[] {
  const pieces: string[] = [];
  let piece = "";
  for (const character of word) {
    if (piece !== "" && terminalWidth(piece + character) > width) {
      pieces.push(piece);
      piece = "";
    }
    piece += character;
  }
  return [...pieces, piece];
}
