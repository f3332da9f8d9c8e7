import { diagnostic } from "../../base/diagnostic.js";
import { unknown } from "../../base/nearest.js";
import type { CheckedExperiment } from "../../plan/experiment.js";
import { type Checker, textAt } from "../checker.js";
import type * as ast from "../syntax/ast.js";

/** A `diagnose` statement in which every name is known. */
export interface CheckedDiagnose {
  /** Of the program itself, or of an earlier cell. */
  readonly experiment: CheckedExperiment;
  /** One of the schemes that the experiment tries, each trial of it; all quantized ones where absent. */
  readonly scheme?: string;
}

/**
 * Checks `diagnose experiment.scheme` against the experiments of the program and of earlier cells.
 * @param experiments   the program's own that could be checked
 * @param checkEarlier  checks an experiment of an earlier cell, without a word
 */
export async function checkDiagnoses(
  experiments: readonly CheckedExperiment[],
  checker: Checker,
  checkEarlier: (statement: ast.ExperimentStatement) => Promise<CheckedExperiment | undefined>,
): Promise<readonly CheckedDiagnose[]> {
  const { scope, report } = checker;
  const found: CheckedDiagnose[] = [];
  const asked = new Set<string>();
  for (const statement of scope.diagnoses) {
    const named = namesOf(statement, checker);
    const experiment = named && (await experimentNamed(named.experiment, experiments, checker, checkEarlier));
    if (!experiment) continue;
    const { scheme } = named;
    if (scheme && !isQuantized(scheme, experiment, checker)) continue;
    const key = `${experiment.name}.${scheme?.name ?? ""}`;
    if (asked.has(key)) {
      const facts = { text: textAt(statement.pathSpan, checker) };
      report(diagnostic("diagnose-twice", facts, { span: statement.pathSpan, severity: "warning" }));
      continue;
    }
    asked.add(key);
    found.push({ experiment, ...(scheme ? { scheme: scheme.name } : {}) });
  }
  return found;
}

interface Named {
  readonly experiment: ast.CallValue;
  readonly scheme: ast.CallValue | undefined;
}

function namesOf({ path, pathSpan, options, span }: ast.DiagnoseStatement, checker: Checker): Named | undefined {
  const [experiment, scheme, ...others] = path;
  const plain = path.every((part) => part.arguments === undefined);
  if (experiment && others.length === 0 && plain && !options) return { experiment, scheme };
  const at = options ? { ...span, start: pathSpan.start } : pathSpan;
  checker.report(diagnostic("diagnose-form", { text: textAt(at, checker) }, { span: at }));
  return undefined;
}

/** An experiment of the program or of an earlier cell; undefined where it is unknown, which is reported, or wrong. */
export async function experimentNamed(
  { name, nameSpan }: ast.CallValue,
  experiments: readonly CheckedExperiment[],
  { scope, report }: Checker,
  checkEarlier: (statement: ast.ExperimentStatement) => Promise<CheckedExperiment | undefined>,
): Promise<CheckedExperiment | undefined> {
  const own = scope.experiments.map((statement) => statement.name.name);
  // One with mistakes has been reported.
  if (own.includes(name)) return experiments.find((experiment) => experiment.name === name);
  const earlier = scope.earlierExperiments.get(name);
  if (earlier) return checkEarlier(earlier);
  const known = [...new Set([...own, ...scope.earlierExperiments.keys()])];
  report(diagnostic("unknown-name", { kind: "experiment", ...unknown(name, known) }, { span: nameSpan }));
  return undefined;
}

/** The experiment tries the scheme, and it is no float. */
function isQuantized({ name, nameSpan }: ast.CallValue, experiment: CheckedExperiment, { report }: Checker): boolean {
  const tried = experiment.attempts.find((attempt) => attempt.name === name);
  if (tried ? tried.definition.name === "fp32" : name === "fp32") {
    report(diagnostic("diagnose-float", { name }, { span: nameSpan }));
    return false;
  }
  if (tried) return true;
  const known = [...new Set(experiment.attempts.map((attempt) => attempt.name))];
  const facts = { kind: `scheme of "${experiment.name}"`, ...unknown(name, known) };
  report(diagnostic("unknown-name", facts, { span: nameSpan }));
  return false;
}
