import type { Result } from "../../session/result.js";
import type { Shell } from "../shell.js";
import { printRecords, type RunFlags, runProgramFile, visibleText } from "./run.js";

/**
 * `nibble diagnose FILE [EXPERIMENT.SCHEME]`: why accuracy moved, trial by trial. Trials that have not run are run first;
 * what the ledger has of trials and diagnoses is taken over.
 */
export function diagnoseCommand(
  file: string,
  what: string | undefined,
  flags: RunFlags,
  shell: Shell,
): Promise<number> {
  return runProgramFile(file, flags, shell, {
    diagnose: what ?? true,
    prints: (event) => event.kind === "diagnosed",
    show: showDiagnoses,
  });
}

function showDiagnoses(result: Result, shell: Shell, _diagnostics: unknown, printed: ReadonlySet<string>): void {
  if (shell.json) printRecords(result.diagnoses, shell, printed);
  else if (!shell.quiet && result.diagnoses.length > 0) shell.print(visibleText(result.diagnosis()));
}
