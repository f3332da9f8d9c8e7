import { diagnostic } from "../../base/diagnostic.js";
import { unknown } from "../../base/nearest.js";
import { isMeasured, measureFor } from "../../plan/measured.js";
import type { Expectation, Measures, MetricName, View } from "../../plan/plan.js";
import type { MetricDefinition, ViewDefinition } from "../../plan/registry.js";
import { type Checker, textAt } from "../checker.js";
import type * as ast from "../syntax/ast.js";
import { expandValue } from "../values/concrete.js";
import { checkOptions, type GivenOptions } from "../values/options.js";
import { nameOf, toQuantity } from "../values/settings.js";
import { checkLatency, type MeasuredModel, phasesOf } from "./latency.js";

/** What is measured where a program has no `measure` clause. */
const usual: Measures = { accuracy: true, latency: [{ batch: 1, threads: 1 }], size: true, memory: false };

/** What is measured where a program does not say, of this model. */
function usualOf(model: MeasuredModel): Measures {
  const latency = phasesOf(usual.latency, model);
  return model.synthetic ? { ...usual, accuracy: false, latency, memory: true } : { ...usual, latency };
}

/** `measure` clauses together; of two for latency the later holds. */
export function checkMeasures(clauses: readonly ast.MeasureClause[], model: MeasuredModel, checker: Checker): Measures {
  const { vocabulary, report } = checker;
  if (clauses.length === 0) return usualOf(model);
  let measures: Measures = { accuracy: false, latency: [], size: false, memory: false };
  for (const use of clauses.flatMap(({ uses }) => uses)) {
    const { name, span } = use.target;
    const definition = vocabulary.measures.find((each) => each.name === name);
    if (!definition) {
      const known = vocabulary.measures.map((each) => each.name);
      report(diagnostic("unknown-name", { kind: "measure", ...unknown(name, known) }, { span }));
      // Which one was meant is not known: nothing that needs a measure is reported for want of it.
      const latency = [...measures.latency, ...usual.latency];
      measures = { ...measures, accuracy: true, latency, size: true, memory: true, energy: true };
      measures = { ...measures, cost: measures.cost ?? { pricePerHour: 1 } };
      continue;
    }
    if (use.arguments) {
      const takesOptions = definition.options.length > 0;
      report(diagnostic("arguments-unexpected", { name, options: takesOptions }, { span }));
    }
    const owner = { name, options: definition.options, span, partial: use.partial };
    const options = checkOptions(use.options, owner, checker);
    if (definition.name === "cost") measures = withCost(measures, options);
    else if (definition.name === "latency") measures = { ...measures, latency: checkLatency(options, model, checker) };
    else measures = { ...measures, [definition.name]: true };
    if (definition.name === "accuracy" && model.synthetic) {
      report(diagnostic("synthetic-accuracy", { model: model.name ?? "" }, { span }));
    }
    if (definition.name === "accuracy") measures = withStop(measures, options);
  }
  for (const { target } of clauses.flatMap(({ uses }) => uses)) {
    const timed = target.name === "cost" || target.name === "energy";
    if (!timed || measures.latency.length > 0) continue;
    report(diagnostic("needs-measure", { metric: target.name, measure: "latency" }, { span: target.span }));
  }
  return measures;
}

/** The price; without one (which is reported) any, so that nothing is reported for want of the measure. */
function withCost(measures: Measures, options: GivenOptions): Measures {
  const price = options.get("price")?.points[0]?.setting;
  return { ...measures, cost: { pricePerHour: typeof price === "number" ? price : 1 } };
}

/** The declared rule that ends hopeless trials; of two `accuracy` the later holds, rule or none. */
function withStop({ stopAtDrop: _, ...measures }: Measures, options: GivenOptions): Measures {
  const limit = options.get("stop_at_drop")?.points[0]?.setting;
  return typeof limit === "number" ? { ...measures, stopAtDrop: limit } : measures;
}

/** `static.accuracy_drop < 1%` against the schemes that the experiment tries, the metrics, their units and measures. */
export function checkExpectations(
  clauses: readonly ast.ExpectClause[],
  schemes: readonly string[],
  measures: Measures,
  checker: Checker,
): readonly Expectation[] {
  return clauses.flatMap(({ comparisons }) =>
    comparisons.flatMap((comparison) => {
      const checked = checkExpectation(comparison, schemes, measures, checker);
      return checked ? [checked] : [];
    }),
  );
}

function checkExpectation(
  comparison: ast.Comparison,
  schemes: readonly string[],
  measures: Measures,
  checker: Checker,
): Expectation | undefined {
  const { report } = checker;
  const { path, pathSpan, comparator, span } = comparison;
  const [scheme, metricName, ...others] = path;
  const text = textAt(span, checker);
  const plain = path.every((part) => part.arguments === undefined);
  if (!scheme || !metricName || others.length > 0 || !plain || comparator === "!=") {
    const written = comparator === "!=" ? text : textAt(pathSpan, checker);
    report(diagnostic("expectation-form", { text: written }, { span: comparator === "!=" ? span : pathSpan }));
    return undefined;
  }
  if (!schemes.includes(scheme.name)) {
    const facts = { kind: "scheme of this experiment", ...unknown(scheme.name, schemes) };
    report(diagnostic("unknown-name", facts, { span: scheme.nameSpan }));
  }
  const metric = metricOf(metricName.name, metricName.nameSpan, measures, checker);
  const value = metric && boundOf(comparison.value, metric, checker);
  if (value === undefined || !metric || !schemes.includes(scheme.name)) return undefined;
  return { scheme: scheme.name, metric: metric.name, comparison: comparator, value, text };
}

