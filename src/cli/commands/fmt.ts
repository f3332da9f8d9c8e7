import { buffer } from "node:stream/consumers";
import { type Diagnostic, diagnostic } from "../../base/diagnostic.js";
import type { SourceFile } from "../../base/span.js";
import { formatProgram } from "../../language/services/format.js";
import { diagnosticsOf, refusalOf } from "../../run/failure.js";
import { replaceWhole } from "../../run/whole-file.js";
import { EXIT } from "../exit.js";
import { isNotebook, readProgram, type SharedOptions, type Shell } from "../shell.js";

export interface FormatFlags extends SharedOptions {
  /** Writes nothing; says which files would change. */
  readonly check: boolean;
}

/** Standard input, as other formatters call it. */
const STDIN = "-";

/**
 * `nibble fmt FILE...`: writes each program in the canonical layout, in place, whole or not at all; `-` reads standard
 * input and writes standard output. A program with mistakes is left alone, and the others are formatted all the same.
 */
export async function formatCommand(files: readonly string[], flags: FormatFlags, shell: Shell): Promise<number> {
  let code: number = EXIT.ok;
  for (const file of files) code = Math.max(code, await formatOne(file, flags, shell));
  return code;
}

async function formatOne(file: string, flags: FormatFlags, shell: Shell): Promise<number> {
  if (isNotebook(file)) return (await import("./notebook-check.js")).formatNotebookCommand(file, flags, shell);
  const { check } = flags;
  const source = file === STDIN ? await readStandardInput() : await readProgram(file);
  if ("code" in source) {
    shell.report([source], new Map());
    return EXIT.wrongProgram;
  }
  const formatted = formatProgram(source.text, source.path);
  if ("diagnostics" in formatted) {
    shell.report(formatted.diagnostics, new Map([[source.path, source]]));
    return EXIT.wrongProgram;
  }
  const changed = formatted.text !== source.text;
  if (file === STDIN && !check) {
    shell.terminal.stdout.write(formatted.text);
    return EXIT.ok;
  }
  if (changed && !check) {
    const failed = await replaceFile(file, formatted.text);
    if (failed.length > 0) {
      shell.report(failed, new Map());
      return EXIT.trial;
    }
  }
  tell(source.path, changed, check, shell);
  return check && changed ? EXIT.expectation : EXIT.ok;
}

function tell(path: string, changed: boolean, check: boolean, shell: Shell): void {
  if (shell.json) shell.print(JSON.stringify({ file: path, changed }));
  else if (changed && !shell.quiet) shell.print(check ? `${path}: would be formatted` : `${path}: formatted`);
}

async function readStandardInput(): Promise<SourceFile | Diagnostic> {
  const path = "<stdin>";
  try {
    return { path, text: new TextDecoder("utf-8", { fatal: true }).decode(await buffer(process.stdin)) };
  } catch {
    return diagnostic("source-unreadable", { path, reason: "it is not UTF-8 text" });
  }
}

async function replaceFile(file: string, text: string): Promise<readonly Diagnostic[]> {
  try {
    await replaceWhole(file, text);
    return [];
  } catch (error) {
    const reason = refusalOf(error);
    return reason === undefined
      ? diagnosticsOf(error, "fmt")
      : [diagnostic("program-not-written", { path: file, reason })];
  }
}
