import { sep } from "node:path";
import vm from "node:vm";
import { isShown } from "../display/shown.js";
import type { MimeBundle } from "../outputs.js";
import type { CommApi } from "./comms.js";
import type { ChildContext } from "./context.js";
import { plainBundle } from "./emit.js";
import type { RunTypeScript } from "./frames.js";
import type { LazyDisplay } from "./lazy-display.js";
import type { Modules } from "./modules.js";
import type { Input } from "./questions.js";

/** What a cell of TypeScript finds beside its variables. */
export interface CellGlobals {
  readonly modules: Modules;
  readonly display: LazyDisplay;
  readonly comm: CommApi;
  readonly input: Input;
}

type CellFunction = (scope: object, sameScope: object) => Promise<void>;

/** Property of the scope that holds the value of a cell's last expression for a moment. */
const RESULT = "__result";

/**
 * Runs a prepared cell to its end. Resolves to what its last expression shows; rejects with whatever the cell throws.
 */
export async function runTypeScriptCell(
  cell: RunTypeScript,
  context: ChildContext,
  globals: CellGlobals,
): Promise<MimeBundle | undefined> {
  const { scope } = context;
  const toBundle = await globals.display.toBundle();
  if (cell.imports.length > 0) await globals.modules.preload(cell.imports);
  delete scope[RESULT];
  const run = await compileCell(cell, context, globals);
  // Stopped while its modules were loaded: its code must not run behind the next cell.
  context.signal.throwIfAborted();
  await run(scope, scope);
  await globals.display.settled();
  const value = scope[RESULT];
  delete scope[RESULT];
  if (!cell.hasResult || value === undefined || isShown(value)) return undefined;
  return plainBundle(await toBundle(value));
}

/**
 * The cell as a function. Its file is called after it and lies in the notebook's folder, so `import("./x.js")` finds what it
 * means. Names of ours stand one function further out: a cell may declare its own `display`. Line 1 stays line 1.
 */
async function compileCell(cell: RunTypeScript, context: ChildContext, globals: CellGlobals): Promise<CellFunction> {
  const script = new vm.Script(
    `(function (require, display, input, comm, __filename, __dirname) { return async function (exports, __scope) {\n${cell.js}\n}})`,
    {
      filename: `${context.folder}${sep}<cell ${cell.number}>`,
      lineOffset: -1,
      importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    } as vm.ScriptOptions,
  );
  // A function of the cell may call it later than the cell, but has its name in its text.
  const display = cell.js.includes("display") ? await globals.display.load() : undefined;
  const outer = script.runInThisContext() as (...args: unknown[]) => CellFunction;
  const file = `${context.folder}${sep}cell-${cell.number}.ts`;
  return outer(globals.modules.require, display, globals.input, globals.comm, file, context.folder);
}
