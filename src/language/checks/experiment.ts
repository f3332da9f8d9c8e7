import { diagnostic } from "../../base/diagnostic.js";
import { lineColumn, type Span } from "../../base/span.js";
import { countCells, type ExpandedCell, expandCells, mostCells } from "../../plan/expand.js";
import type { Attempt, CheckedExperiment, WhereClause } from "../../plan/experiment.js";
import { type Checker, placed } from "../checker.js";
import type * as ast from "../syntax/ast.js";
import type { GivenOptions } from "../values/options.js";
import { reportExecution, reportTimedExpectations } from "./execution.js";
import { checkFit, splitOf, trainSizeOf } from "./fit.js";
import { checkKeep } from "./keep.js";
import { reportMetricLabels } from "./labels.js";
import { checkExpectations, checkMeasures, checkViews } from "./results.js";
import type { SchemeChecker } from "./schemes.js";
import { forSequences } from "./sequences.js";
import type { CheckedData, CheckedModel } from "./sources.js";
import { checkWhere } from "./where.js";

/** Where an experiment gets its model and data from; each resolves a use once, however often it is asked. */
export interface Sources {
  model(use: ast.Use): Promise<CheckedModel | undefined>;
  data(use: ast.Use): Promise<CheckedData | undefined>;
}

/** An attempt and the text that asks for it. */
interface Tried extends Attempt {
  readonly use: ast.Use;
  readonly options: GivenOptions;
}

/** Checks one experiment, all of it; undefined when something is so wrong that there is nothing to plan. */
export async function checkExperiment(
  statement: ast.ExperimentStatement,
  sources: Sources,
  schemes: SchemeChecker,
  checker: Checker,
): Promise<CheckedExperiment | undefined> {
  const clauses = clausesOf(statement, checker);
  const modelUse = oneUse("model", clauses.model_clause, statement, checker);
  const named = modelUse && (await sources.model(modelUse));
  const { use: dataUse, data } = await dataOf(
    clauses.data_clause,
    { model: named, modelUse, sources, statement },
    checker,
  );
  const model = named && data && dataUse ? await forSequences(named, data, dataUse, checker) : named;
  for (const { use } of clauses.baseline) checkBaseline(use, schemes, checker);
  const uses = clauses.try.flatMap((clause) => clause.uses);
  const attempts = uses.flatMap((use) => attemptOf(use, schemes));
  if (uses.length === 0 && !statement.partial) {
    const facts = { experiment: statement.name.name };
    checker.report(diagnostic("nothing-to-try", facts, { span: statement.name.span, severity: "warning" }));
  }
  const keep = checkKeep(clauses.keep, model?.description.layers, checker);
  const complete = attempts.length === uses.length;
  // With a scheme missing, its options and its name would be reported as unknown.
  const where = complete ? checkWhere(clauses.where, { attempts, keep }, checker) : [];
  const measured = checkMeasures(clauses.measure, measuredModel(model), checker);
  // With a scheme unknown, another name may be the one that was meant.
  const meant = complete
    ? []
    : [...checker.vocabulary.schemes.map(({ name }) => name), ...checker.scope.schemes.keys()];
  const names = [...new Set([...uses.map(({ target }) => target.name), ...meant])];
  const expectations = checkExpectations(clauses.expect, names, measured, checker);
  const modes = complete ? new Set(attempts.map(({ definition }) => definition.name as string)) : undefined;
  const views = checkViews(clauses.show, { measures: measured, modes, ...diagnosed(statement, checker) }, checker);
  const plots = views.filter(({ kind }) => kind !== "table");
  // A report of which no plots were asked for shows the layers too.
  const layers =
    (plots.length === 0 && !model?.description.synthetic) ||
    plots.some(({ kind }) => kind === "layers") ||
    expectations.some(({ metric }) => metric === "sqnr");
  if (!model || !data || !modelUse || !dataUse || !complete) return undefined;
  reportMetricLabels(statement.clauses, data, checker);
  reportGiven(attempts, model, checker);
  const experiment: CheckedExperiment = {
    name: statement.name.name,
    model: checkFit(model, data, dataUse, checker),
    modelHash: model.description.hash,
    layers: model.description.layers,
    data: data.reference,
    dataHash: data.description.hash,
    attempts: attempts.map(({ name, definition, axes }) => ({ name, definition, axes })),
    keep,
    where: where.map(({ condition, text }) => ({ condition, text })),
    measures: layers ? { ...measured, layers } : measured,
    expectations,
    views,
    seed: splitOf(data).seed,
  };
  return checkMatrix(experiment, statement, attempts, where, data, checker) ? experiment : undefined;
}

