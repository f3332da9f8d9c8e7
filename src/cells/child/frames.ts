import type { SourceFile } from "../../base/span.js";
import type { CellOutcome, CellOutput, CommMessage, MimeBundle } from "../outputs.js";

interface RunRequest {
  /** Rises by one with each run, so that nothing meant for one run reaches another; the expressions of a cell run too. */
  readonly run: number;
  /** Number of the cell, for `<cell 3>`. */
  readonly number: number;
}

/** A cell of TypeScript for the child. Its source map stays in the kernel process, where tracebacks are made. */
export interface RunTypeScript extends RunRequest {
  readonly type: "typescript";
  readonly js: string;
  readonly imports: readonly string[];
  readonly declares: readonly string[];
  readonly hasResult: boolean;
  /** Whether `input()` may ask. */
  readonly input: boolean;
}

/** A cell of the language for the child. */
export interface RunNibble extends RunRequest {
  readonly type: "nibble";
  readonly source: SourceFile;
  readonly definitions: readonly SourceFile[];
  readonly allow: readonly string[];
  readonly parameters: Readonly<Record<string, string | number>>;
  readonly quick: boolean;
  readonly workers: number;
}

/** What the kernel process sends, one JSON text a line: a line that is torn costs itself alone. */
export type ToChild =
  | RunTypeScript
  | RunNibble
  /** Ends this run if it has not ended; sent again until it has. */
  | { readonly type: "interrupt"; readonly run: number }
  | { readonly type: "answer"; readonly id: number; readonly text: string }
  | { readonly type: "no-answer"; readonly id: number; readonly reason: string }
  | { readonly type: "comm"; readonly message: CommMessage }
  | { readonly type: "shutdown" };

/** To the control thread, which reads them while the main thread is busy. */
export interface ToControl {
  readonly type: "stop";
  readonly run: number;
}

/** An error as it was found; the kernel process makes the traceback. Every text is bounded. */
export interface ErrorFacts {
  readonly name: string;
  readonly message: string;
  /** V8's text, absent when something that is no error was thrown. */
  readonly stack?: string;
  readonly cause?: ErrorFacts;
  /** The errors of an AggregateError. */
  readonly errors?: readonly ErrorFacts[];
}

/** A variable that a run has made. */
export interface Made {
  readonly name: string;
  /** Its type among the library's exports; absent where TypeScript knows it from the cell. */
  readonly type?: "Result" | "DataSource";
}

/** How a cell ended, before the kernel process has made a traceback of it. */
export type ChildOutcome =
  | { readonly status: "ok"; readonly result?: MimeBundle }
  | { readonly status: "thrown"; readonly error: ErrorFacts }
  | { readonly status: "error"; readonly error: Extract<CellOutcome, { status: "error" }>["error"] };

/** What the child reports, in the order in which it happened. */
export type FromChild =
  | { readonly type: "ready" }
  | { readonly type: "output"; readonly output: CellOutput }
  /** An exception of a timer, or a rejection that nobody handles. */
  | { readonly type: "stray"; readonly error: ErrorFacts }
  | { readonly type: "input"; readonly id: number; readonly prompt: string; readonly password: boolean }
  /** Comm targets that user code has registered, all of them. */
  | { readonly type: "targets"; readonly names: readonly string[] }
  | {
      readonly type: "done";
      readonly run: number;
      readonly outcome: ChildOutcome;
      readonly made: readonly Made[];
      /** Was written to descriptors 1 and 2 just before; what comes before it there belongs to the cell. */
      readonly marker: string;
    };

/** Descriptors of the child beside the standard ones. */
export const DESCRIPTORS = { reports: 3, requests: 4, control: 5 } as const;

/** Bytes before each report: its length, little endian. */
export const PREFIX = 4;
