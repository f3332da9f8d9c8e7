import { relative } from "node:path";
import type { Diagnostic } from "../../base/diagnostic.js";
import { visible } from "../../base/visible.js";
import { exportText } from "../../export/text.js";
import { toRecordJson } from "../../results/json.js";
import type { DiagnosisRecord, TrialRecord } from "../../results/record.js";
import type { RunEvent } from "../../run/events.js";
import { type RunTextOptions, runText } from "../../session/program.js";
import type { Result } from "../../session/result.js";
import { EXIT } from "../exit.js";
import { isNotebook, readProgram, type SharedOptions, type Shell } from "../shell.js";
import { columnsOf, progressDisplay, wantsColour } from "../terminal.js";

export interface RunFlags extends SharedOptions {
  readonly workers: number;
  readonly quick: boolean;
  readonly fresh: boolean;
  readonly out?: string;
  /** Where the notebook with its outputs is written. */
  readonly output?: string;
}

/** `nibble run FILE`: runs the experiments; a record a line with --json, else a table and the path of the report. */
export async function runCommand(file: string, flags: RunFlags, shell: Shell): Promise<number> {
  if (isNotebook(file)) return (await import("./notebook-run.js")).runNotebookCommand(file, flags, shell);
  return runProgramFile(file, flags, shell, {
    prints: (event) => event.kind === "finished" || event.kind === "diagnosed",
    show,
  });
}

/** What a command shows of the run that it starts. */
export interface Showing {
  /** What is diagnosed in place of a run; see `RunTextOptions`. */
  readonly diagnose?: string | true;
  /** What is exported in place of a run. */
  readonly export?: RunTextOptions["export"];
  /** Events whose record is printed at once with --json. */
  prints(event: RunEvent): boolean;
  show(result: Result, shell: Shell, diagnostics: readonly Diagnostic[], printed: ReadonlySet<string>): void;
}

/** Runs a program file with progress on stderr, until Ctrl-C. */
export async function runProgramFile(file: string, flags: RunFlags, shell: Shell, showing: Showing): Promise<number> {
  const source = await readProgram(file);
  if ("code" in source) {
    shell.report([source], new Map());
    return EXIT.wrongProgram;
  }
  const stop = new AbortController();
  const progress = progressDisplay(shell.terminal, shell);
  const printed = new Set<string>();
  const onEvent = (event: RunEvent) => {
    progress.show(event);
    if (!shell.json || !("record" in event) || !showing.prints(event)) return;
    printed.add(keyOf(event.record));
    shell.print(toRecordJson(event.record));
  };
  const release = shell.terminal.interrupts(() => stop.abort());
  try {
    const outcome = await runText(source, {
      allow: flags.allow,
      parameters: flags.param,
      workers: flags.workers,
      quick: flags.quick,
      fresh: flags.fresh,
      resultsFolder: flags.out,
      diagnose: showing.diagnose,
      export: showing.export,
      signal: stop.signal,
      onEvent,
    });
    progress.stop();
    shell.report(outcome.diagnostics, outcome.sources);
    for (const result of outcome.results) showing.show(result, shell, outcome.diagnostics, printed);
    return exitCode(outcome);
  } finally {
    progress.stop();
    release();
  }
}

/** A trial has one record of itself and one of its diagnosis. */
const keyOf = ({ trial, status }: TrialRecord | DiagnosisRecord) => `${status === "diagnosed" ? status : ""} ${trial}`;

/** Records that have not been printed yet, a line each. */
export function printRecords(
  records: readonly (TrialRecord | DiagnosisRecord)[],
  shell: Shell,
  printed: ReadonlySet<string>,
): void {
  for (const record of records) if (!printed.has(keyOf(record))) shell.print(toRecordJson(record));
}

/** More than these would push the table off the screen; the figures of all are in the report. */
const MOST_WHOLE_DIAGNOSES = 1;

function show(result: Result, shell: Shell, diagnostics: readonly Diagnostic[], printed: ReadonlySet<string>): void {
  if (shell.json) {
    printRecords([...result.records, ...result.diagnoses], shell, printed);
    showExports(result, shell);
    return;
  }
  // A run that was stopped before its first trial has nothing to show.
  if (shell.quiet || result.records.length === 0) return;
  shell.print(result.table({ width: columnsOf(shell.terminal), colour: wantsColour(shell.terminal) }));
  if (result.diagnoses.length > 0) {
    const brief = result.diagnoses.length > MOST_WHOLE_DIAGNOSES;
    shell.print(`\n${visibleText(result.diagnosis({ brief }))}`);
    if (brief) shell.print("\ntheir figures: in the report, and by `nibble diagnose`");
  }
  // The diagnostic has said why there is no page.
  if (!diagnostics.some(({ code }) => code === "report-not-written")) {
    shell.print(`\nreport: ${relative(process.cwd(), result.reportPath)}`);
  }
  showExports(result, shell);
}

/** What was exported, where to, and what has to be said of the choice. */
export function showExports({ exports }: Result, shell: Shell): void {
  for (const exported of exports) {
    const { folder, trial, label, sentences, manifest } = exported;
    const { forms, left, files } = manifest;
    if (shell.json) shell.print(JSON.stringify({ exported: { folder, trial, label, sentences, forms, left, files } }));
    else if (!shell.quiet) shell.print(`\n${exportText(exported, process.cwd())}`);
  }
}

/** Names of layers are the user's: nothing in them moves the cursor of the terminal. */
export function visibleText(text: string): string {
  return text.split("\n").map(visible).join("\n");
}

function exitCode(outcome: Awaited<ReturnType<typeof runText>>): number {
  if (outcome.interrupted) return EXIT.interrupted;
  if (!outcome.ran)
    return outcome.diagnostics.some(({ severity }) => severity === "error") ? EXIT.wrongProgram : EXIT.ok;
  if (outcome.results.some(({ records }) => records.some(({ status }) => status === "failed"))) return EXIT.trial;
  if (outcome.diagnostics.some(({ severity }) => severity === "error")) return EXIT.trial;
  if (outcome.results.some(({ expectations }) => expectations.some(({ met }) => !met))) return EXIT.expectation;
  return EXIT.ok;
}
