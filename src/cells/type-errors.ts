import type { CellError } from "./outputs.js";
import type { TypeScriptDiagnostic } from "./typescript/service.js";

/** Most diagnostics of one cell that are shown, and most characters of a line. */
const MOST = 20;
const LONGEST_LINE = 160;

/** Diagnostics of a cell as text: `<cell 3>:2:5 - warning TS2322: message`, the line, a caret; ends in a newline. */
export function typeErrorsText(
  diagnostics: readonly TypeScriptDiagnostic[],
  code: string,
  cell: number,
  severity: "warning" | "error",
): string {
  const lines = diagnostics.slice(0, MOST).flatMap((diagnostic) => describe(diagnostic, code, cell, severity));
  const more = diagnostics.length > MOST ? [`... ${diagnostics.length - MOST} more`] : [];
  return `${[...lines, ...more].join("\n")}\n`;
}

/** The error of a cell that must not run because of them. */
export function typeErrorsError(
  ename: "SyntaxError" | "TypeCheckError",
  diagnostics: readonly TypeScriptDiagnostic[],
  code: string,
  cell: number,
): CellError {
  const [first] = diagnostics;
  const more = diagnostics.length > 1 ? ` (and ${diagnostics.length - 1} more)` : "";
  const evalue = `${(first?.message ?? "the cell is wrong").split("\n", 1)[0]}${more}`;
  const text = typeErrorsText(diagnostics, code, cell, "error").trimEnd();
  return { ename, evalue, traceback: [`${ename}: ${evalue}`, ...text.split("\n")], began: false };
}

function describe(
  { code: number, message, start, end }: TypeScriptDiagnostic,
  code: string,
  cell: number,
  severity: string,
) {
  const before = code.slice(0, start).split(/\r\n|\n|\r/);
  const line = before.length;
  const column = (before.at(-1) ?? "").length + 1;
  const text = code.split(/\r\n|\n|\r/)[line - 1] ?? "";
  const from = column > LONGEST_LINE - 40 ? column - 80 : 0;
  const width = Math.max(1, Math.min(end, start + text.length - column + 1) - start);
  const shown = text.slice(from, from + LONGEST_LINE).replaceAll("\t", " ");
  const caret = " ".repeat(column - 1 - from) + "^".repeat(Math.min(width, LONGEST_LINE));
  const label = number === 0 ? severity : `${severity} TS${number}`;
  return [`<cell ${cell}>:${line}:${column} - ${label}: ${message}`, `  ${shown}`, `  ${caret}`];
}