/** `given` needs a model that came quantized. */
function reportGiven(attempts: readonly Tried[], { reference, description }: CheckedModel, checker: Checker): void {
  if (description.quantized) return;
  for (const { definition, use } of attempts) {
    if (definition.name !== "given") continue;
    const facts = { model: reference.name, format: reference.format };
    checker.report(diagnostic("given-not-quantized", facts, { span: use.span }));
  }
}

function measuredModel(model: CheckedModel | undefined) {
  if (!model) return { isKnown: false };
  const { decoder, synthetic } = model.description;
  return {
    ...{ name: model.reference.name, isKnown: true },
    ...(decoder ? { decoder } : {}),
    ...(synthetic ? { synthetic } : {}),
  };
}

/** The data of the experiment; a synthetic model brings its own. */
async function dataOf(
  clauses: readonly ast.DataClause[],
  {
    model,
    modelUse,
    sources,
    statement,
  }: {
    readonly model: CheckedModel | undefined;
    readonly modelUse: ast.Use | undefined;
    readonly sources: Sources;
    readonly statement: ast.ExperimentStatement;
  },
  checker: Checker,
): Promise<{ readonly use: ast.Use | undefined; readonly data: CheckedData | undefined }> {
  const synthetic = model?.description.synthetic;
  if (modelUse && !model && clauses.length === 0 && bringsData(modelUse, checker)) {
    return { use: undefined, data: undefined };
  }
  if (!model || !synthetic) {
    const use = oneUse("data", clauses, statement, checker);
    return { use, data: use && (await sources.data(use)) };
  }
  for (const { uses } of clauses) {
    const [use] = uses;
    const span = use?.span ?? statement.name.span;
    checker.report(diagnostic("synthetic-data", { model: model.reference.name }, { span }));
  }
  const description = await checker.host.describeData(synthetic.data);
  const data = { reference: synthetic.data, description, options: new Map(), span: model.span };
  return { use: modelUse, data };
}

function diagnosed({ name: { name } }: ast.ExperimentStatement, { scope }: Checker) {
  return { experiment: name, isDiagnosed: scope.diagnoses.some(({ path }) => path[0]?.name === name) };
}

type Clauses = { readonly [Kind in ast.Clause["kind"]]: readonly Extract<ast.Clause, { kind: Kind }>[] };

function clausesOf({ clauses }: ast.ExperimentStatement, checker: Checker): Clauses {
  const of = <Kind extends ast.Clause["kind"]>(kind: Kind) =>
    clauses.filter((clause): clause is Extract<ast.Clause, { kind: Kind }> => clause.kind === kind);
  for (const kind of ["model_clause", "data_clause", "baseline"] as const) {
    const [first, ...others] = of(kind);
    for (const { span } of others) {
      const text = checker.sources.get(span.source)?.text ?? "";
      const facts = { clause: keywordOf(kind), line: lineColumn(text, first?.span.start ?? 0).line };
      const at = { ...span, end: span.start + facts.clause.length };
      checker.report(diagnostic("duplicate-clause", facts, { span: at }));
    }
  }
  return {
    model_clause: of("model_clause"),
    data_clause: of("data_clause"),
    baseline: of("baseline"),
    try: of("try"),
    keep: of("keep"),
    where: of("where"),
    measure: of("measure"),
    expect: of("expect"),
    show: of("show"),
  };
}

/** Whether a model, were it right, would be one that is made by its options, and its data with it. */
function bringsData(use: ast.Use, { scope, vocabulary }: Checker): boolean {
  const { target } = scope.models.get(use.target.name)?.source ?? use;
  return vocabulary.frontends.some(({ name, source }) => name === target.name && source === "none");
}

const keywordOf = (kind: string) => kind.replace("_clause", "");

function oneUse(
  clause: "model" | "data",
  [first]: readonly (ast.ModelClause | ast.DataClause)[],
  { name, partial }: ast.ExperimentStatement,
  { report }: Checker,
): ast.Use | undefined {
  if (!first) {
    if (!partial) report(diagnostic("missing-clause", { experiment: name.name, clause }, { span: name.span }));
    return undefined;
  }
  const [use, second] = first.uses;
  if (second) {
    const what = clause === "data" ? "data set" : clause;
    report(diagnostic("one-per-experiment", { what }, { span: second.span }));
  }
  return use;
}

