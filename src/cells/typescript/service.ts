import type { Completeness, Completion } from "../interpreter.js";
import type { MimeBundle } from "../outputs.js";

/** A TypeScript cell made ready to run. Plain data: it crosses from the worker thread to the execution child. */
export interface PreparedCell {
  readonly number: number;
  /**
   * CommonJS text in which every top-level name of the cell is a property of `exports`, every name of an earlier cell
   * one of `__scope`, which is the same object; `await` may stand at its top level. The child wraps it in an async
   * function of (exports, require, __scope, ...).
   */
  readonly js: string;
  /** Source map (version 3, JSON) from `js` to the user's text, whose source is called `<cell N>`. */
  readonly map: string;
  /** Specifiers that `js` requires because of import statements; the child loads them, ESM or CommonJS, before it runs. */
  readonly imports: readonly string[];
  /** Names that the cell declares at its top level and that exist at run time. */
  readonly declares: readonly string[];
  /** True when the value of `exports.__result` after the run is to be shown. */
  readonly hasResult: boolean;
}

export interface TypeScriptDiagnostic {
  /** TypeScript's number: 2322. */
  readonly code: number;
  readonly category: "error" | "warning";
  readonly message: string;
  /** UTF-16 range in the user's text. */
  readonly start: number;
  readonly end: number;
}

export type Prepared =
  | { readonly cell: PreparedCell }
  /** Syntax errors: the cell must not run. */
  | { readonly errors: readonly TypeScriptDiagnostic[] };

/** The TypeScript compiler behind the cells of one notebook, in a thread of its own. Never rejects for a mistake in a cell. */
export interface TypeScriptService {
  /** Makes a cell ready to run, without types: fast. */
  prepare(code: string, number: number): Promise<Prepared>;
  /** Type errors of a cell against the names of all committed cells. May run while the cell does. */
  check(code: string, number: number): Promise<readonly TypeScriptDiagnostic[]>;
  /**
   * Later cells see the names of this one from now on, in place of earlier ones of the same name.
   * @param names the only names that exist at run time, for a cell that failed half-way; all of `declares` unless given
   */
  commit(code: string, number: number, names?: readonly string[]): Promise<void>;
  /** Declares a name that no TypeScript cell has made: `define("sweep", 'import("nibble-quant").Result')`. */
  define(name: string, type: string): Promise<void>;
  /** Forgets all cells and names: the execution child was replaced. */
  reset(): Promise<void>;
  complete(code: string, cursor: number): Promise<Completion>;
  inspect(code: string, cursor: number, detail: 0 | 1): Promise<MimeBundle | undefined>;
  isComplete(code: string): Promise<Completeness>;
  dispose(): Promise<void>;
}
