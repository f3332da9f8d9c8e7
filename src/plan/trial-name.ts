import { fail } from "../base/diagnostic.js";
import { unknown } from "../base/nearest.js";
import type { TrialSelector } from "./export-forms.js";
import { type Labelled, trialLabels } from "./label.js";
import type { Plan } from "./plan.js";
import { plannedTrials } from "./planned.js";

/** Which trial is meant by a name: a scheme's, a label or an id. */
export type TrialName = Exclude<TrialSelector, { readonly kind: "best" }>;

/** A record, or a cell of a plan. */
interface Nameable extends Labelled {
  /** Of several trials of a scheme the skipped ones are not meant. */
  readonly status: string;
}

/**
 * The one trial that a name means; the same before a run, among the plan's, and after it, among the records.
 * @throws {DiagnosticError} `unknown-name`, `export-several`
 */
export function trialNamed<T extends Nameable>(trials: readonly T[], asked: TrialName): T {
  if (asked.kind === "scheme") return ofScheme(trials, asked.name);
  const labels = trialLabels(trials);
  const found = trials.find(({ trial }) => trial === asked.trial || labels.get(trial) === asked.trial);
  if (!found && trials.some(({ scheme }) => scheme.name === asked.trial)) return ofScheme(trials, asked.trial);
  return found ?? fail("unknown-name", { kind: "trial", ...unknown(asked.trial, [...labels.values()]) });
}

function ofScheme<T extends Nameable>(trials: readonly T[], name: string): T {
  const found = trials.filter(({ scheme }) => scheme.name === name);
  const ran = found.filter(({ status }) => status !== "skipped");
  const [first, ...others] = ran.length > 0 ? ran : found.slice(0, 1);
  if (first === undefined) {
    const known = [...new Set(trials.map(({ scheme }) => scheme.name))];
    return fail("unknown-name", { kind: "scheme", ...unknown(name, known) });
  }
  const labels = trialLabels(trials);
  if (others.length > 0) {
    fail("export-several", { scheme: name, trials: ran.map(({ trial }) => labels.get(trial) ?? trial) });
  }
  return first;
}

/**
 * Refuses before anything runs what no run can give: a name that means no trial of the plan, several, or one that is skipped.
 * @throws {DiagnosticError} `unknown-name`, `export-several`, `export-skipped`
 */
export function requirePlanned(plan: Plan, asked: TrialName): void {
  const trials = plannedTrials(plan);
  const meant = trialNamed(trials, asked);
  if (meant.status !== "skipped") return;
  const label = trialLabels(trials).get(meant.trial) ?? meant.trial;
  fail("export-skipped", { trial: label, reason: meant.reason });
}
