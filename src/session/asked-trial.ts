import { fail } from "../base/diagnostic.js";
import { unknown } from "../base/nearest.js";
import { planExperiment } from "../plan/expand.js";
import type { CheckedExperiment } from "../plan/experiment.js";
import type { TrialSelector } from "../plan/export-forms.js";
import { isMeasured, measureFor } from "../plan/measured.js";
import { metrics } from "../plan/registry.js";
import { requirePlanned } from "../plan/trial-name.js";
import type { CpuProfile } from "../quantize/profile.js";

/** The trial that a text asks for, and the experiment that it belongs to. */
export interface AskedTrial {
  readonly experiment: CheckedExperiment;
  readonly selector: TrialSelector;
}

/**
 * What `sweep.best(speedup)` asks for, the experiment's name where there are several. Its plan has the trial, and it measures the metric.
 * @param cpu that the plan is for
 * @throws {DiagnosticError} `unknown-name`, `needs-measure`, `export-several`, `export-skipped`
 */
export function askedTrial(text: string, experiments: readonly CheckedExperiment[], cpu: CpuProfile): AskedTrial {
  const named = experiments.find(({ name }) => text.trim().startsWith(`${name}.`));
  const [only, ...others] = experiments;
  const experiment = named ?? (others.length === 0 ? only : undefined);
  if (!experiment) {
    const known = experiments.map(({ name }) => name);
    return fail("unknown-name", { kind: "experiment", ...unknown(text.split(".")[0] ?? text, known) });
  }
  const selector = selectorOf(named ? text.trim().slice(named.name.length + 1) : text);
  if (selector.kind === "best") requireMeasured(selector.metric, experiment);
  else requirePlanned(planExperiment(experiment, cpu), selector);
  return { experiment, selector };
}

/**
 * `best(speedup)`, `trial("static minmax")`, or a name: of a scheme, or of a trial as the table calls it.
 * @throws {DiagnosticError} `unknown-name` for a metric that there is none of
 */
export function selectorOf(text: string): TrialSelector {
  const best = /^best\(\s*(\w*)\s*\)$/.exec(text.trim())?.[1];
  if (best !== undefined) {
    const known = metrics.map(({ name }) => name);
    const metric = known.find((name) => name === best);
    return metric ? { kind: "best", metric } : fail("unknown-name", { kind: "metric", ...unknown(best, known) });
  }
  const label = /^trial\(\s*"(.*)"\s*\)$/.exec(text.trim())?.[1] ?? text.trim();
  return { kind: "trial", trial: label };
}

function requireMeasured(name: string, { measures }: CheckedExperiment): void {
  const metric = metrics.find((each) => each.name === name);
  if (metric && !isMeasured(metric, measures)) fail("needs-measure", { metric: name, measure: measureFor(metric) });
}