function boundOf(value: ast.Value, metric: MetricDefinition, checker: Checker): number | undefined {
  const { report, environment } = checker;
  const [bound, ...others] = expandValue(value, environment);
  if (!bound) return undefined;
  if (others.length > 0) {
    report(diagnostic("no-sweep", { option: metric.name }, { span: value.span }));
    return undefined;
  }
  if (bound.kind !== "number") {
    const facts = { option: metric.name, expected: "a number", found: bound.text };
    report(diagnostic("value-type", facts, { span: bound.span }));
    return undefined;
  }
  const limits = metric.unit === "fraction" ? { min: -1, max: 1 } : {};
  return toQuantity(bound, metric.unit, limits, { option: metric.name, report });
}

/** A metric by name that the experiment measures; anything else is reported. */
export function metricOf(
  name: string,
  span: ast.Name["span"],
  measures: Measures,
  { vocabulary, report }: Checker,
): MetricDefinition | undefined {
  const metric = vocabulary.metrics.find((each) => each.name === name);
  if (!metric) {
    const known = vocabulary.metrics.map((each) => each.name);
    report(diagnostic("unknown-name", { kind: "metric", ...unknown(name, known) }, { span }));
    return undefined;
  }
  if (!isMeasured(metric, measures)) {
    report(diagnostic("needs-measure", { metric: name, measure: measureFor(metric) }, { span }));
    return undefined;
  }
  return metric;
}

/** What there will be to show. */
export interface Shown {
  readonly measures: Measures;
  /** Modes of the schemes that are tried; undefined where one of them is not known. */
  readonly modes: ReadonlySet<string> | undefined;
  /** The experiment, and whether a `diagnose` statement names it. */
  readonly experiment: string;
  readonly isDiagnosed: boolean;
}

/** `show` clauses; a table where a program has none. */
export function checkViews(clauses: readonly ast.ShowClause[], about: Shown, checker: Checker): readonly View[] {
  if (clauses.length === 0) return [{ kind: "table" }];
  const views = new Map<string, View>();
  for (const use of clauses.flatMap(({ uses }) => uses)) {
    const view = checkView(use, about, checker);
    if (view) views.set(JSON.stringify(view), view);
  }
  return [...views.values()];
}

function checkView(use: ast.Use, about: Shown, checker: Checker): View | undefined {
  const { vocabulary, report, environment } = checker;
  const { name, span } = use.target;
  const view = vocabulary.views.find((each) => each.name === name);
  if (!view) {
    const known = vocabulary.views.map((each) => each.name);
    report(diagnostic("unknown-name", { kind: "view", ...unknown(name, known) }, { span }));
    return undefined;
  }
  const given = use.arguments ?? [];
  if (given.length !== view.arguments.length || use.options) {
    if (!use.partial) report(diagnostic("view-arguments", { view: name, form: view.form }, { span: use.span }));
    return undefined;
  }
  if (!hasData(view, use.span, about, checker)) return undefined;
  const chosen = given.map((argument, i) => {
    const [value, ...others] = expandValue(argument, environment);
    const metric = value && nameOf(value);
    if (value && (metric === undefined || others.length > 0)) {
      report(diagnostic("view-arguments", { view: name, form: view.form }, { span: argument.span }));
      return undefined;
    }
    const known = metric === undefined ? undefined : metricOf(metric, argument.span, about.measures, checker);
    if (!known || view.arguments[i]?.includes(known.name)) return known?.name;
    report(diagnostic("view-arguments", { view: name, form: view.form }, { span: argument.span }));
    return undefined;
  });
  return viewOf(view.name, chosen);
}

function viewOf(kind: View["kind"], [first, second]: readonly (MetricName | undefined)[]): View | undefined {
  switch (kind) {
    case "table":
      return { kind };
    case "pareto":
      return first && second && { kind, x: first, y: second };
    case "layers":
      return first && { kind, metric: first };
    default:
      return { kind };
  }
}

/** False where what a view shows is not measured; where only no scheme has it, that is said and the view stays. */
function hasData(
  { name, needs, modes, diagnosis }: ViewDefinition,
  span: ast.Use["span"],
  about: Shown,
  { report }: Checker,
): boolean {
  const isNeedMet =
    needs === undefined || (needs === "latency" ? about.measures.latency.length > 0 : about.measures[needs]);
  if (!isNeedMet) {
    report(diagnostic("needs-measure", { metric: name, measure: needs }, { span }));
    return false;
  }
  if (modes && about.modes && !modes.some((mode) => about.modes?.has(mode))) {
    report(diagnostic("view-without-data", { view: name, modes }, { span, severity: "warning" }));
  }
  if (diagnosis && !about.isDiagnosed) {
    const facts = { view: name, experiment: about.experiment };
    report(diagnostic("view-without-diagnosis", facts, { span, severity: "warning" }));
  }
  return true;
}
