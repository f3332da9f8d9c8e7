import { resolve } from "node:path";
import { verifyExport } from "../../export/manifest-file.js";
import { diagnosticsOf } from "../../run/failure.js";
import { EXIT } from "../exit.js";
import type { Shell } from "../shell.js";
import { type RunFlags, runProgramFile, showExports } from "./run.js";

export interface ExportFlags extends RunFlags {
  /** `experiment.best(speedup)`, `experiment.static`, `experiment.trial("static minmax")`. */
  readonly trial?: string;
  /** The folder. */
  readonly to?: string;
  /** Names with commas between them. */
  readonly format?: string;
  readonly force: boolean;
  readonly licence?: string;
  readonly source?: string;
}

/**
 * `nibble export FILE`: writes a trial for where it will run. Trials that have not run are run first; what the ledger has is
 * taken over.
 */
export function exportCommand(file: string, flags: ExportFlags, shell: Shell): Promise<number> {
  const { trial, to, format, force, licence, source } = flags;
  const forms = format?.split(",").map((name) => name.trim());
  return runProgramFile(file, flags, shell, {
    export: { trial, to, forms, force, ...(licence ? { licence } : {}), ...(source ? { source } : {}) },
    prints: () => false,
    show: (result) => showExports(result, shell),
  });
}

/** `nibble export --verify DIR`: whether the files of an export are what its manifest says. */
export async function verifyCommand(folder: string, shell: Shell): Promise<number> {
  try {
    const problems = await verifyExport(resolve(folder));
    shell.report(problems, new Map());
    if (problems.length > 0) return EXIT.trial;
    if (shell.json) shell.print(JSON.stringify({ verified: resolve(folder) }));
    else if (!shell.quiet) shell.print(`${folder}: every file is as its manifest says`);
    return EXIT.ok;
  } catch (error) {
    shell.report(diagnosticsOf(error, "export"), new Map());
    return EXIT.wrongProgram;
  }
}
