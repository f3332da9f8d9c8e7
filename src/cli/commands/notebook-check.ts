import { dirname, resolve } from "node:path";
import type { Diagnostic } from "../../base/diagnostic.js";
import type { SourceFile } from "../../base/span.js";
import { checkNotebook } from "../../notebook/check.js";
import { openNotebook, saveNotebook } from "../../notebook/file.js";
import { formatNotebook } from "../../notebook/format.js";
import { setParameters } from "../../notebook/parameters.js";
import { EXIT } from "../exit.js";
import type { SharedOptions, Shell } from "../shell.js";

/** `nibble check NOTEBOOK`: the mistakes of all cells, with cell and line; runs nothing. */
export async function checkNotebookCommand(path: string, flags: SharedOptions, shell: Shell): Promise<number> {
  const file = await openNotebook(path);
  const set = "code" in file ? { diagnostics: [file] } : setParameters(file.notebook, file.language, flags.param ?? {});
  if ("code" in file || "diagnostics" in set) {
    shell.report("diagnostics" in set ? set.diagnostics : [], new Map());
    return EXIT.wrongProgram;
  }
  const { diagnostics, sources, cells } = await checkNotebook(set.notebook, file.language, {
    folder: dirname(resolve(path)),
    allow: flags.allow ?? [],
    parameters: set.overrides,
  });
  shell.report(diagnostics, sources);
  const errors = diagnostics.filter(({ severity }) => severity === "error").length;
  if (!shell.quiet && !shell.json) {
    const found = errors === 0 ? "no mistakes" : `${errors} mistake${errors === 1 ? "" : "s"}`;
    shell.print(`${path}: ${found}; ${cells} cell${cells === 1 ? "" : "s"}`);
  }
  return errors > 0 ? EXIT.wrongProgram : EXIT.ok;
}

/** `nibble fmt NOTEBOOK`: the Nibble cells in the canonical layout; all else stays as it is. */
export async function formatNotebookCommand(
  path: string,
  { check }: { readonly check: boolean },
  shell: Shell,
): Promise<number> {
  const file = await openNotebook(path);
  if ("code" in file) return refused([file], new Map(), shell);
  const { notebook, changed, diagnostics, sources } = formatNotebook(file.notebook, file.language);
  if (diagnostics.length > 0) return refused(diagnostics, sources, shell);
  if (changed && !check) {
    const failed = await saveNotebook(path, notebook);
    if (failed !== undefined) {
      shell.report([failed], new Map());
      return EXIT.trial;
    }
  }
  if (shell.json) shell.print(JSON.stringify({ file: path, changed }));
  else if (changed && !shell.quiet) shell.print(check ? `${path}: would be formatted` : `${path}: formatted`);
  return check && changed ? EXIT.expectation : EXIT.ok;
}

function refused(diagnostics: readonly Diagnostic[], sources: ReadonlyMap<string, SourceFile>, shell: Shell): number {
  shell.report(diagnostics, sources);
  return EXIT.wrongProgram;
}
