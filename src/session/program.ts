import { join, resolve } from "node:path";
import { type Diagnostic, diagnostic } from "../base/diagnostic.js";
import { ownPackage } from "../base/package.js";
import type { SourceFile } from "../base/span.js";
import { engineVersion } from "../engines/onnxruntime.js";
import { exportTrial } from "../export/export.js";
import { type CheckedProgram, checkProgram } from "../language/check.js";
import type { ProgramHost } from "../language/host.js";
import { readEnvironment } from "../measure/environment.js";
import { planExperiment } from "../plan/expand.js";
import { explainPlan } from "../plan/explain.js";
import type { Plan } from "../plan/plan.js";
import { ledgerPath, openLedger } from "../results/ledger.js";
import { planPath } from "../results/plan-file.js";
import { diagnoseTrials } from "../run/diagnose.js";
import type { RunEvent } from "../run/events.js";
import { runPlan } from "../run/experiment.js";
import { diagnosticsOf, refusalOf } from "../run/failure.js";
import { fileHost, thisCpu } from "../run/host.js";
import { fullEffort, quickEffort } from "../run/latency-trial.js";
import { projectRoot, realPath } from "../run/paths.js";
import { startWorker } from "../run/process.js";
import { savedPlan, writePlanFile } from "../run/saved-plan.js";
import { writeWhole } from "../run/whole-file.js";
import { selectorOf } from "./asked-trial.js";
import { cellSignal } from "./cell-signal.js";
import { diagnosedTrials, explainDiagnosis, type Undertaking, undertakingsOf } from "./diagnose.js";
import { doExports, type ExportWish, exportOptions, targetMistakes, undertakingsFor } from "./export.js";
import { type Result, resultOf } from "./result.js";
import { saveModel } from "./saved-model.js";

/** What a caller may say about a program beside its text; all of it optional. */
export interface ProgramOptions {
  /** Folders, beside the project root, under which the program may read files. */
  readonly allow?: readonly string[] | undefined;
  /** Overrides of `param` statements, by name. */
  readonly parameters?: Readonly<Record<string, string | number>> | undefined;
  /** Values behind `$name`: paths, numbers, or a `tf.LayersModel`. */
  readonly values?: ReadonlyMap<string, unknown> | undefined;
  /** True where values exist in another process: no `$name` is then a mistake. For checks alone. */
  readonly valuesUnknown?: boolean | undefined;
  /**
   * Texts whose models, data, params and schemes the program can use, oldest first: earlier cells of a notebook. Where
   * two define a name the later one counts; their experiments are not run.
   */
  readonly definitions?: readonly SourceFile[] | undefined;
  /** Folder that the program's own path and its relative paths start from; the current folder unless given. */
  readonly folder?: string | undefined;
}

export interface RunTextOptions extends ProgramOptions {
  /** Trials quantized and evaluated at once; what is timed runs alone all the same. 1 unless given. */
  readonly workers?: number | undefined;
  /** Fewer timing samples; `NIBBLE_QUICK=1` in the environment asks for the same, where notebooks run in CI. */
  readonly quick?: boolean | undefined;
  /** Measure again what the ledger already holds. */
  readonly fresh?: boolean | undefined;
  /** Where results are written; `.nibble/results` under the project root unless given. */
  readonly resultsFolder?: string | undefined;
  /**
   * What is diagnosed, `experiment.scheme` or `experiment`, and nothing else is run; true: what the program's `diagnose`
   * statements say, else every quantized scheme. Without it the experiments are run, and the statements follow.
   */
  readonly diagnose?: string | true | undefined;
  /** What is exported; experiments run for it alone, as far as they have not. Without it the program's statements follow the runs. */
  readonly export?: ExportWish | undefined;
  /** Aborting it stops the run; finished trials are kept. */
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: RunEvent) => void) | undefined;
  /** Called with the result of each experiment as soon as it is there. */
  readonly onResult?: ((result: Result) => void) | undefined;
}

export interface CheckedText {
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: ReadonlyMap<string, SourceFile>;
  /** Absent when there are errors. */
  readonly program?: CheckedProgram | undefined;
}

