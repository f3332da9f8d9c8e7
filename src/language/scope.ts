import { diagnostic } from "../base/diagnostic.js";
import { lineColumn, type SourceFile, type Span } from "../base/span.js";
import type { Vocabulary } from "./host.js";
import type { Module } from "./load.js";
import type * as ast from "./syntax/ast.js";
import type { Report } from "./values/concrete.js";

/** Every definition of a program and its imports by name; each kind has names of its own. */
export interface Scope {
  readonly models: ReadonlyMap<string, ast.ModelStatement>;
  readonly data: ReadonlyMap<string, ast.DataStatement>;
  readonly params: ReadonlyMap<string, ast.ParamStatement>;
  readonly schemes: ReadonlyMap<string, ast.SchemeStatement>;
  /** Of the program itself; experiments of imported files and of earlier cells are not run. */
  readonly experiments: readonly ast.ExperimentStatement[];
  /** Experiments of earlier cells by name, which can be diagnosed and exported. */
  readonly earlierExperiments: ReadonlyMap<string, ast.ExperimentStatement>;
  /** Of the program itself, in the order written. */
  readonly diagnoses: readonly ast.DiagnoseStatement[];
  /** The same. */
  readonly exports: readonly ast.ExportStatement[];
  /**
   * True of what the program or its imports say. Definitions of earlier cells are checked where they are used: their
   * own cell has reported the rest.
   */
  isOwn(span: Span): boolean;
}

type Definition =
  | ast.ModelStatement
  | ast.DataStatement
  | ast.ParamStatement
  | ast.SchemeStatement
  | ast.ExperimentStatement;

const kinds: Readonly<Record<Definition["kind"], string>> = {
  model: "model",
  data: "data set",
  param: "parameter",
  scheme: "scheme",
  experiment: "experiment",
};

/**
 * Collects the definitions. Of two with one name in one layer the first counts and the second is reported; one of a
 * later layer replaces that of an earlier one without a word.
 */
export function declare(
  modules: readonly Module[],
  sources: ReadonlyMap<string, SourceFile>,
  vocabulary: Vocabulary,
  report: Report,
): Scope {
  const own = modules.at(-1);
  const last = own?.layer ?? 0;
  const found = new Map<string, Map<string, Definition>>(Object.keys(kinds).map((kind) => [kind, new Map()]));
  for (let layer = 0; layer <= last; layer++) {
    const members = modules.filter((module) => module.layer === layer);
    // The cell itself has reported what is wrong with it.
    const reportOwn: Report = layer === last ? report : () => {};
    for (const [kind, names] of namesOf(members, own, sources, reportOwn)) {
      for (const [name, statement] of names) found.get(kind)?.set(name, statement);
    }
  }
  const ownSources = new Set(modules.filter(({ layer }) => layer === last).map(({ source }) => source.path));
  const isOwn = ({ source }: Span) => ownSources.has(source);
  for (const [name, { name: at }] of found.get("scheme") ?? []) {
    if (isOwn(at.span) && vocabulary.schemes.some((scheme) => scheme.name === name)) {
      report(diagnostic("scheme-name-taken", { name }, { span: at.span }));
    }
  }
  reportNearTwins([...(found.get("experiment") ?? new Map()).values()], report);
  const of = <T>(kind: Definition["kind"]) => found.get(kind) as unknown as ReadonlyMap<string, T>;
  return {
    models: of("model"),
    data: of("data"),
    params: of("param"),
    schemes: of("scheme"),
    experiments: [...of<ast.ExperimentStatement>("experiment").values()],
    earlierExperiments: earlierExperiments(modules),
    diagnoses: statementsOf(own).filter((statement) => statement.kind === "diagnose"),
    exports: statementsOf(own).filter((statement) => statement.kind === "export"),
    isOwn,
  };
}

const statementsOf = (module: Module | undefined) => module?.program.statements ?? [];

/** Of the cells themselves, not of what they import; of two of one name the later one counts. */
function earlierExperiments(modules: readonly Module[]): ReadonlyMap<string, ast.ExperimentStatement> {
  const cells = modules.slice(0, -1).filter(({ layer }, i) => modules[i + 1]?.layer !== layer);
  const found = cells.flatMap(statementsOf).filter((statement) => statement.kind === "experiment");
  return new Map(found.map((statement) => [statement.name.name, statement]));
}

/** The definitions of one layer. */
function namesOf(
  modules: readonly Module[],
  own: Module | undefined,
  sources: ReadonlyMap<string, SourceFile>,
  report: Report,
): ReadonlyMap<string, Map<string, Definition>> {
  const found = new Map<string, Map<string, Definition>>(Object.keys(kinds).map((kind) => [kind, new Map()]));
  for (const module of modules) {
    for (const statement of module.program.statements) {
      if (!("name" in statement)) {
        if (statement.kind === "search") reportLater(statement, report);
      } else if (statement.kind !== "experiment" || module === own) {
        add(statement, found.get(statement.kind) ?? new Map(), sources, report);
      }
    }
  }
  return found;
}

function add(
  statement: Definition,
  names: Map<string, Definition>,
  sources: ReadonlyMap<string, SourceFile>,
  report: Report,
): void {
  const { name, span } = statement.name;
  const first = names.get(name);
  if (!first) {
    names.set(name, statement);
    return;
  }
  const place = placeOf(first.name.span, span, sources);
  report(diagnostic("duplicate-name", { kind: kinds[statement.kind], name, first: place }, { span }));
}

/** Results of an experiment lie in a folder of its name, and many disks take `Sweep` and `sweep` for one. */
function reportNearTwins(experiments: readonly Definition[], report: Report): void {
  const first = new Map<string, string>();
  for (const { name: written } of experiments) {
    const { name, span } = written;
    const twin = first.get(name.toLowerCase());
    if (twin !== undefined) report(diagnostic("names-differ-in-case", { names: [twin, name] }, { span }));
    else first.set(name.toLowerCase(), name);
  }
}

/** `line 3`, with the file where it is another one. */
function placeOf(span: Span, from: Span, sources: ReadonlyMap<string, SourceFile>): string {
  const { line } = lineColumn(sources.get(span.source)?.text ?? "", span.start);
  return span.source === from.source ? `line ${line}` : `${span.source}:${line}`;
}

function reportLater(statement: ast.LaterStatement, report: Report): void {
  report(diagnostic("statement-not-available", { statement: statement.kind }, { span: statement.keyword }));
}
