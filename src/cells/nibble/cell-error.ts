import { byPosition, type Diagnostic, words } from "../../base/diagnostic.js";
import type { SourceFile } from "../../base/span.js";
import { diagnosticsBundle, diagnosticsTraceback } from "../display/error-bundle.js";
import type { CellError } from "../outputs.js";

/** A cell that cannot run, with every mistake, its line and a caret; errors come before warnings. */
export function programErrorOf(
  diagnostics: readonly Diagnostic[],
  sources: ReadonlyMap<string, SourceFile>,
): CellError {
  const sorted = byPosition(diagnostics);
  const errors = sorted.filter(({ severity }) => severity === "error");
  const all = [...errors, ...sorted.filter(({ severity }) => severity !== "error")];
  const [first] = all;
  const message = first ? `${first.code}: ${words(first).message}` : "the program is wrong";
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  return {
    ename: "ProgramError",
    evalue: `${message.replace(/\s+/g, " ")}${more}`,
    traceback: diagnosticsTraceback(all, sources),
    bundle: diagnosticsBundle(all, sources),
  };
}
