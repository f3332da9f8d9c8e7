import type { Diagnostic } from "../base/diagnostic.js";
import type { SourceFile } from "../base/span.js";
import type { CellLanguage } from "../cells/interpreter.js";
import { languageOf } from "../cells/language-of.js";
import { parseProgram } from "../language/parse-program.js";
import { formatProgram } from "../language/services/format.js";
import { type Notebook, type NotebookCell, withSource } from "./nbformat.js";

export interface FormattedNotebook {
  readonly notebook: Notebook;
  readonly changed: boolean;
  /** Syntax mistakes of Nibble cells, which then stay as they are. */
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: ReadonlyMap<string, SourceFile>;
}

/** Lays out the Nibble cells; TypeScript cells, texts, outputs and metadata stay as they are. */
export function formatNotebook(notebook: Notebook, usual: CellLanguage): FormattedNotebook {
  const diagnostics: Diagnostic[] = [];
  const sources = new Map<string, SourceFile>();
  let number = 0;
  const cells = notebook.cells.map((cell) => {
    if (cell.kind !== "code" || cell.source.trim() === "") return cell;
    number += 1;
    const { language, code, mistake } = languageOf(cell.source, usual);
    if (language !== "nibble" || mistake !== undefined) return cell;
    const formatted = formatCell(cell, code, number);
    if ("cell" in formatted) return formatted.cell;
    diagnostics.push(...formatted.diagnostics);
    sources.set(formatted.source.path, formatted.source);
    return cell;
  });
  const changed = cells.some((cell, i) => cell !== notebook.cells[i]);
  return { notebook: changed ? { ...notebook, cells } : notebook, changed, diagnostics, sources };
}

type FormattedCell =
  | { readonly cell: NotebookCell }
  | { readonly diagnostics: readonly Diagnostic[]; readonly source: SourceFile };

/** Magic lines at a cell's head, with the blank lines between them. */
const MAGICS = /^(?:[ \t\r\n\uFEFF]*%[^\r\n]*(?:\r\n|\n|\r|$))*/;

/** @param code the cell's text with its magic lines blanked */
function formatCell(cell: NotebookCell, code: string, number: number): FormattedCell {
  const [magics] = MAGICS.exec(cell.source) ?? [""];
  const path = `<cell ${number}>`;
  // With the magic lines blanked, a mistake's line is that of the cell.
  const { diagnostics } = parseProgram({ path, text: code });
  if (diagnostics.some(({ severity }) => severity === "error")) {
    return { diagnostics, source: { path, text: cell.source } };
  }
  const formatted = formatProgram(cell.source.slice(magics.length), path);
  if ("diagnostics" in formatted) return { diagnostics: formatted.diagnostics, source: { path, text: cell.source } };
  // The magic lines are no part of the program; a cell ends without a line feed.
  const laidOut = (magics.trimStart() + formatted.text).trimEnd();
  return { cell: laidOut === cell.source ? cell : withSource(cell, laidOut) };
}