export interface RanText extends CheckedText {
  /** One an experiment, in the order of the text. */
  readonly results: readonly Result[];
  /** False when the program has errors, so that nothing ran. */
  readonly ran: boolean;
  readonly interrupted: boolean;
}

/** Checks a program against its real models and data; runs nothing. All mistakes are reported, sorted by place. */
export async function checkText(source: SourceFile, options: ProgramOptions = {}): Promise<CheckedText> {
  return checkProgram(source, programHost(source, options), undefined, options.definitions);
}

/** The world as a program sees it, with what the options allow and give. */
export function programHost(source: SourceFile, options: ProgramOptions): ProgramHost {
  const root = rootOf(source, options);
  const allowed = [root, ownPackage().folder, ...(options.allow ?? []).map((folder) => resolve(folder))].map(realPath);
  return fileHost({
    allowed,
    // The package itself is read, for its data sets, and never written.
    writable: [root, ...(options.allow ?? []).map((folder) => resolve(folder))].map(realPath),
    folder: options.folder ?? process.cwd(),
    isCell: options.definitions !== undefined,
    valuesUnknown: options.valuesUnknown ?? false,
    ...(options.values ? { values: options.values } : {}),
    ...(options.parameters ? { parameters: new Map(Object.entries(options.parameters)) } : {}),
    saveValue: (name, value) => saveModel(name, value, join(root, ".nibble", "models")),
  });
}

/** The folder of the project that a program belongs to. */
function rootOf(source: SourceFile, { folder }: ProgramOptions): string {
  return projectRoot(source.path, folder ?? process.cwd());
}

/** The plan of each experiment, and the same for people. */
export async function explainText(
  source: SourceFile,
  options: ProgramOptions = {},
): Promise<CheckedText & { readonly plans?: readonly { readonly plan: Plan; readonly text: string }[] }> {
  const checked = await checkText(source, options);
  if (!checked.program) return checked;
  const cpu = thisCpu();
  const asked = undertakingsOf(checked.program, undefined);
  const undertakings = "mistake" in asked ? [] : asked.undertakings.filter(({ isEarlier }) => !isEarlier);
  const plans = undertakings.map((undertaking) => {
    const plan = planExperiment(undertaking.experiment, cpu);
    return { plan, text: `${explainPlan(plan)}${explainDiagnosis(undertaking)}` };
  });
  return { ...checked, plans };
}

/** Checks a program and runs its experiments one after another. Each finished trial is on disk before the next begins. */
export async function runText(source: SourceFile, given: RunTextOptions = {}): Promise<RanText> {
  const options = { ...given, signal: given.signal ?? cellSignal() };
  const checked = await checkText(source, options);
  if (!checked.program) return { ...checked, results: [], ran: false, interrupted: false };
  const folder = resolve(options.resultsFolder ?? join(rootOf(source, options), ".nibble", "results"));
  const results: Result[] = [];
  const diagnostics = [...checked.diagnostics];
  const asked = await askedOf(checked.program, source, options);
  if ("mistakes" in asked) {
    return {
      ...checked,
      diagnostics: [...diagnostics, ...asked.mistakes],
      results: [],
      ran: false,
      interrupted: false,
    };
  }
  if (asked.undertakings.length === 0) {
    diagnostics.push(diagnostic("nothing-to-run", {}, { severity: "warning" }));
  }
  const stopped = () => options.signal?.aborted === true;
  if (stopped()) diagnostics.push(diagnostic("interrupted", { finished: 0, total: 0 }, { severity: "warning" }));
  for (const undertaking of asked.undertakings) {
    if (stopped()) break;
    try {
      const result = await runOne(undertaking, source, folder, options, diagnostics);
      results.push(result);
      options.onResult?.(result);
    } catch (error) {
      diagnostics.push(...diagnosticsOf(error, `experiment ${undertaking.experiment.name}`));
    }
  }
  return { ...checked, diagnostics, results, ran: true, interrupted: stopped() };
}

