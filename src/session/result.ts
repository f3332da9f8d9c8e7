import { dirname, join } from "node:path";
import { inspect } from "node:util";
import { fail } from "../base/diagnostic.js";
import { unknown } from "../base/nearest.js";
import { type Danfo, loadDanfo } from "../engines/danfo.js";
import type { Exported } from "../export/export.js";
import { exportText } from "../export/text.js";
import { trialLabels } from "../plan/label.js";
import { type Expectation, type MetricName, type PlainView, plainViews, type View } from "../plan/plan.js";
import { type DiagnosisTextOptions, renderDiagnoses } from "../report/diagnosis.js";
import type { Here } from "../report/environments.js";
import type { Figure } from "../report/figure.js";
import { pageFigures, titledFigure } from "../report/figures/registry.js";
import type { TitledFigure } from "../report/figures/titled.js";
import { renderHtml } from "../report/html.js";
import { renderMarkdown } from "../report/markdown.js";
import { figureForms, type MimeForms, reportForms, tableForms } from "../report/mime.js";
import { readPlotlySource } from "../report/plotly.js";
import type { Report } from "../report/report.js";
import { renderSvg } from "../report/svg/render.js";
import { renderTable, renderTrial, type TableOptions } from "../report/table.js";
import { type ExpectationResult, evaluateExpectations } from "../results/expectations.js";
import { frameColumns } from "../results/frame.js";
import type { DiagnosisRecord, TrialRecord } from "../results/record.js";
import { withResolution } from "../results/resolution.js";
import { type ExportOptions, refuseExport } from "./export.js";
import { jupyterDisplay, showForms } from "./host-display.js";
import { type Displayable, displayable } from "./show.js";

type DataFrame = InstanceType<Danfo["DataFrame"]>;

/** What an experiment gave, however it was started: records first, everything else is made of them. */
export interface Result {
  readonly experiment: string;
  /** One a trial in the order of the plan, fp32 first; skipped cells last. */
  readonly records: readonly TrialRecord[];
  /** Ids of the trials that this run measured; the others were taken from the ledger. */
  readonly measured: readonly string[];
  /** What `diagnose` found out, one a diagnosed trial; empty where nothing was diagnosed. */
  readonly diagnoses: readonly DiagnosisRecord[];
  readonly expectations: readonly ExpectationResult[];
  /** What the run has exported, in the order of the program's statements. */
  readonly exports: readonly Exported[];
  /** Where a run writes the HTML report. */
  readonly reportPath: string;
  /**
   * Writes a trial for where it will run: its files, `manifest.json`, `MODEL_CARD.md`.
   * @param trial  `best(speedup)`, the name of a scheme that has one trial, or a trial's label or id
   * @param folder made when missing; one that holds files of others is refused
   * @throws {DiagnosticError} `unknown-name`, `export-...`; of a saved result always, as it does not hold the model
   */
  export(trial: string, folder: string, options?: ExportOptions): Promise<Exported>;
  /** The table as text. */
  table(options?: TableOptions): string;
  /**
   * All that is known of one trial, as text. @param trial its label or its id
   * @throws {DiagnosticError} `unknown-name` when there is none
   */
  trial(trial: string, options?: TableOptions): string;
  /** What the diagnoses found, as text; empty where nothing was diagnosed. */
  diagnosis(options?: DiagnosisTextOptions): string;
  /** The whole report as one HTML page that needs nothing else. */
  html(): string;
  /** The table as Markdown, for a pull request. */
  markdown(): string;
  /** What a notebook shows, in order: the table and each plot of the report, by MIME type. */
  bundles(): readonly MimeForms[];
  /** Shows the table and the plots below the cell of the notebook that runs; outside a notebook their text is printed. */
  display(): Promise<void>;
  /** plotly figures, as plain JSON; as the value of a cell they are shown as pictures. */
  readonly plot: Plots<Figure & Displayable>;
  /** The same figures as self-contained SVG files, drawn without a browser. */
  readonly svg: Plots<string> & {
    /** Every figure of the report, with a name for its file: `accuracy-and-speedup.svg`. */
    all(): readonly { readonly name: string; readonly svg: string }[];
  };
  /** One row a trial and batch size, as a danfojs DataFrame. */
  frame(): DataFrame;
}

/**
 * One figure each, in whatever form; without data it has no traces. `trial` is the label or the id of one trial: the figure
 * then shows that one alone. The names are those of `show` in the language.
 */
export interface Plots<Form> extends Readonly<Record<PlainView, (trial?: string) => Form>> {
  /** Two metrics against each other; speedup and accuracy unless given. */
  pareto(x?: MetricName, y?: MetricName): Form;
  /** SQNR of each layer. */
  layers(trial?: string): Form;
}

