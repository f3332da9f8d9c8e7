import { mkdir } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { type Diagnostic, diagnostic } from "../../base/diagnostic.js";
import { toRecordJson } from "../../results/json.js";
import { diagnosticsOf } from "../../run/failure.js";
import { writeWhole } from "../../run/whole-file.js";
import type { Result } from "../../session/result.js";
import { defaultResultsFolder, findLedger, savedExperiments, savedResult } from "../../session/saved-result.js";
import { EXIT } from "../exit.js";
import type { Shell } from "../shell.js";
import { columnsOf, wantsColour } from "../terminal.js";

export interface ReportFlags {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly markdown: boolean;
  readonly all: boolean;
  readonly out?: string;
  readonly svg?: string;
  /** Label or id of the one trial to tell of. */
  readonly trial?: string;
}

/**
 * `nibble report [EXPERIMENT|PATH]`: table and HTML page of an earlier run again, from its ledger alone; as Markdown,
 * as records or as pictures where asked. Without an argument, the experiments that have results. Measures nothing and
 * judges nothing: an expectation that does not hold is shown and is no failure of this command.
 */
export async function reportCommand(where: string | undefined, flags: ReportFlags, shell: Shell): Promise<number> {
  try {
    const ledger = where === undefined ? undefined : findLedger(where);
    if (ledger === undefined) return list(where === undefined ? defaultResultsFolder() : resolve(where), shell);
    const { result, diagnostics } = savedResult(ledger, { all: flags.all });
    shell.report(diagnostics, new Map());
    if (flags.trial !== undefined) {
      const look = { width: columnsOf(shell.terminal), colour: wantsColour(shell.terminal) };
      shell.print(result.trial(flags.trial, look));
      return EXIT.ok;
    }
    return await show(result, flags, shell);
  } catch (error) {
    shell.report(diagnosticsOf(error, "report"), new Map());
    return EXIT.wrongProgram;
  }
}

function list(folder: string, shell: Shell): number {
  const found = savedExperiments(folder);
  if (found.length === 0) {
    shell.report([diagnostic("no-results", { folder }, { severity: "note" })], new Map());
    return EXIT.ok;
  }
  const width = Math.max(...found.map(({ experiment }) => experiment.length));
  for (const experiment of found) {
    if (shell.json) shell.print(JSON.stringify(experiment));
    else if (!shell.quiet) {
      const { completed, failed, about } = experiment;
      const trials = `${completed} trial${completed === 1 ? "" : "s"}${failed > 0 ? `, ${failed} failed` : ""}`;
      shell.print([experiment.experiment.padEnd(width), trials, ...(about ? [about] : [])].join("  "));
    }
  }
  return EXIT.ok;
}

async function show(result: Result, flags: ReportFlags, shell: Shell): Promise<number> {
  const isText = flags.markdown || flags.json;
  const pages = isText && flags.out === undefined ? [] : [page(result, flags)];
  const pictures = flags.svg === undefined ? [] : picturesIn(result, flags.svg);
  // Pictures alone were asked for: the page stays as it is.
  const files = [...(flags.svg !== undefined && flags.out === undefined ? [] : pages), ...pictures];
  if (!isText && !shell.quiet) {
    shell.print(result.table({ width: columnsOf(shell.terminal), colour: wantsColour(shell.terminal) }));
  }
  if (isText && flags.out === undefined) shell.print(textOf(result, flags).trimEnd());
  const problems = await writeAll(files);
  shell.report(problems, new Map());
  if (problems.length > 0) return EXIT.trial;
  if (!shell.quiet && !flags.json) for (const [i, line] of written(files).entries()) say(line, i, isText, shell);
  return EXIT.ok;
}

interface File {
  readonly what: string;
  readonly path: string;
  readonly content: string;
}

function page(result: Result, flags: ReportFlags): File {
  const path = resolve(flags.out ?? result.reportPath);
  const isText = flags.markdown || flags.json;
  return { what: "report", path, content: isText ? textOf(result, flags) : result.html() };
}

function textOf(result: Result, flags: ReportFlags): string {
  if (flags.markdown) return result.markdown();
  return result.records.map((record) => `${toRecordJson(record)}\n`).join("");
}

function picturesIn(result: Result, folder: string): readonly File[] {
  return result.svg.all().map(({ name, svg }) => ({ what: "figure", path: resolve(join(folder, name)), content: svg }));
}

async function writeAll(files: readonly File[]): Promise<readonly Diagnostic[]> {
  for (const { path, content } of files) {
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeWhole(path, content);
    } catch (error) {
      return diagnosticsOf(error, "report");
    }
  }
  return [];
}

function written(files: readonly File[]): readonly string[] {
  return files.map(({ what, path }) => `${what}: ${relative(process.cwd(), path) || path}`);
}

/** Where Markdown goes to standard output, what was written is said beside it. */
function say(line: string, i: number, isText: boolean, shell: Shell): void {
  if (isText) shell.terminal.stderr.write(`${line}\n`);
  else shell.print(i === 0 ? `\n${line}` : line);
}
