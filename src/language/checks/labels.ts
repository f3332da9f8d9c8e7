import { diagnostic } from "../../base/diagnostic.js";
import type { Span } from "../../base/span.js";
import type { LabelKind, LabelSummary } from "../../datasets/dataset.js";
import type { MetricDefinition } from "../../plan/registry.js";
import type { Checker } from "../checker.js";
import type * as ast from "../syntax/ast.js";
import type { CheckedData } from "./sources.js";

const found: Readonly<Record<LabelKind, string>> = {
  class: "class labels",
  value: "real-valued labels",
  tokens: "next tokens",
  none: "no labels",
};

/** How the data gets the labels that a metric needs. */
const fixes: Readonly<Record<LabelKind, string>> = {
  class: "give the data its classes: label: COLUMN, task: classification",
  value: "give the data real values: label: COLUMN, task: regression",
  tokens: "read a text: text(FILE)",
  none: "leave the data's label out",
};

/**
 * Metrics that the data's labels cannot give, in `expect` an error and in `show` a warning: a figure that can never be
 * measured is said before anything runs. What is not known before all of the data is read is not judged here.
 */
export function reportMetricLabels(clauses: readonly ast.Clause[], data: CheckedData, checker: Checker): void {
  const labels = data.description.labels;
  if (!labels) return;
  for (const { name, span, severity } of clauses.flatMap(metricNames)) {
    const metric = checker.vocabulary.metrics.find((each) => each.name === name);
    if (!metric || fits(metric, labels)) continue;
    const facts = { metric: metric.name, data: data.reference.name, ...mismatch(metric, labels) };
    const others = checker.vocabulary.metrics
      .filter((each) => each.needs === "accuracy" && each.name !== "sqnr" && fits(each, labels))
      .map((each) => each.name);
    checker.report(diagnostic("metric-labels", { ...facts, others }, { span, severity }));
  }
}

function fits({ labels, leastClasses = 0 }: MetricDefinition, data: LabelSummary): boolean {
  const isKindMet = !labels || labels.includes(data.kind);
  return isKindMet && (data.classes === undefined || data.classes >= leastClasses);
}

function mismatch({ labels = [], leastClasses }: MetricDefinition, data: LabelSummary) {
  if (labels.includes(data.kind)) {
    return { wanted: `at least ${leastClasses} classes`, found: String(data.classes) };
  }
  const [first] = labels;
  const wanted = labels.map((kind) => found[kind]).join(" or ");
  return { wanted, found: found[data.kind], ...(first ? { fix: fixes[first] } : {}) };
}

interface Mentioned {
  readonly name: string | undefined;
  readonly span: Span;
  readonly severity: "error" | "warning";
}

/** The metrics that a clause names, as far as they are names. */
function metricNames(clause: ast.Clause): readonly Mentioned[] {
  if (clause.kind === "expect") {
    return clause.comparisons.flatMap(({ path: [, metric] }) =>
      metric ? [{ name: metric.name, span: metric.nameSpan, severity: "error" } as const] : [],
    );
  }
  if (clause.kind !== "show") return [];
  const shown = clause.uses.flatMap((use) => use.arguments ?? []);
  return shown.map((value) => ({
    name: value.kind === "call" ? value.name : undefined,
    span: value.span,
    severity: "warning",
  }));
}
