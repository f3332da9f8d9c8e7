import { mkdtempSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { constants, Script } from "node:vm";
import { type Compiler, createCompiler } from "../../../src/cells/typescript/compiler.js";
import type { PreparedCell } from "../../../src/cells/typescript/service.js";

/** Runs prepared cells one after another the way the execution child does. */
export class CellRunner {
  readonly scope: Record<string, unknown> = {};
  readonly compiler: Compiler;
  #number = 0;

  constructor(compiler = createCompiler(emptyFolder())) {
    this.compiler = compiler;
  }

  /** Value that the cell shows; throws what it throws. */
  async run(code: string): Promise<unknown> {
    const cell = this.prepare(code);
    const modules = new Map<string, unknown>();
    for (const specifier of cell.imports) modules.set(specifier, await import(specifier));
    const load = createRequire(import.meta.url);
    const requireFrom = (specifier: string) => modules.get(specifier) ?? load(specifier);
    const script = new Script(`(async function (exports, require, __scope) {${cell.js}\n})`, {
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    });
    const run = script.runInThisContext() as (...values: unknown[]) => Promise<void>;
    try {
      await run(this.scope, requireFrom, this.scope);
    } finally {
      this.compiler.commit(code, cell.number);
    }
    const result = this.scope.__result;
    delete this.scope.__result;
    return result;
  }

  prepare(code: string): PreparedCell {
    const prepared = this.compiler.prepare(code, ++this.#number);
    if ("errors" in prepared) throw new SyntaxError(prepared.errors.map(({ message }) => message).join("\n"));
    return prepared.cell;
  }

  /** Messages of the type check of a cell against all that ran. */
  check(code: string): string[] {
    return this.compiler.check(code, this.#number + 1).map(({ code: number, message }) => `TS${number}: ${message}`);
  }
}

/** A folder that no tsconfig.json lies above. */
export function emptyFolder(): string {
  return mkdtempSync(join(tmpdir(), "nibble-cells-"));
}
