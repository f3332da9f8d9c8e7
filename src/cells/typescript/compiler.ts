import type { Completeness, Completion } from "../interpreter.js";
import type { MimeBundle } from "../outputs.js";
import { complete } from "./complete.js";
import { diagnosticsOf } from "./diagnostics.js";
import { inspect } from "./inspect.js";
import { isComplete } from "./is-complete.js";
import { Notebook } from "./notebook.js";
import { prepare } from "./prepare.js";
import type { Prepared, TypeScriptDiagnostic } from "./service.js";

/** The service without its thread: the same methods, each done when it returns. */
export interface Compiler {
  prepare(code: string, number: number): Prepared;
  check(code: string, number: number): readonly TypeScriptDiagnostic[];
  /** Returns the numbers of the cells that names still need; the others are forgotten. */
  commit(code: string, number: number, names?: readonly string[]): readonly number[];
  define(name: string, type: string): void;
  reset(): void;
  complete(code: string, cursor: number): Completion;
  inspect(code: string, cursor: number, detail: 0 | 1): MimeBundle | undefined;
  isComplete(code: string): Completeness;
  /** Reads what the packages of a cell declare, a step a call of `next`; nothing when that was done before. */
  load(code: string): Generator<void>;
  /** Loads and checks what most cells need, a step a call of `next`. */
  warmUp(): Generator<void>;
}

/** The TypeScript compiler of the notebook in `folder`. A text that is nested too deeply for it is a syntax error. */
export function createCompiler(folder: string): Compiler {
  const notebook = new Notebook(folder);
  let untold = notebook.settings.problem;
  return {
    prepare: (code, number) => unlessTooMuch(() => prepare(notebook, code, number), { errors: [tooMuch(code)] }),
    check: (code) => {
      const found = unlessTooMuch(() => diagnosticsOf(notebook, notebook.open(code)), []);
      const problem = untold;
      untold = undefined;
      return problem === undefined ? found : [configWarning(problem), ...found];
    },
    commit(code, number, names) {
      unlessTooMuch(() => notebook.commit(code, number, names), undefined);
      return notebook.liveCells();
    },
    define: (name, type) => notebook.define(name, type),
    reset: () => notebook.reset(),
    complete: (code, cursor) =>
      unlessTooMuch(() => complete(notebook, code, cursor), { start: cursor, end: cursor, items: [] }),
    inspect: (code, cursor, detail) => unlessTooMuch(() => inspect(notebook, code, cursor, detail), undefined),
    isComplete: (code) => unlessTooMuch(() => isComplete(code, notebook.settings.jsx), { status: "unknown" }),
    load: (code) => notebook.load(code),
    *warmUp() {
      for (const code of ["1", "console.log(1)"]) {
        diagnosticsOf(notebook, notebook.open(code));
        yield;
      }
      prepare(notebook, "const x = 1; x", 0);
    },
  };
}

/**
 * TypeScript walks a text by recursion, and it has texts on which it fails an assertion of its own (`@export await`):
 * both are mistakes of the text.
 */
function unlessTooMuch<T>(run: () => T, otherwise: T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof RangeError || (error instanceof Error && error.message.startsWith("Debug Failure")))
      return otherwise;
    throw error;
  }
}

function tooMuch(code: string): TypeScriptDiagnostic {
  const message = "The cell is nested too deeply for the TypeScript compiler, or not TypeScript at all.";
  return { code: 2590, category: "error", message, start: 0, end: Math.min(1, code.length) };
}

function configWarning(message: string): TypeScriptDiagnostic {
  return { code: 5083, category: "warning", message, start: 0, end: 0 };
}