/** What is to be done of a program: a diagnosis or an export that was asked for, else all that it says. */
async function askedOf(
  program: CheckedProgram,
  source: SourceFile,
  options: RunTextOptions,
): Promise<{ readonly undertakings: readonly Undertaking[] } | { readonly mistakes: readonly Diagnostic[] }> {
  if (options.export === undefined) {
    const asked = undertakingsOf(program, options.diagnose);
    return "mistake" in asked ? { mistakes: [asked.mistake] } : asked;
  }
  try {
    const undertakings = undertakingsFor(program, options.export, thisCpu());
    const exported = undertakings.flatMap((each) => each.exported);
    const mistakes = await targetMistakes(exported, rootOf(source, options));
    return mistakes.length > 0 ? { mistakes } : { undertakings };
  } catch (error) {
    return { mistakes: diagnosticsOf(error, "export") };
  }
}

async function runOne(
  undertaking: Undertaking,
  source: SourceFile,
  resultsFolder: string,
  options: RunTextOptions,
  diagnostics: Diagnostic[],
): Promise<Result> {
  const plan = planExperiment(undertaking.experiment, thisCpu());
  const ledger = openLedger(ledgerPath(resultsFolder, plan.experiment));
  const engine = `onnxruntime ${await engineVersion()}`;
  const environment = (tfjs: string) => readEnvironment({ nibble: ownPackage().version, engine, tfjs });
  const saved = savedPlan(plan, wholeText(source, options), environment("unread"));
  await writePlanFile(planPath(ledger.path), saved);
  const { records, remarks, measured } = await runPlan(plan, {
    folder: join(resultsFolder, plan.experiment),
    ledger,
    environment,
    effort: options.quick || process.env.NIBBLE_QUICK === "1" ? quickEffort : fullEffort,
    workers: options.workers ?? 1,
    // Where only a diagnosis is wanted, finished trials stay as they are.
    fresh: options.fresh === true && options.diagnose === undefined && !options.export && !undertaking.isEarlier,
    startWorker: () => startWorker({ signal: options.signal }),
    signal: options.signal,
    onEvent: options.onEvent ?? (() => {}),
  });
  const found = await diagnoseTrials(plan, diagnosedTrials(plan, undertaking), records, {
    ...{ folder: join(resultsFolder, plan.experiment), ledger, signal: options.signal },
    fresh: options.fresh ?? false,
    startWorker: () => startWorker({ signal: options.signal }),
    onEvent: options.onEvent ?? (() => {}),
  });
  diagnostics.push(...remarks, ...found.remarks);
  const subject = {
    ...{ plan, program: saved.program, records, resultsFolder: join(resultsFolder, plan.experiment) },
    root: rootOf(source, options),
    startWorker: () => startWorker({ signal: options.signal }),
    onEvent: options.onEvent ?? (() => {}),
  };
  const asked = options.signal?.aborted ? [] : undertaking.exported;
  const exported = await doExports(asked, subject);
  diagnostics.push(...exported.diagnostics);
  const result = resultOf(saved, records, measured, ledger.path, found.known, {
    exports: exported.exports,
    export: async (trial, folder, more = {}) =>
      exportTrial({ ...exportOptions(more), selector: selectorOf(trial), folder: resolve(folder) }, subject),
  });
  // The table is shown all the same: only the page is missing.
  await writeWhole(result.reportPath, result.html()).catch((error: unknown) =>
    diagnostics.push(reportNotWritten(result, error)),
  );
  return result;
}

/** The program as a report shows it: with what it takes from earlier cells. */
function wholeText(source: SourceFile, { definitions = [] }: ProgramOptions): SourceFile {
  if (definitions.length === 0) return source;
  const text = [...definitions, source].map((file) => `// ${file.path}\n${file.text.trimEnd()}\n`).join("\n");
  return { path: source.path, text };
}

function reportNotWritten(result: Result, error: unknown): Diagnostic {
  return diagnostic("report-not-written", { path: result.reportPath, reason: refusalOf(error) ?? String(error) });
}
