import ts from "typescript";
import type { CellFile, Notebook } from "./notebook.js";
import type { TypeScriptDiagnostic } from "./service.js";

/** Messages about what a notebook does on purpose: `import x = require()`, `await` at the top, repeated declarations of modules. */
const OF_MODULES = new Set([1202, 1203, 1375, 1378, 1432, 5097]);

/** Nobody reads more; a pasted file of another language has thousands. */
const MOST = 100;

/** Syntactic and semantic errors of an open cell, in positions of the user's text, in order. */
export function diagnosticsOf(notebook: Notebook, cell: CellFile): TypeScriptDiagnostic[] {
  const all = cell.program.diagnostics();
  const inside = (start: number) => start >= cell.start && start <= cell.start + cell.length;
  return all
    .filter(({ start, code }) => start !== undefined && inside(start) && !OF_MODULES.has(code))
    .filter(({ code }) => notebook.settings.implicitAny === false || !isImplicitAny(code))
    .map((diagnostic) => toDiagnostic(diagnostic, cell.text.slice(cell.start, cell.start + cell.length), cell.start))
    .sort((a, b) => a.start - b.start)
    .slice(0, MOST);
}

/** A diagnostic of TypeScript in a cell's own text, which begins at `shift` of the text that was looked at. */
export function toDiagnostic(diagnostic: ts.Diagnostic, code: string, shift: number): TypeScriptDiagnostic {
  const clamp = (at: number) => Math.min(Math.max(at - shift, 0), code.length);
  const start = diagnostic.start ?? shift;
  return {
    code: diagnostic.code,
    category: diagnostic.category === ts.DiagnosticCategory.Error ? "error" : "warning",
    message: plainTypes(ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n")),
    start: clamp(start),
    end: clamp(start + (diagnostic.length ?? 0)),
  };
}

/** Type names without the files they come from: `import("/a/b/tensor").Tensor` reads `Tensor`. */
export function plainTypes(text: string): string {
  return text.replace(/(?:typeof )?import\("[^"]*"\)\./gu, (found) => (found.startsWith("typeof") ? "typeof " : ""));
}

/** True for an error without which the text is no program: TypeScript's numbers below 2000, and repeated declarations. */
export function isGrammarError({ code }: TypeScriptDiagnostic): boolean {
  return code < 2000 || [2300, 2451, 2481, 2567, 2528, 18016, 18037, 18038].includes(code);
}

function isImplicitAny(code: number): boolean {
  return (
    code === 2683 || (code >= 7005 && code <= 7056 && code !== 7027 && code !== 7028 && code !== 7029 && code !== 7030)
  );
}
