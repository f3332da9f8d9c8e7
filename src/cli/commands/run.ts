import { relative } from "node:path";
import type { Diagnostic } from "../../base/diagnostic.js";
import { toRecordJson } from "../../results/json.js";
import type { RunEvent } from "../../run/events.js";
import { runText } from "../../session/program.js";
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
  const source = await readProgram(file);
  if ("code" in source) {
    shell.report([source], new Map());
    return EXIT.wrongProgram;
  }
  const stop = new AbortController();
  const progress = progressDisplay(shell.terminal, shell);
  const onEvent = (event: RunEvent) => {
    progress.show(event);
    if (shell.json && event.kind === "finished") shell.print(toRecordJson(event.record));
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
      signal: stop.signal,
      onEvent,
    });
    progress.stop();
    shell.report(outcome.diagnostics, outcome.sources);
    for (const result of outcome.results) show(result, shell, outcome.diagnostics);
    return exitCode(outcome);
  } finally {
    progress.stop();
    release();
  }
}

function show(result: Result, shell: Shell, diagnostics: readonly Diagnostic[]): void {
  const fresh = new Set(result.measured);
  if (shell.json) {
    for (const record of result.records) if (!fresh.has(record.trial)) shell.print(toRecordJson(record));
    return;
  }
  // A run that was stopped before its first trial has nothing to show.
  if (shell.quiet || result.records.length === 0) return;
  shell.print(result.table({ width: columnsOf(shell.terminal), colour: wantsColour(shell.terminal) }));
  // The diagnostic has said why there is no page.
  if (diagnostics.some(({ code }) => code === "report-not-written")) return;
  shell.print(`\nreport: ${relative(process.cwd(), result.reportPath)}`);
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