function checkBaseline(use: ast.Use, schemes: SchemeChecker, { report }: Checker): void {
  const scheme = schemes.use(use);
  if (!scheme || scheme.definition.name === "fp32") return;
  report(diagnostic("baseline-not-fp32", { name: use.target.name }, { span: use.target.span }));
}

function attemptOf(use: ast.Use, schemes: SchemeChecker): Tried[] {
  const scheme = schemes.use(use);
  if (!scheme) return [];
  const { definition, options } = scheme;
  const axes = [...options].map(([option, { points }]) => ({ option, points }));
  return [{ name: use.target.name, definition, axes, use, options }];
}

type PlacedWhere = WhereClause & { readonly clause: ast.WhereClause };

/** The matrix as a whole: its size, settings that contradict each other, what is excluded, what cannot execute. */
function checkMatrix(
  experiment: CheckedExperiment,
  statement: ast.ExperimentStatement,
  attempts: readonly Tried[],
  where: readonly PlacedWhere[],
  data: CheckedData,
  checker: Checker,
): boolean {
  const { report, host } = checker;
  const { name } = statement;
  if (countCells(experiment) > mostCells) {
    report(diagnostic("too-many-trials", { experiment: name.name, limit: mostCells }, { span: name.span }));
    return false;
  }
  const { cells, conflicts } = expandCells(experiment, host.cpu);
  for (const { attempt, error } of conflicts) report(...placed(error, conflictPlace(attempts[attempt])));
  reportExcluded(cells, where, name, checker);
  attempts.forEach((attempt, index) => {
    const own = cells.filter((cell) => cell.attempt === index && cell.outcome.kind !== "excluded");
    reportExecution(own, attempt, checker);
    reportCalibration(own, attempt, data, checker);
  });
  reportTimedExpectations(cells, statement.clauses, checker);
  return conflicts.length === 0;
}

/** `build` names what conflicts by the option's own name where it can; else the whole attempt is the place. */
function conflictPlace(attempt: Tried | undefined) {
  return (facts: Readonly<Record<string, unknown>>): Span => {
    // `group: 32` of "scheme-conflict" names the option as the program does.
    const said = ["option", "second", "first"].map((fact) => String(facts[fact] ?? "").replace(/:.*$/, ""));
    const option = [...said, ...Object.keys(facts)].find((name) => attempt?.options.has(name));
    const span = option === undefined ? undefined : attempt?.options.get(option)?.span;
    return span ?? attempt?.use.span ?? { source: "", start: 0, end: 0 };
  };
}

function reportExcluded(
  cells: readonly ExpandedCell[],
  where: readonly PlacedWhere[],
  { name, span }: ast.Name,
  { report }: Checker,
): void {
  const excluded = cells.filter(({ outcome }) => outcome.kind === "excluded");
  if (cells.length > 0 && excluded.length === cells.length) {
    report(diagnostic("where-prunes-all", { experiment: name, cells: cells.length }, { span }));
  }
  where.forEach(({ text, clause }, index) => {
    if (excluded.some(({ outcome }) => outcome.kind === "excluded" && outcome.clause === index)) return;
    report(diagnostic("where-prunes-nothing", { clause: text }, { span: clause.span, severity: "warning" }));
  });
}

/** A number of samples that the program gives must be there; the default is a wish. */
function reportCalibration(own: readonly ExpandedCell[], attempt: Tried, data: CheckedData, { report }: Checker): void {
  const train = trainSizeOf(data);
  if (train === undefined) return;
  const names = { scheme: attempt.name, data: data.reference.name };
  for (const { scheme } of own) {
    const samples = scheme.calibration?.samples;
    if (samples === undefined || samples <= train) continue;
    const given = [...attempt.options.values()].find(({ points }) => points.some(({ setting }) => setting === samples));
    if (train === 0) {
      report(diagnostic("no-training-samples", names, { span: attempt.use.span }));
    } else {
      const where = { span: given?.span ?? attempt.use.span, severity: given ? "error" : "warning" } as const;
      report(diagnostic("too-few-training-samples", { ...names, samples, train }, where));
    }
  }
}
