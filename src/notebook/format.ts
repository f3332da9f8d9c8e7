import type { Diagnostic } from "../base/diagnostic.js";
import type { SourceFile } from "../base/span.js";
import type { CellLanguage } from "../cells/interpreter.js";
import { languageOf } from "../cells/language-of.js";
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
    if (languageOf(cell.source, usual).language !== "nibble") return cell;
    const formatted = formatCell(cell, number);
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

function formatCell(cell: NotebookCell, number: number): FormattedCell {
  // The magic line is no part of the program; a cell ends without a line feed.
  const [magic = ""] = /^\s*%%[^\n]*(?:\n|$)/.exec(cell.source) ?? [];
  const text = cell.source.slice(magic.length);
  const source = { path: `<cell ${number}>`, text };
  const formatted = formatProgram(text, source.path);
  if ("diagnostics" in formatted) return { diagnostics: formatted.diagnostics, source };
  const laidOut = magic.trimStart() + formatted.text.trimEnd();
  return { cell: laidOut === cell.source ? cell : withSource(cell, laidOut) };
}
