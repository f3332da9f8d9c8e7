import type { CellLanguage, Interpreter } from "../cells/interpreter.js";
import { languageOf } from "../cells/language-of.js";
import type { CellError, CellOutcome, CellOutput } from "../cells/outputs.js";
import { parseProgram } from "../language/parse-program.js";
import { isObject, type Json } from "./json-text.js";
import { type Notebook, withOutputs } from "./nbformat.js";
import { collectOutputs } from "./outputs.js";

/** What an experiment of a cell gave: its records, as `--json` prints them, and whether all that was expected held. */
export interface ExperimentOutcome {
  readonly records: readonly Json[];
  readonly expectationsMet: boolean;
}

/** What happens while a notebook runs. */
export interface NotebookEvents {
  /** `index` counts code cells from 1, up to `total`. */
  onStart(index: number, total: number): void;
  onOutput(output: CellOutput): void;
  onExperiment(outcome: ExperimentOutcome): void;
  /** A cell has ended; `notebook` holds its outputs. Awaited before the next begins. */
  onEnd(outcome: CellOutcome, notebook: Notebook): Promise<void>;
}

/** How a notebook ended. */
export interface NotebookEnding {
  readonly notebook: Notebook;
  /** The error of the cell that stopped it. */
  readonly error?: CellError;
  /** The language of that cell. */
  readonly language?: CellLanguage;
}

/** The notebook without outputs of earlier runs. */
export function unrun(notebook: Notebook): Notebook {
  return {
    ...notebook,
    cells: notebook.cells.map((cell) => (cell.kind === "code" ? withOutputs(cell, [], null) : cell)),
  };
}

/**
 * Runs all code cells from top to bottom and stops at the first that fails, unless it is tagged `raises-exception`.
 * Outputs of earlier runs are gone before the first cell starts.
 */
export async function runNotebook(
  notebook: Notebook,
  usual: CellLanguage,
  interpreter: Pick<Interpreter, "execute">,
  events: NotebookEvents,
  stopped: () => boolean = () => false,
): Promise<NotebookEnding> {
  const cells = [...unrun(notebook).cells];
  const toRun = cells.flatMap(({ kind, source }, i) => (kind === "code" && source.trim() !== "" ? [i] : []));
  for (const [done, i] of toRun.entries()) {
    const cell = cells[i];
    if (cell === undefined || stopped()) continue;
    const number = done + 1;
    events.onStart(number, toRun.length);
    const collector = collectOutputs();
    const show = (output: CellOutput) => {
      collector.add(output);
      events.onOutput(output);
    };
    const { language, code } = languageOf(cell.source, usual);
    const names = language === "nibble" ? experimentsIn(code) : [];
    const reply = await interpreter.execute({
      code: cell.source,
      number,
      onOutput: show,
      expressions: Object.fromEntries(names.map((name) => [name, experimentExpression(name)])),
    });
    collector.end(reply, number);
    cells[i] = withOutputs(cell, collector.outputs, number);
    for (const outcome of Object.values(reply.expressions ?? {})) {
      const experiment = experimentOf(outcome);
      if (experiment !== undefined) events.onExperiment(experiment);
    }
    const now = { ...notebook, cells: [...cells] };
    await events.onEnd(reply, now);
    if (reply.status === "error" && !cell.tags.includes("raises-exception")) {
      return { notebook: now, error: reply.error, language };
    }
  }
  return { notebook: { ...notebook, cells } };
}

/** Names of the experiments of a Nibble cell; none when it cannot be read. */
function experimentsIn(code: string): readonly string[] {
  const { program } = parseProgram({ path: "<cell>", text: code });
  return program.statements.flatMap((statement) => (statement.kind === "experiment" ? [statement.name.name] : []));
}

/** Asks the execution child for plain data: a display of JSON is the one form that is not shortened. */
function experimentExpression(name: string): string {
  return `({ [Symbol.for("Jupyter.display")]: () => ({ "application/json": { records: ${name}.records, expectations: ${name}.expectations } }) })`;
}

function experimentOf(outcome: CellOutcome): ExperimentOutcome | undefined {
  if (outcome.status === "error") return undefined;
  const data = outcome.result?.data["application/json"];
  if (!isObject(data) || !Array.isArray(data.records) || !Array.isArray(data.expectations)) return undefined;
  const expectations: readonly Json[] = data.expectations;
  return {
    records: data.records,
    expectationsMet: expectations.every((each) => isObject(each) && each.met === true),
  };
}
