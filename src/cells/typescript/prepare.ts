import { Script } from "node:vm";
import ts from "typescript";
import type { CellAnalysis } from "./analyze.js";
import { diagnosticsOf, isGrammarError, toDiagnostic } from "./diagnostics.js";
import { type Emitted, emitCell } from "./emit.js";
import type { Notebook } from "./notebook.js";
import type { Prepared, TypeScriptDiagnostic } from "./service.js";

/** Makes a cell ready to run, or says what its syntax errors are. Looks at no types unless the text does not compile. */
export function prepare(notebook: Notebook, code: string, number: number): Prepared {
  const analysis = notebook.analyze(code);
  const errors = syntaxErrors(code, analysis);
  if (errors.length > 0) return { errors };
  const emitted = emitCell({
    code,
    analysis,
    earlier: notebook.committed.mentionedBy(analysis),
    number,
    folder: notebook.folder,
    transpiler: notebook.transpiler,
  });
  const refused = compileError(emitted);
  return refused === undefined
    ? { cell: { number, ...emitted } }
    : { errors: explain(notebook, code, analysis, refused) };
}

/** Errors of grammar that the parser finds, and statements that no cell can hold. */
function syntaxErrors(code: string, { file, errors, objectLiteral }: CellAnalysis): TypeScriptDiagnostic[] {
  const shift = objectLiteral ? 1 : 0;
  const found = errors.map((error) => toDiagnostic(error, code, shift));
  for (const statement of file.statements) {
    const refuse = (message: string) =>
      found.push({ code: 1203, category: "error", message, start: statement.getStart(), end: statement.end });
    if (ts.isExportAssignment(statement) && statement.isExportEquals) refuse("A cell has no exports to assign to.");
    if (ts.isExportDeclaration(statement) && statement.moduleSpecifier && !statement.exportClause)
      refuse("A cell cannot re-export everything of a module; import what you need by name.");
  }
  return found;
}

/** Why V8 will not compile what was emitted; there are errors that TypeScript's parser leaves to its checker. */
function compileError({ js }: Emitted): string | undefined {
  try {
    new Script(`(async function (exports, __scope) {${js}\n})`);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function explain(notebook: Notebook, code: string, analysis: CellAnalysis, refused: string): TypeScriptDiagnostic[] {
  const grammar = diagnosticsOf(notebook, notebook.open(code, analysis)).filter(isGrammarError);
  return grammar.length > 0
    ? grammar
    : [{ code: 1000, category: "error", message: refused, start: 0, end: Math.min(1, code.length) }];
}
