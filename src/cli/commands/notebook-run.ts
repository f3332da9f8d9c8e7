import { dirname, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { createInterpreter } from "../../cells/create.js";
import type { CellLanguage, Interpreter } from "../../cells/interpreter.js";
import type { CellOutput, MimeBundle } from "../../cells/outputs.js";
import { openNotebook, saveNotebook } from "../../notebook/file.js";
import type { Notebook } from "../../notebook/nbformat.js";
import { setParameters } from "../../notebook/parameters.js";
import { type NotebookEnding, runNotebook, unrun } from "../../notebook/run.js";
import { EXIT } from "../exit.js";
import type { SharedOptions, Shell } from "../shell.js";
import { wantsColour } from "../terminal.js";

/** What of the flags of `run` a notebook takes. */
export interface NotebookRunFlags extends SharedOptions {
  readonly workers: number;
  readonly quick: boolean;
  /** Where the notebook with its outputs is written. */
  readonly output?: string;
}

/** `nibble run NOTEBOOK`: all code cells from top to bottom, their outputs as text; `-o` after each cell. */
export async function runNotebookCommand(path: string, flags: NotebookRunFlags, shell: Shell): Promise<number> {
  const file = await openNotebook(path);
  if ("code" in file) {
    shell.report([file], new Map());
    return EXIT.wrongProgram;
  }
  const set = setParameters(file.notebook, file.language, flags.param ?? {});
  if ("diagnostics" in set) {
    shell.report(set.diagnostics, new Map());
    return EXIT.wrongProgram;
  }
  // Once before the first cell: not after hours of work that nobody can keep.
  const refused = flags.output === undefined ? undefined : await saveNotebook(flags.output, unrun(set.notebook));
  if (refused !== undefined) {
    shell.report([refused], new Map());
    return EXIT.trial;
  }
  const interpreter = createInterpreter({
    language: file.language,
    folder: dirname(resolve(path)),
    allow: flags.allow ?? [],
    parameters: set.overrides,
    quick: flags.quick,
    workers: flags.workers,
  });
  try {
    return await runCells(set.notebook, file.language, interpreter, flags.output, shell);
  } finally {
    await interpreter.shutdown();
  }
}

async function runCells(
  notebook: Notebook,
  language: CellLanguage,
  interpreter: Interpreter,
  output: string | undefined,
  shell: Shell,
): Promise<number> {
  const printer = outputPrinter(shell);
  const seen = { stopped: false, failedTrial: false, unmet: false, notWritten: false };
  const release = shell.terminal.interrupts(() => {
    seen.stopped = true;
    void interpreter.interrupt();
  });
  const save = async (notebook: Notebook) => {
    const failed = output === undefined ? undefined : await saveNotebook(output, notebook);
    if (failed === undefined || seen.notWritten) return;
    seen.notWritten = true;
    shell.report([failed], new Map());
  };
  try {
    const ending = await runNotebook(
      notebook,
      language,
      interpreter,
      {
        onStart(index, total) {
          if (!shell.quiet) shell.terminal.stderr.write(`[${index}/${total}] <cell ${index}>\n`);
        },
        onOutput: printer.show,
        onExperiment({ records, expectationsMet }) {
          if (shell.json) for (const record of records) shell.print(JSON.stringify(record));
          seen.unmet ||= !expectationsMet;
          seen.failedTrial ||= records.some((each) => (each as { status?: unknown }).status === "failed");
        },
        async onEnd(outcome, soFar) {
          printer.end(outcome.status === "ok" ? outcome.result : undefined);
          await save(soFar);
        },
      },
      () => seen.stopped,
    );
    await save(ending.notebook);
    if (seen.stopped) return EXIT.interrupted;
    if (ending.error !== undefined) return failure(ending, shell);
    if (seen.failedTrial || seen.notWritten) return EXIT.trial;
    return seen.unmet ? EXIT.expectation : EXIT.ok;
  } finally {
    release();
  }
}

/** Says why the notebook stopped. A cell that could not begin is a wrong program; one that broke off is a failed trial. */
function failure({ error }: NotebookEnding, shell: Shell): number {
  if (error === undefined) return EXIT.ok;
  const { ename, evalue, traceback, began } = error;
  if (shell.json)
    shell.print(JSON.stringify({ error: { ename, evalue, traceback: traceback.map(stripVTControlCharacters) } }));
  else {
    const colour = wantsColour(shell.terminal, shell.terminal.stderr);
    const text = traceback.join("\n");
    shell.terminal.stderr.write(`${colour ? text : stripVTControlCharacters(text)}\n`);
  }
  return began === false ? EXIT.wrongProgram : EXIT.trial;
}

/** Shows outputs as text: streams as they come, displays in their last form when the cell ends. */
function outputPrinter({ terminal, json, quiet, print }: Shell) {
  const silent = json || quiet;
  let displays: { readonly id: string | undefined; bundle: MimeBundle }[] = [];
  const showDisplays = () => {
    for (const { bundle } of displays) if (!silent) printBundle(bundle, print);
    displays = [];
  };
  return {
    show(output: CellOutput) {
      if (output.kind === "stream") {
        if (output.name === "stderr") terminal.stderr.write(output.text);
        else if (!silent) terminal.stdout.write(output.text);
      } else if (output.kind === "display") displays.push({ id: output.displayId, bundle: output.bundle });
      else if (output.kind === "update-display") {
        for (const each of displays) if (each.id === output.displayId) each.bundle = output.bundle;
      } else if (output.kind === "clear") displays = [];
    },
    end(result: MimeBundle | undefined) {
      showDisplays();
      if (result !== undefined && !silent) printBundle(result, print);
    },
  };
}

function printBundle({ data }: MimeBundle, print: (text: string) => void): void {
  const text = data["text/plain"] ?? data["text/markdown"];
  if (typeof text === "string") print(text);
  else print(`[${Object.keys(data).join(", ")}]`);
}
