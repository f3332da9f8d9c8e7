import type { Diagnostic } from "../../../base/diagnostic.js";
import type { SourceFile } from "../../../base/span.js";
import { diagnosticsBundle } from "../error-bundle.js";
import { type Kind, shapeOf } from "../kind.js";

/** Errors of the library that carry the language's diagnostics, recognised by that: a second copy of the library works, too. */
export const programError: Kind = {
  name: "program with mistakes",
  matches(value) {
    const { name, diagnostics } = shapeOf(value);
    return (
      value instanceof Error && (name === "ProgramError" || name === "DiagnosticError") && Array.isArray(diagnostics)
    );
  },
  bundle(value) {
    const { diagnostics, sources } = shapeOf(value);
    const texts = sources instanceof Map ? (sources as ReadonlyMap<string, SourceFile>) : new Map<string, SourceFile>();
    return diagnosticsBundle(diagnostics as readonly Diagnostic[], texts);
  },
};
