/** One thing in several forms, as Jupyter has it: MIME type to content; binary content as base64 text, JSON types as values. */
export interface MimeBundle {
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** What a cell shows while it runs, in the order in which it happened. Plain data. */
export type CellOutput =
  | { readonly kind: "stream"; readonly name: "stdout" | "stderr"; readonly text: string }
  /** `displayId` lets a later "update-display" replace it. */
  | { readonly kind: "display"; readonly bundle: MimeBundle; readonly displayId?: string }
  | { readonly kind: "update-display"; readonly bundle: MimeBundle; readonly displayId: string }
  /** `wait`: the outputs go when the next one comes. */
  | { readonly kind: "clear"; readonly wait: boolean }
  | CommMessage;

/** A message on a comm, either way. Buffers are base64 text. */
export type CommMessage =
  | {
      readonly kind: "comm-open";
      readonly commId: string;
      readonly target: string;
      readonly data: unknown;
      readonly metadata?: unknown;
      readonly buffers?: readonly string[];
    }
  | {
      readonly kind: "comm-message";
      readonly commId: string;
      readonly data: unknown;
      readonly metadata?: unknown;
      readonly buffers?: readonly string[];
    }
  | { readonly kind: "comm-close"; readonly commId: string; readonly data: unknown };

/** Why a cell failed, in Jupyter's three parts. */
export interface CellError {
  /** Class of the error: "TypeError", "KeyboardInterrupt", "ProgramError". */
  readonly ename: string;
  /** Its message, one line where possible. */
  readonly evalue: string;
  /** Lines for people, ANSI colours allowed; frames inside cells read `at f (<cell 3>:2:5)`. */
  readonly traceback: readonly string[];
  /** The same as a bundle where more than text helps (the language's diagnostics as HTML); shown beside the error. */
  readonly bundle?: MimeBundle;
  /** Present when nothing of the cell ran: the error is in its text. */
  readonly began?: false;
}

/** How a cell ended. */
export type CellOutcome =
  /** `result` is the value of the last expression, absent when there is none or it is `undefined`. */
  { readonly status: "ok"; readonly result?: MimeBundle } | { readonly status: "error"; readonly error: CellError };
