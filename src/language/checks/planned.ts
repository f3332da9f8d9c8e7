import type { Span } from "../../base/span.js";
import { planExperiment } from "../../plan/expand.js";
import type { CheckedExperiment } from "../../plan/experiment.js";
import type { TrialSelector } from "../../plan/export-forms.js";
import type { Plan } from "../../plan/plan.js";
import { requirePlanned } from "../../plan/trial-name.js";
import { type Checker, reportingNow } from "../checker.js";
import type * as ast from "../syntax/ast.js";

/** Clauses that decide which trials there are. */
const matrixClauses: readonly ast.Clause["kind"][] = ["try", "keep", "where"];

/**
 * Tells of names whether the plan of an experiment has such a trial; that it has none is reported where the name stands.
 * @param hasMistake whether an error was reported there: of a matrix that is not what was meant, nothing is said
 */
export function plannedTrials(
  checker: Checker,
  hasMistake: (span: Span) => boolean,
): (selector: TrialSelector, call: ast.CallValue, experiment: CheckedExperiment) => boolean {
  const plans = new Map<CheckedExperiment, Plan>();

  function planOf(experiment: CheckedExperiment): Plan {
    const plan = plans.get(experiment) ?? planExperiment(experiment, checker.host.cpu);
    plans.set(experiment, plan);
    return plan;
  }

  function isClear({ name }: CheckedExperiment): boolean {
    const { experiments, earlierExperiments } = checker.scope;
    const statement = experiments.find((each) => each.name.name === name) ?? earlierExperiments.get(name);
    const deciding = statement?.clauses.filter(({ kind }) => matrixClauses.includes(kind)) ?? [];
    return statement?.partial !== true && !deciding.some(({ span }) => hasMistake(span));
  }

  return (selector, call, experiment) => {
    if (selector.kind === "best" || !isClear(experiment)) return true;
    const span = call.arguments?.[0]?.span ?? call.nameSpan;
    const isThere = () => {
      requirePlanned(planOf(experiment), selector);
      return true;
    };
    return reportingNow(isThere, () => span, checker.report) ?? false;
  };
}