/** What a result says beside its records. */
export interface ResultSubject {
  readonly experiment: string;
  /** Names of the model and of the data. */
  readonly model: string;
  readonly data: string;
  readonly expectations: readonly Expectation[];
  readonly views: readonly View[];
  readonly program?: { readonly path: string; readonly text: string };
  /** The machine that makes the report, of records that may come from another. */
  readonly here?: Here;
}

/** Where the HTML report of a ledger is written. */
function reportPath(ledger: string): string {
  return join(dirname(ledger), "report.html");
}

/** @param ledger path of the ledger that the records lie in */
export function resultOf(
  subject: ResultSubject,
  given: readonly TrialRecord[],
  measured: readonly string[],
  ledger: string,
  diagnoses: readonly DiagnosisRecord[] = [],
  exporting: Pick<Result, "exports" | "export"> = { exports: [], export: async () => refuseExport(subject.experiment) },
): Result {
  // A ledger keeps the answer to the question of its day.
  const records = given.map((record) => withResolution(record, subject.expectations));
  const expectations = evaluateExpectations(subject.expectations, records);
  const report: Report = { ...subject, records, diagnoses, expectations };
  const allForms = () => [...reportForms(report), ...diagnosisForms(report), ...exportForms(exporting.exports)];
  return shownAsTable(report, {
    experiment: subject.experiment,
    records,
    measured,
    diagnoses,
    expectations,
    ...exporting,
    reportPath: reportPath(ledger),
    table: (options) => renderTable(report, options),
    trial: (trial, options) => renderTrial(report, trialId(report, trial) ?? trial, options),
    diagnosis: (options) => renderDiagnoses(records, diagnoses, options),
    html: () => renderHtml(report, { plotly: readPlotlySource() }),
    markdown: () => renderMarkdown(report),
    bundles: allForms,
    async display() {
      for (const forms of allForms()) await showForms(forms);
    },
    plot: plotsOf(report, shownAsPicture),
    svg: { ...plotsOf(report, figureSvg), all: () => namedSvgs(report) },
    frame() {
      const { DataFrame } = loadDanfo();
      return new DataFrame(frameColumns(records));
    },
  });
}

/** A result is shown as its table: as the value of a cell, and where Node prints it. */
function shownAsTable(report: Report, result: Result): Result {
  const hidden = (value: unknown) => ({ value, enumerable: false, configurable: true });
  return Object.defineProperties(result, {
    [jupyterDisplay]: hidden(() => tableForms(report)),
    [inspect.custom]: hidden((depth: number) =>
      depth < 2 ? `[Result of ${JSON.stringify(report.experiment)}]` : renderTable(report),
    ),
  });
}

function plotsOf<Form>(report: Report, form: (figure: TitledFigure) => Form): Plots<Form> {
  const plain = plainViews.map((kind) => [
    kind,
    (trial?: string) => form(titledFigure({ kind }, report, trialId(report, trial))),
  ]);
  return {
    ...(Object.fromEntries(plain) as Record<PlainView, (trial?: string) => Form>),
    pareto: (x = "speedup", y = "accuracy") => form(titledFigure({ kind: "pareto", x, y }, report)),
    layers: (trial) => form(titledFigure({ kind: "layers", metric: "sqnr" }, report, trialId(report, trial))),
  };
}

/** @throws {DiagnosticError} `unknown-name` when no trial has that label or id */
function trialId({ records }: Report, asked: string | undefined): string | undefined {
  if (asked === undefined) return undefined;
  const labels = trialLabels(records);
  const found = records.find(({ trial }) => trial === asked || labels.get(trial) === asked);
  return found ? found.trial : fail("unknown-name", { kind: "trial", ...unknown(asked, [...labels.values()]) });
}

/** The diagnoses below table and plots. */
function diagnosisForms({ records, diagnoses = [] }: Report): readonly MimeForms[] {
  return diagnoses.length === 0 ? [] : [{ "text/plain": renderDiagnoses(records, diagnoses) }];
}

/** What was exported, below everything else. */
function exportForms(exports: readonly Exported[]): readonly MimeForms[] {
  return exports.map((each) => ({ "text/plain": exportText(each, process.cwd()) }));
}

function shownAsPicture(titled: TitledFigure): Figure & Displayable {
  return displayable({ ...titled.figure }, () => figureForms(titled));
}

function figureSvg({ title, caption, figure, height }: TitledFigure): string {
  return renderSvg(figure, { title, caption, ...(height === undefined ? {} : { height }) });
}

function namedSvgs(report: Report): readonly { readonly name: string; readonly svg: string }[] {
  const used = new Map<string, number>();
  return pageFigures(report).map((titled) => {
    const name = titled.title.toLowerCase().replace(/[^a-z0-9]+/g, "-");
    const times = (used.get(name) ?? 0) + 1;
    used.set(name, times);
    return { name: `${name}${times === 1 ? "" : `-${times}`}.svg`, svg: figureSvg(titled) };
  });
}
