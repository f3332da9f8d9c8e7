import type { CellOutcome, CellOutput, CommMessage, MimeBundle } from "./outputs.js";

/** The language of a cell that does not say which it is in. */
export type CellLanguage = "typescript" | "nibble";

/** One cell to run. */
export interface CellRequest {
  readonly code: string;
  /** Number of the cell in `<cell 3>` of tracebacks and diagnostics; rises by one a cell. */
  readonly number: number;
  /** Called in order, the last time before the outcome resolves. */
  onOutput(output: CellOutput): void;
  /** Asks the user for a line. Absent where nobody can answer: `input()` then throws. */
  onInput?: (prompt: string, password: boolean) => Promise<string>;
  /** Expressions to evaluate after the cell, by name (`user_expressions` of the messaging protocol). */
  readonly expressions?: Readonly<Record<string, string>>;
}

/** The outcome of a cell, and that of each of its expressions. */
export type CellReply = CellOutcome & { readonly expressions?: Readonly<Record<string, CellOutcome>> };

/** Offsets are UTF-16 code units of the cell's text everywhere in this interface. */
export interface Completion {
  /** Range that a choice replaces. */
  readonly start: number;
  readonly end: number;
  readonly items: readonly CompletionItem[];
}

export interface CompletionItem {
  readonly text: string;
  /** A word for an icon, as `_jupyter_types_experimental` has it: "function", "class", "variable", "keyword", "layer", ... */
  readonly type: string;
  /** Shown behind it: `(x: number) => string`. */
  readonly signature?: string;
}

/** Whether a console should run what was typed (`is_complete_request`); `indent` for the next line. */
export type Completeness =
  | { readonly status: "complete" | "invalid" | "unknown" }
  | { readonly status: "incomplete"; readonly indent: string };

/**
 * Runs cells of both languages in one set of variables. Knows nothing of Jupyter's messages: the kernel and
 * `nibble run notebook.ipynb` stand on it. Cells run one at a time, in the order of the calls; everything else is
 * answered while a cell runs.
 */
export interface Interpreter {
  /** Never rejects for anything that a cell does: every way of failing is an outcome. */
  execute(request: CellRequest): Promise<CellReply>;
  complete(code: string, cursor: number): Promise<Completion>;
  /** Documentation at the cursor; `detail` 1 also shows the source where there is one. */
  inspect(code: string, cursor: number, detail: 0 | 1): Promise<MimeBundle | undefined>;
  isComplete(code: string): Promise<Completeness>;
  /** Stops the cell that runs; its outcome is a KeyboardInterrupt. Resolves when it has stopped, at once when none runs. */
  interrupt(): Promise<void>;
  /**
   * While held, outputs stay where they are made: a cell that prints waits until they are taken again. Stop works all the
   * same, and what has been printed by then comes.
   */
  holdOutput(hold: boolean): void;
  /** A message from a frontend to a comm of user code; false when no such comm or target is known. */
  comm(message: CommMessage): Promise<boolean>;
  /** Open comms: id to target. */
  comms(): Readonly<Record<string, string>>;
  /** Called for comm messages and displays that come while no cell runs. */
  onIdleOutput(listener: (output: CellOutput) => void): void;
  /** Ends the execution child and every process of ours. */
  shutdown(): Promise<void>;
}

/** How type errors of TypeScript cells are treated: not looked for, shown while the cell runs, or the cell does not run. */
export type TypeErrors = "off" | "warn" | "error";

export interface InterpreterOptions {
  readonly language: CellLanguage;
  /** Folder that imports, relative paths and tsconfig.json are looked up from: the notebook's. */
  readonly folder: string;
  /** "warn" unless given; `%types off|warn|error` in a cell changes it. */
  readonly typeErrors?: TypeErrors;
  /** Folders, beside the project root, that Nibble cells may read. */
  readonly allow?: readonly string[];
  /** Overrides of `param` statements of Nibble cells, by name. */
  readonly parameters?: Readonly<Record<string, string | number>>;
  /** Nibble cells take fewer timing samples. */
  readonly quick?: boolean;
  /** Trials of Nibble cells that are quantized and evaluated at once; 1 unless given. */
  readonly workers?: number;
}
