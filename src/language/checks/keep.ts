import { runInNewContext } from "node:vm";
import { diagnostic } from "../../base/diagnostic.js";
import { nearest, unknown } from "../../base/nearest.js";
import type { Choice } from "../../base/option.js";
import type { KeepChoice, KeepRule, LayerSummary } from "../../plan/experiment.js";
import type { Precision } from "../../quantize/scheme.js";
import { precisions } from "../../quantize/vocabulary.js";
import type { Checker } from "../checker.js";
import type { KeepClause } from "../syntax/ast.js";
import { type Concrete, expandValue } from "../values/concrete.js";
import { nameOf, toSetting } from "../values/settings.js";

/** Precisions that a rule can leave a layer at. */
export const keepPrecisions: readonly Choice[] = precisions;

/** `keep` rules against the layers of the model. Axes in patterns or precision make one axis of the matrix. */
export function checkKeep(
  clauses: readonly KeepClause[],
  layers: readonly LayerSummary[] | undefined,
  checker: Checker,
): readonly KeepRule[] {
  const rules: KeepRule[] = [];
  let axes = 0;
  for (const clause of clauses) {
    const choices = checkRule(clause, layers, checker);
    if (choices.length > 1) axes++;
    if (choices.length > 1) rules.push({ axis: axes === 1 ? "keep" : `keep_${axes}`, choices });
    else if (choices.length === 1) rules.push({ choices });
  }
  return rules;
}

function checkRule(
  clause: KeepClause,
  layers: readonly LayerSummary[] | undefined,
  checker: Checker,
): readonly KeepChoice[] {
  const { report, environment } = checker;
  if (clause.what.name !== "layers") {
    const facts = { kind: "thing to keep", ...unknown(clause.what.name, ["layers"]) };
    report(diagnostic("unknown-name", facts, { span: clause.what.span }));
  }
  const context = { option: "keep ... at", report };
  const kept = expandValue(clause.precision, environment).flatMap((value) => {
    const setting = toSetting(value, { kind: "choice", choices: keepPrecisions }, context);
    return typeof setting === "object" && "name" in setting ? [setting.name satisfies Precision] : [];
  });
  if (clause.what.name !== "layers" || !layers) return [];
  const lists = clause.patterns.map((pattern) => {
    return expandValue(pattern, environment).map((value) => ({ value, found: matching(value, layers, checker) }));
  });
  let combined: { text: string; layers: string[] }[] = [{ text: "", layers: [] }];
  for (const list of lists) {
    combined = combined.flatMap((before) =>
      list.map(({ value, found }) => ({
        text: before.text === "" ? value.text : `${before.text}, ${value.text}`,
        layers: [...before.layers, ...found],
      })),
    );
  }
  const several = combined.length > 1;
  return combined.flatMap(({ text, layers: names }) =>
    kept.map((precision) => {
      const point = several && kept.length > 1 ? `${text} at ${precision}` : several ? text : precision;
      return { layers: [...new Set(names)], precision, text: point };
    }),
  );
}

/** Names of the quantizable layers that a pattern matches. Matching nothing, or nothing of use, is a warning. */
function matching(pattern: Concrete, layers: readonly LayerSummary[], checker: Checker): readonly string[] {
  const { span, text } = pattern;
  const { report } = checker;
  const matches = matcher(pattern, layers, checker);
  if (!matches) return [];
  const found = layers.filter(({ name }) => matches(name));
  const useful = found.filter(({ quantizable }) => quantizable);
  const names = (some: readonly LayerSummary[]) => some.map(({ name }) => name);
  if (found.length === 0) {
    const candidates = names(layers.filter(({ quantizable }) => quantizable));
    const near = pattern.kind === "regex" ? undefined : nearest(nameOf(pattern) ?? "", candidates);
    const facts = { pattern: text, layers: candidates, ...(near === undefined ? {} : { nearest: near }) };
    report(diagnostic("keep-matches-nothing", facts, { span, severity: "warning" }));
  } else if (useful.length === 0) {
    const facts = { pattern: text, layers: names(found) };
    report(diagnostic("keep-nothing-to-quantize", facts, { span, severity: "warning" }));
  }
  return names(useful);
}

function matcher(pattern: Concrete, layers: readonly LayerSummary[], { report, stopped }: Checker) {
  const { span } = pattern;
  if (pattern.kind === "regex") {
    const result = regexMatches(
      pattern.pattern,
      pattern.flags,
      layers.map(({ name }) => name),
      stopped,
    );
    if (typeof result !== "string") return (name: string) => result.has(name);
    report(diagnostic("regex-invalid", { pattern: pattern.pattern, reason: result }, { span }));
    return undefined;
  }
  const glob = nameOf(pattern);
  if (glob !== undefined) return (name: string) => globMatches(glob, name);
  const facts = {
    option: "keep layers",
    expected: 'a name, a pattern such as "conv*", or /regex/',
    found: pattern.text,
  };
  report(diagnostic("value-type", facts, { span }));
  return undefined;
}

/**
 * `*` stands for any characters, `?` for one; everything else for itself. Greedy with one step back, so that no pattern
 * takes more than length x length steps.
 */
export function globMatches(glob: string, name: string): boolean {
  let [g, n, star, mark] = [0, 0, -1, 0];
  while (n < name.length) {
    if (glob[g] === "*") {
      star = g++;
      mark = n;
    } else if (g < glob.length && (glob[g] === "?" || glob[g] === name[n])) {
      g++;
      n++;
    } else if (star >= 0) {
      g = star + 1;
      n = ++mark;
    } else {
      return false;
    }
  }
  while (glob[g] === "*") g++;
  return g === glob.length;
}

const REGEX_MILLISECONDS = 250;

/** After this many slow expressions a program has had its share of time, and no other one is begun. */
const MOST_STOPPED = 4;

const TOO_SLOW = "matching takes too long; avoid repeats inside repeats";

/**
 * The names that a regular expression matches, or why it cannot be used. Programs are not trusted, and some
 * expressions take exponential time, so the match runs in a context of its own that is stopped after a while.
 */
function regexMatches(
  pattern: string,
  flags: string,
  names: readonly string[],
  stopped: Checker["stopped"],
): ReadonlySet<string> | string {
  if (!/^[imsu]*$/.test(flags)) return "flags are i, m, s and u";
  if (stopped.patterns >= MOST_STOPPED) return TOO_SLOW;
  try {
    const matched = runInNewContext(
      "names.filter((name) => new RegExp(pattern, flags).test(name))",
      { pattern, flags, names: [...names] },
      { timeout: REGEX_MILLISECONDS },
    ) as string[];
    return new Set(matched);
  } catch (error) {
    const { code, message } = error as { code?: string; message?: string };
    if (code === "ERR_SCRIPT_EXECUTION_TIMEOUT") {
      stopped.patterns++;
      return TOO_SLOW;
    }
    return (message ?? "it is not valid").replace(/^Invalid regular expression: \/.*\/\w*: /s, "");
  }
}
