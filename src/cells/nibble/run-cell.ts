import { relative } from "node:path";
import type { Diagnostic } from "../../base/diagnostic.js";
import type { SourceFile } from "../../base/span.js";
import { visible } from "../../base/visible.js";
import { dataLine, modelLine } from "../../language/services/describe.js";
import { diagnosticsOf } from "../../run/failure.js";
import { dataSource } from "../../session/data.js";
import { type RanText, runText } from "../../session/program.js";
import type { Result } from "../../session/result.js";
import type { ChildContext } from "../child/context.js";
import type { Made } from "../child/frames.js";
import { diagnosticsBundle } from "../display/error-bundle.js";
import type { CellError } from "../outputs.js";
import { programErrorOf } from "./cell-error.js";
import { liveDisplay } from "./live-display.js";
import { nibbleText } from "./text.js";

/** A Nibble cell, ready to run. */
export interface NibbleCell {
  /** Its path is `<cell 3>`. */
  readonly source: SourceFile;
  /** Earlier cells whose definitions it can use, oldest first. */
  readonly definitions: readonly SourceFile[];
  /** Folders, beside the project root, that it may read. */
  readonly allow?: readonly string[] | undefined;
  /** Overrides of `param` statements, by name. */
  readonly parameters?: Readonly<Record<string, string | number>> | undefined;
  /** Fewer timing samples. */
  readonly quick?: boolean | undefined;
  /** Trials quantized and evaluated at once; 1 unless given. */
  readonly workers?: number | undefined;
}

/** How a Nibble cell ended. `variables`: what it has put into the scope, whatever the status. */
export type NibbleCellOutcome = { readonly variables: readonly Made[] } & (
  | { readonly status: "ok" }
  | { readonly status: "error"; readonly error: CellError }
  /** The user pressed Stop; what was finished has been shown. */
  | { readonly status: "interrupted" }
);

/**
 * Runs a Nibble cell in the execution child: checks it against the scope's values, shows a live display while it runs,
 * then table and plots of each experiment, and puts each `Result` and each data set into the scope under its name.
 * Never rejects: every way of failing is an outcome.
 */
export async function runNibbleCell(cell: NibbleCell, context: ChildContext): Promise<NibbleCellOutcome> {
  const variables: Made[] = [];
  const make = (name: string, type: "Result" | "DataSource", value: object) => {
    define(context.scope, name, value);
    variables.push({ name, type });
  };
  const live = liveDisplay(context.emit);
  const keep = (result: Result) => {
    live.finish(result.records.length > 0 ? relative(context.folder, result.reportPath) : undefined);
    make(result.experiment, "Result", result);
    if (result.records.length === 0) return;
    for (const data of result.bundles()) context.emit({ kind: "display", bundle: { data } });
  };
  try {
    const source = { ...cell.source, text: nibbleText(cell.source.text) };
    const ran = await runText(source, {
      ...cell,
      folder: context.folder,
      values: new Map(Object.entries(context.scope)),
      signal: context.signal,
      onEvent: live.show,
      onResult: keep,
    });
    // An experiment of the same name is what its author is after.
    const taken = new Set(variables.map(({ name }) => name));
    for (const reference of ran.program?.data ?? []) {
      if (!taken.has(reference.name)) make(reference.name, "DataSource", dataSource(reference));
    }
    return { ...outcomeOf(ran, cell, context), variables };
  } catch (error) {
    const diagnostics = diagnosticsOf(error, "the cell");
    return { status: "error", error: programErrorOf(diagnostics, new Map()), variables };
  } finally {
    live.stop();
  }
}

type Ending = { readonly status: "ok" | "interrupted" } | { readonly status: "error"; readonly error: CellError };

function outcomeOf(ran: RanText, cell: NibbleCell, context: ChildContext): Ending {
  const { sources } = ran;
  const diagnostics = [...ran.diagnostics.filter(({ code }) => code !== "nothing-to-run"), ...unfinished(ran.results)];
  const wrong = diagnostics.some(({ severity }) => severity === "error");
  // Stop ends the worker processes, so that what failed then says nothing.
  if (ran.interrupted || (wrong && !ran.ran && context.signal.aborted)) {
    showRemarks(diagnostics, sources, context);
    return { status: "interrupted" };
  }
  if (wrong) {
    const error = programErrorOf(diagnostics, withCell(sources, cell));
    return { status: "error", error: ran.ran ? error : { ...error, began: false } };
  }
  showRemarks(diagnostics, sources, context);
  showDefinitions(ran, context);
  return { status: "ok" };
}

/** Why an experiment has no figure at all; one that lacks some of its trials is shown without them. */
function unfinished(results: readonly Result[]): readonly Diagnostic[] {
  return results.flatMap(({ records }) => {
    const failed = records.find((record) => record.status === "failed");
    const completed = records.some(({ status }) => status === "completed");
    return failed === undefined || completed ? [] : [failed.diagnostic];
  });
}

function showRemarks(
  diagnostics: readonly Diagnostic[],
  sources: ReadonlyMap<string, SourceFile>,
  context: ChildContext,
): void {
  if (diagnostics.length === 0) return;
  context.emit({ kind: "display", bundle: diagnosticsBundle(diagnostics, sources) });
}

/** A cell of definitions alone says in a line each what they stand for. */
function showDefinitions({ program }: RanText, context: ChildContext): void {
  if (program === undefined || program.experiments.length > 0 || program.definitions.length === 0) return;
  const lines = program.definitions.map((each) => {
    const about = each.kind === "model" ? modelLine(each.description) : dataLine(each.description);
    return `${each.kind} ${visible(each.name)}: ${about}`;
  });
  context.emit({ kind: "display", bundle: { data: { "text/plain": lines.join("\n") } } });
}

const withCell = (sources: ReadonlyMap<string, SourceFile>, { source }: NibbleCell) =>
  sources.size > 0 ? sources : new Map([[source.path, source]]);

/** Assigns as a declaration does, whatever the name: `__proto__` is a name like any other. */
function define(scope: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(scope, name, { value, writable: true, enumerable: true, configurable: true });
}
