import { diagnostic } from "../../base/diagnostic.js";
import { unknown } from "../../base/nearest.js";
import type { Span } from "../../base/span.js";
import type { CheckedExperiment } from "../../plan/experiment.js";
import { type ExportForm, exportOptions, type TrialSelector } from "../../plan/export-forms.js";
import { type Checker, textAt } from "../checker.js";
import type * as ast from "../syntax/ast.js";
import { checkOptions, type GivenOptions, settingsOf } from "../values/options.js";
import { experimentNamed } from "./diagnose.js";
import { plannedTrials } from "./planned.js";
import { metricOf } from "./results.js";

/** An `export` statement in which every name is known and the folder may be written. */
export interface CheckedExport {
  /** Of the program itself, or of an earlier cell. */
  readonly experiment: CheckedExperiment;
  readonly selector: TrialSelector;
  /** Absolute. */
  readonly folder: string;
  readonly forms?: readonly ExportForm[];
  readonly licence?: string;
  readonly source?: string;
  /** Of what says which trial. */
  readonly span: Span;
  /** Of the folder. */
  readonly targetSpan: Span;
}

/**
 * Checks `export experiment.trial to "folder" { ... }` as `checkDiagnoses` does its statements, and the trial against the plan.
 * @param hasMistake whether an error was reported there
 */
export async function checkExports(
  experiments: readonly CheckedExperiment[],
  checker: Checker,
  checkEarlier: (statement: ast.ExperimentStatement) => Promise<CheckedExperiment | undefined>,
  hasMistake: (span: Span) => boolean,
): Promise<readonly CheckedExport[]> {
  const found: CheckedExport[] = [];
  const isPlanned = plannedTrials(checker, hasMistake);
  for (const statement of checker.scope.exports) {
    const { path, pathSpan, target, options, span } = statement;
    const owner = { name: "export", options: exportOptions, span, partial: false };
    const given = checkOptions(options, owner, checker);
    const folder = target && targetFolder(target, checker);
    const [first, second, ...others] = path;
    if (!first || !second || others.length > 0 || first.arguments !== undefined) {
      checker.report(diagnostic("export-form", { text: textAt(pathSpan, checker) }, { span: pathSpan }));
      continue;
    }
    const experiment = await experimentNamed(first, experiments, checker, checkEarlier);
    const selector = experiment && selectorOf(second, pathSpan, experiment, checker);
    const planned = selector && isPlanned(selector, second, experiment);
    if (!experiment || !selector || !planned || folder === undefined || !target) continue;
    if (found.some((each) => each.folder === folder)) {
      checker.report(diagnostic("export-twice", { folder: target.value }, { span: target.span }));
      continue;
    }
    found.push({ experiment, selector, folder, ...chosenOptions(given), span: pathSpan, targetSpan: target.span });
  }
  return found;
}

function targetFolder({ value, span }: ast.StringValue, { host, modules, report }: Checker): string | undefined {
  const fromFile = modules.find(({ source }) => source.path === span.source)?.fromFile ?? span.source;
  const resolved = (host.resolveTarget ?? host.resolvePath)(value, fromFile);
  if ("path" in resolved) return resolved.path;
  report(diagnostic("path-refused", { path: value, reason: resolved.refused }, { span }));
  return undefined;
}

function selectorOf(
  call: ast.CallValue,
  span: Span,
  experiment: CheckedExperiment,
  checker: Checker,
): TrialSelector | undefined {
  const [argument, ...others] = call.arguments ?? [];
  const isScheme = experiment.attempts.some(({ name }) => name === call.name);
  const needsMore = !isScheme && (call.name === "best" || call.name === "trial");
  if (call.arguments === undefined && !needsMore) return schemeNamed(call, experiment, checker);
  const isOne = argument !== undefined && others.length === 0;
  if (isOne && call.name === "best" && argument.kind === "call" && argument.arguments === undefined) {
    const metric = metricOf(argument.name, argument.nameSpan, experiment.measures, checker);
    return metric && { kind: "best", metric: metric.name };
  }
  if (isOne && call.name === "trial" && argument.kind === "string") return { kind: "trial", trial: argument.value };
  checker.report(diagnostic("export-form", { text: textAt(span, checker) }, { span }));
  return undefined;
}

function schemeNamed(
  { name, nameSpan }: ast.CallValue,
  experiment: CheckedExperiment,
  { report }: Checker,
): TrialSelector | undefined {
  const known = [...new Set([...experiment.attempts.map((attempt) => attempt.name), "fp32"])];
  if (known.includes(name)) return { kind: "scheme", name };
  const facts = { kind: `scheme of "${experiment.name}"`, ...unknown(name, known) };
  report(diagnostic("unknown-name", facts, { span: nameSpan }));
  return undefined;
}

function chosenOptions(given: GivenOptions): Pick<CheckedExport, "forms" | "licence" | "source"> {
  const { licence, source } = settingsOf(given);
  const forms = given.get("forms")?.points.flatMap(({ setting }) => {
    return typeof setting === "object" && "name" in setting ? [setting.name as ExportForm] : [];
  });
  return {
    ...(forms && forms.length > 0 ? { forms } : {}),
    ...(typeof licence === "string" ? { licence } : {}),
    ...(typeof source === "string" ? { source } : {}),
  };
}
