import { type Diagnostic, DiagnosticError } from "./diagnostic.js";

/**
 * Does pieces of work of which none needs another, and gives their results in order. All that is wrong is told at once.
 * @throws {DiagnosticError} with the diagnostics of every piece that failed
 */
export function together<Works extends readonly (() => unknown)[]>(
  ...works: Works
): { readonly [Index in keyof Works]: ReturnType<Works[Index]> } {
  const mistakes: Diagnostic[] = [];
  const results = works.map((work) => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      mistakes.push(...error.diagnostics);
      return undefined;
    }
  });
  if (mistakes.length > 0) throw new DiagnosticError(...mistakes);
  return results as { [Index in keyof Works]: ReturnType<Works[Index]> };
}
