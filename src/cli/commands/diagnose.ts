import { renderDiagnoses } from "../../report/diagnosis.js";
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
    show: (result, _shell, _diagnostics, printed) => showDiagnoses(result, what?.split(".")[1], shell, printed),
  });
}

/** @param scheme the one that was asked for; all where none was */
function showDiagnoses(result: Result, scheme: string | undefined, shell: Shell, printed: ReadonlySet<string>): void {
  const shown = result.diagnoses.filter((each) => scheme === undefined || each.scheme.name === scheme);
  if (shell.json) printRecords(shown, shell, printed);
  else if (!shell.quiet && shown.length > 0) shell.print(visibleText(renderDiagnoses(result.records, shown)));
}
