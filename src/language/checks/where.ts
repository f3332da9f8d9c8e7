import { diagnostic } from "../../base/diagnostic.js";
import { unknown } from "../../base/nearest.js";
import type { OptionKind, Setting } from "../../base/option.js";
import type { Attempt, Condition, KeepRule, WhereClause } from "../../plan/experiment.js";
import { type Checker, textAt } from "../checker.js";
import type * as ast from "../syntax/ast.js";
import { type Concrete, expandValue } from "../values/concrete.js";
import { nameOf, toSetting } from "../values/settings.js";
import { keepPrecisions } from "./keep.js";

/** What a condition may name: options that the schemes of the experiment set, axes of `keep`, and the scheme itself. */
interface Names {
  readonly attempts: readonly Attempt[];
  readonly keep: readonly KeepRule[];
}

/** `where` clauses against the axes of the experiment; a clause with a mistake is left out. */
export function checkWhere(
  clauses: readonly ast.WhereClause[],
  names: Names,
  checker: Checker,
): readonly (WhereClause & { readonly clause: ast.WhereClause })[] {
  return clauses.flatMap((clause) => {
    const condition = checkCondition(clause.condition, names, checker);
    return condition ? [{ condition, text: textAt(clause.span, checker), clause }] : [];
  });
}

function checkCondition(condition: ast.Condition, names: Names, checker: Checker): Condition | undefined {
  if (condition.kind === "comparison") return checkComparison(condition, names, checker);
  if (condition.kind === "not") {
    const operand = checkCondition(condition.operand, names, checker);
    return operand && { kind: "not", operand };
  }
  const operands = condition.operands.map((operand) => checkCondition(operand, names, checker));
  return operands.every((operand) => operand !== undefined) ? { kind: condition.kind, operands } : undefined;
}

function checkComparison(comparison: ast.Comparison, names: Names, checker: Checker): Condition | undefined {
  const { report } = checker;
  const target = targetOf(comparison, names, checker);
  if (!target) return undefined;
  const { name, scheme, type } = target;
  const { comparator } = comparison;
  if (comparator !== "=" && comparator !== "!=" && type.kind !== "integer" && type.kind !== "number") {
    report(diagnostic("comparison-order", { name, comparator }, { span: comparison.span }));
    return undefined;
  }
  const concrete = expandValue(comparison.value, checker.environment);
  const values = concrete.map((value) => toCompared(value, type, name, checker));
  if (values.length === 0 || !values.every((value) => value !== undefined)) return undefined;
  return { kind: "comparison", ...(scheme === undefined ? {} : { scheme }), name, comparator, values };
}

interface Target {
  readonly scheme?: string;
  readonly name: string;
  readonly type: OptionKind;
}

function targetOf({ path, pathSpan }: ast.Comparison, names: Names, checker: Checker): Target | undefined {
  const { report } = checker;
  const [first, second, ...others] = path;
  if (!first || others.length > 0 || path.some((part) => part.arguments !== undefined)) {
    const written = textAt(pathSpan, checker);
    report(diagnostic("unknown-axis", unknown(written, knownNames(names.attempts, names.keep)), { span: pathSpan }));
    return undefined;
  }
  if (!second) return axisOf(first, names.attempts, names.keep, undefined, checker);
  const attempts = names.attempts.filter(({ name }) => name === first.name);
  if (attempts.length > 0) return axisOf(second, attempts, [], first.name, checker);
  const known = [...new Set(names.attempts.map(({ name }) => name))];
  const facts = { kind: "scheme of this experiment", ...unknown(first.name, known) };
  report(diagnostic("unknown-name", facts, { span: first.nameSpan }));
  return undefined;
}

function axisOf(
  { name, nameSpan }: ast.CallValue,
  attempts: readonly Attempt[],
  keep: readonly KeepRule[],
  scheme: string | undefined,
  checker: Checker,
): Target | undefined {
  const limited = scheme === undefined ? {} : { scheme };
  if (name === "scheme" && scheme === undefined) {
    const choices = [...new Set(attempts.map((attempt) => attempt.name))].map((each) => ({ name: each, summary: "" }));
    return { name, type: { kind: "choice", choices } };
  }
  if (keep.some(({ axis }) => axis === name)) return { name, type: { kind: "choice", choices: keepPrecisions } };
  for (const { axes, definition } of attempts) {
    const spec = axes.some(({ option }) => option === name) && definition.options.find((each) => each.name === name);
    if (spec) return { ...limited, name, type: spec.type };
  }
  const facts = { ...unknown(name, knownNames(attempts, keep)), ...limited };
  checker.report(diagnostic("unknown-axis", facts, { span: nameSpan }));
  return undefined;
}

function knownNames(attempts: readonly Attempt[], keep: readonly KeepRule[]): string[] {
  const options = attempts.flatMap(({ axes }) => axes.map(({ option }) => option));
  const rules = keep.flatMap(({ axis }) => (axis === undefined ? [] : [axis]));
  return [...new Set([...options, ...rules, "scheme"])];
}

/** Words of a phrase may be asked for one by one: `weights = per_channel`. */
function toCompared(value: Concrete, type: OptionKind, option: string, checker: Checker): Setting | undefined {
  const context = { option, report: checker.report };
  if (type.kind !== "phrase") return toSetting(value, type, context);
  const words = value.kind === "phrase" ? value.parts : [value];
  const choices = type.groups.flat();
  const settings = words.map((word) =>
    nameOf(word) === undefined && word.kind !== "word"
      ? toSetting(value, type, context)
      : toSetting(word, { kind: "choice", choices }, context),
  );
  return settings.every((setting) => setting !== undefined) ? (settings.flat() as Setting) : undefined;
}
