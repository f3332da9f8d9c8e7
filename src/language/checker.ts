import { type Diagnostic, DiagnosticError, diagnostic } from "../base/diagnostic.js";
import type { SourceFile, Span } from "../base/span.js";
import type { ProgramHost, Vocabulary } from "./host.js";
import type { Module } from "./load.js";
import type { Scope } from "./scope.js";
import type { Environment, Report } from "./values/concrete.js";

/** What every check needs; made once a program. */
export interface Checker {
  readonly host: ProgramHost;
  readonly vocabulary: Vocabulary;
  readonly scope: Scope;
  readonly environment: Environment;
  readonly sources: ReadonlyMap<string, SourceFile>;
  readonly modules: readonly Module[];
  readonly report: Report;
  /** Regular expressions of the program that were stopped because matching took too long. */
  readonly stopped: { patterns: number };
}

/** The words of the program at a span, line ends and runs of blanks as one blank. */
export function textAt(span: Span, checker: Pick<Checker, "sources">): string {
  const text = checker.sources.get(span.source)?.text ?? "";
  return text.slice(span.start, span.end).replace(/\s+/g, " ");
}

/** Most diagnostics that one run collects; nobody reads further, and a hostile text could ask for millions. */
export const mostDiagnostics = 1000;

/** Collects diagnostics and drops repeats: two checks that find one mistake report it once. */
export function reporter(): { readonly diagnostics: Diagnostic[]; readonly report: Report } {
  const diagnostics: Diagnostic[] = [];
  const seen = new Set<string>();
  const report: Report = (...found) => {
    for (const each of found) {
      if (diagnostics.length >= mostDiagnostics) return;
      const key = JSON.stringify([each.code, each.span, each.facts]);
      if (!seen.has(key)) diagnostics.push(each);
      seen.add(key);
    }
  };
  return { diagnostics, report };
}

/**
 * Runs work that may throw a DiagnosticError (a reader, a frontend, a registry's `build`) and reports what it carries,
 * each at the span that `place` finds for its facts. Other errors are ours and pass through.
 */
export async function reporting<T>(
  work: () => Promise<T>,
  place: (facts: Readonly<Record<string, unknown>>) => Span,
  report: Report,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    report(...placed(error, place));
    return undefined;
  }
}

/** The same of work that waits for nothing. */
export function reportingNow<T>(
  work: () => T,
  place: (facts: Readonly<Record<string, unknown>>) => Span,
  report: Report,
): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    report(...placed(error, place));
    return undefined;
  }
}

/** The diagnostics of an error with spans of the program; a span that they bring themselves stays. */
export function placed(
  error: DiagnosticError,
  place: (facts: Readonly<Record<string, unknown>>) => Span,
): readonly Diagnostic[] {
  return error.diagnostics.map(({ code, facts, severity, span }) =>
    diagnostic(code, facts as never, { severity, span: span ?? place(facts as Readonly<Record<string, unknown>>) }),
  );
}
