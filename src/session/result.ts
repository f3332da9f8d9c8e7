import { type Danfo, loadDanfo } from "../engines/danfo.js";
import type { MetricName, Plan } from "../plan/plan.js";
import { renderHtml } from "../report/html.js";
import { renderMarkdown } from "../report/markdown.js";
import { readPlotlySource } from "../report/plotly.js";
import type { Figure } from "../report/figure.js";
import { layers } from "../report/layers.js";
import { pareto } from "../report/pareto.js";
import type { Report } from "../report/report.js";
import { renderTable, type TableOptions } from "../report/table.js";
import { type ExpectationResult, evaluateExpectations } from "../results/expectations.js";
import { frameColumns } from "../results/frame.js";
import type { TrialRecord } from "../results/record.js";

type DataFrame = InstanceType<Danfo["DataFrame"]>;

/** What an experiment gave, however it was started: records first, everything else is made of them. */
export interface Result {
  readonly experiment: string;
  /** One a trial in the order of the plan, fp32 first; skipped cells last. */
  readonly records: readonly TrialRecord[];
  /** Ids of the trials that this run measured; the others were taken from the ledger. */
  readonly measured: readonly string[];
  readonly expectations: readonly ExpectationResult[];
  /** Where a run writes the HTML report. */
  readonly reportPath: string;
  /** The table as text. */
  table(options?: TableOptions): string;
  /** The whole report as one HTML page that needs nothing else. */
  html(): string;
  /** The table as Markdown, for a pull request. */
  markdown(): string;
  /** plotly figures, as plain JSON. */
  readonly plot: {
    /** Two metrics against each other; speedup and accuracy unless given. */
    pareto(x?: MetricName, y?: MetricName): Figure;
    /** SQNR of each layer. */
    layers(): Figure;
  };
  /** One row a trial and batch size, as a danfojs DataFrame. */
  frame(): DataFrame;
}

export function resultOf(
  plan: Plan,
  records: readonly TrialRecord[],
  measured: readonly string[],
  program: { readonly path: string; readonly text: string },
  reportPath: string,
): Result {
  const expectations = evaluateExpectations(plan.expectations, records);
  const report: Report = {
    experiment: plan.experiment,
    model: plan.model.name,
    data: plan.data.name,
    records,
    expectations,
    views: plan.views,
    program,
  };
  return {
    experiment: plan.experiment,
    records,
    measured,
    expectations,
    reportPath,
    table: (options) => renderTable(report, options),
    html: () => renderHtml(report, { plotly: readPlotlySource() }),
    markdown: () => renderMarkdown(report),
    plot: {
      pareto: (x = "speedup", y = "accuracy") => pareto(records, x, y),
      layers: () => layers(records),
    },
    frame() {
      const { DataFrame } = loadDanfo();
      return new DataFrame(frameColumns(records));
    },
  };
}
