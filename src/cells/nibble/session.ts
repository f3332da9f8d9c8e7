import type { Diagnostic } from "../../base/diagnostic.js";
import type { SourceFile } from "../../base/span.js";
import type { Completeness, Completion } from "../interpreter.js";
import type { MimeBundle } from "../outputs.js";

/** The Nibble side of a notebook in the kernel process: remembers the definitions of earlier cells and serves editors. */
export interface NibbleSession {
  /**
   * The earlier cells whose definitions (models, data, params, schemes) this cell can use, oldest first; a name that
   * the cell defines anew replaces the earlier one without a word.
   */
  definitions(): readonly SourceFile[];
  /** Later cells can use the definitions of this one. */
  commit(code: string, number: number): void;
  reset(): void;
  /** Mistakes of a cell against the real models and data; nothing runs. `$name` of the notebook is taken as known. */
  check(code: string, number: number): Promise<readonly Diagnostic[]>;
  complete(code: string, cursor: number): Promise<Completion>;
  inspect(code: string, cursor: number): Promise<MimeBundle | undefined>;
  isComplete(code: string): Completeness;
}
