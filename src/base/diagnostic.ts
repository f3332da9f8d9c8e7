import stringWidth from "string-width";
import { type DiagnosticCode, type DiagnosticFacts, wording } from "./diagnostics/catalog.js";
import type { Wording } from "./diagnostics/wording.js";
import { lineColumn, type SourceFile, type Span } from "./span.js";
import { visible } from "./visible.js";

export type Severity = "error" | "warning" | "note";

/** A mistake or remark about what the user gave: a code, where, and the facts. Plain data; words come from the catalog. */
export interface Diagnostic<Code extends DiagnosticCode = DiagnosticCode> {
  readonly code: Code;
  readonly severity: Severity;
  /** Where in the user's text; absent when the cause is a file or the machine and no text names it. */
  readonly span?: Span;
  readonly facts: DiagnosticFacts[Code];
}

/** Makes a diagnostic; `severity` is "error" unless said. */
export function diagnostic<Code extends DiagnosticCode>(
  code: Code,
  facts: DiagnosticFacts[Code],
  where?: { readonly span?: Span | undefined; readonly severity?: Severity },
): Diagnostic<Code> {
  return {
    code,
    severity: where?.severity ?? "error",
    ...(where?.span === undefined ? {} : { span: where.span }),
    facts,
  };
}

/**
 * Carries diagnostics out of code that cannot go on (a reader, a frontend, a pass).
 * The stage above catches it, adds the span of the text that asked for the work, and reports it as data.
 */
export class DiagnosticError extends Error {
  readonly diagnostics: readonly Diagnostic[];
  constructor(...diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((d) => words(d).message).join("; "));
    this.name = "DiagnosticError";
    this.diagnostics = diagnostics;
  }
}

/** Throws one diagnostic of severity "error". */
export function fail<Code extends DiagnosticCode>(code: Code, facts: DiagnosticFacts[Code], span?: Span): never {
  throw new DiagnosticError(diagnostic(code, facts, { span }));
}

/** The message and hint of a diagnostic. */
export function words(d: Diagnostic): Wording {
  const word = wording[d.code] as (facts: unknown) => Wording;
  return word(d.facts);
}

/** Sorted by source, position, then code: the order in which people read a text. */
export function byPosition(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const key = (d: Diagnostic) => d.span ?? { source: "", start: -1, end: -1 };
  return [...diagnostics].sort((a, b) => {
    const [x, y] = [key(a), key(b)];
    return x.source.localeCompare(y.source) || x.start - y.start || x.end - y.end || a.code.localeCompare(b.code);
  });
}

/** Most characters of a source line that are shown. */
const LONGEST_LINE = 160;

/** Most characters of a message: a name of a hundred thousand letters helps nobody. */
const LONGEST_MESSAGE = 2000;

/** The part of a line around a column, with `...` where it was cut, and the column in that part. */
function around(
  line: readonly string[],
  column: number,
): { readonly characters: readonly string[]; readonly column: number } {
  if (line.length <= LONGEST_LINE) return { characters: line, column };
  const start = Math.max(0, Math.min(column - LONGEST_LINE / 2, line.length - LONGEST_LINE));
  const end = start + LONGEST_LINE;
  const [left, right] = [start > 0 ? [..."..."] : [], end < line.length ? [..."..."] : []];
  return { characters: [...left, ...line.slice(start, end), ...right], column: column - start + left.length };
}

/** The line that a span begins in, and a line of carets under it; columns are those of a terminal. */
function marked(file: SourceFile, span: Span, line: number, column: number): readonly [string, string] {
  const text = visible((file.text.split("\n")[line - 1] ?? "").replace(/\r$/, ""));
  const { characters, column: start } = around([...text], column - 1);
  const length = [...(file.text.slice(span.start, span.end).split("\n", 1)[0] ?? "")].length;
  const left = stringWidth(characters.slice(0, start).join(""));
  const width = stringWidth(characters.slice(start, start + length).join(""));
  return [
    `${String(line).padStart(4)} | ${characters.join("")}`,
    `     | ${" ".repeat(left)}${"^".repeat(Math.max(1, width))}`,
  ];
}

const oneLine = (text: string) =>
  visible(text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE)} ...` : text);

/**
 * One diagnostic as text, with its line and a caret under the span:
 * `error[unknown-scheme] sweep.nib:4:13: message`, the source line, the caret, `hint: ...`. Whatever characters the
 * user's files hold, it is safe to print.
 */
export function renderDiagnostic(d: Diagnostic, sources: ReadonlyMap<string, SourceFile>): string {
  const { message, hint } = words(d);
  const file = d.span && sources.get(d.span.source);
  const lines: string[] = [];
  if (d.span && file) {
    const { line, column } = lineColumn(file.text, d.span.start);
    lines.push(`${d.severity}[${d.code}] ${visible(d.span.source)}:${line}:${column}: ${oneLine(message)}`);
    lines.push(...marked(file, d.span, line, column));
  } else {
    lines.push(`${d.severity}[${d.code}]${d.span ? ` ${visible(d.span.source)}` : ""}: ${oneLine(message)}`);
  }
  if (hint) lines.push(`     = hint: ${oneLine(hint)}`);
  return lines.join("\n");
}
