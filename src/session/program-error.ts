import { type Diagnostic, renderDiagnostic } from "../base/diagnostic.js";
import type { SourceFile } from "../base/span.js";

/** A program that cannot run: its message is every diagnostic as text, with the place; `diagnostics` holds the facts. */
export class ProgramError extends Error {
  readonly diagnostics: readonly Diagnostic[];
  /** The texts that the diagnostics point into; not listed when the error is printed, whose message quotes them. */
  declare readonly sources: ReadonlyMap<string, SourceFile>;
  constructor(diagnostics: readonly Diagnostic[], sources: ReadonlyMap<string, SourceFile>) {
    const rendered = diagnostics.map((d) => renderDiagnostic(d, sources)).join("\n\n");
    super(rendered === "" ? "the program has no experiment to run" : `\n${rendered}`);
    this.name = "ProgramError";
    this.diagnostics = diagnostics;
    Object.defineProperty(this, "sources", { value: sources, enumerable: false });
  }
}
