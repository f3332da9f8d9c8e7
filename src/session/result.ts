import { type Danfo, loadDanfo } from "../engines/danfo.js";
import type { Plan } from "../plan/plan.js";
import { type TableOptions, renderTable } from "../report/table.js";
import type { Report } from "../report/report.js";
import { evaluateExpectations, type ExpectationResult } from "../results/expectations.js";
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
  /** Path of the HTML report, once written. */
  readonly reportPath?: string;
  /** The table as text. */
  table(options?: TableOptions): string;
  /** One row a trial and batch size, as a danfojs DataFrame. */
  frame(): DataFrame;
}

export function resultOf(
  plan: Plan,
  records: readonly TrialRecord[],
  measured: readonly string[],
  program: { readonly path: string; readonly text: string },
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
    table: (options) => renderTable(report, options),
    frame() {
      const { DataFrame } = loadDanfo();
      return new DataFrame(frameColumns(records));
    },
  };
}
