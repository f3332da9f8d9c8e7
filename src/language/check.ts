import { byPosition, type Diagnostic, diagnostic } from "../base/diagnostic.js";
import { unknown } from "../base/nearest.js";
import type { SourceFile, Span } from "../base/span.js";
import type { DataReference } from "../datasets/dataset.js";
import type { CheckedExperiment } from "../plan/experiment.js";
import { type Checker, reporter } from "./checker.js";
import { type CheckedDiagnose, checkDiagnoses } from "./checks/diagnose.js";
import { checkExperiment, type Sources } from "./checks/experiment.js";
import { type CheckedExport, checkExports } from "./checks/export.js";
import { schemeChecker } from "./checks/schemes.js";
import { type CheckedData, type CheckedModel, checkData, checkModel } from "./checks/sources.js";
import type { DataDescription, ModelDescription, ProgramHost, Vocabulary } from "./host.js";
import { loadProgram } from "./load.js";
import { declare } from "./scope.js";
import type * as ast from "./syntax/ast.js";
import { programEnvironment } from "./values/environment.js";
import { vocabulary as everything } from "./vocabulary.js";

/** A program in which every name is known and every value legal: what `planExperiment` takes, one by one. */
export interface CheckedProgram {
  /** In the order written. */
  readonly experiments: readonly CheckedExperiment[];
  /** What the `diagnose` statements ask for, in the order written. */
  readonly diagnoses: readonly CheckedDiagnose[];
  /** What the `export` statements ask for, in the order written. */
  readonly exports: readonly CheckedExport[];
  /** The `data` statements of the program itself. */
  readonly data: readonly DataReference[];
  /** What the `model` and `data` statements of the program itself stand for. */
  readonly definitions: readonly Described[];
}

/** A name of the program and what is known of the model or data behind it. */
export type Described =
  | { readonly kind: "model"; readonly name: string; readonly description: ModelDescription }
  | { readonly kind: "data"; readonly name: string; readonly description: DataDescription };

export interface CheckResult {
  /** Absent when a diagnostic is an error; warnings leave it. */
  readonly program?: CheckedProgram;
  /** Every mistake of the program and its imports, sorted by position. */
  readonly diagnostics: readonly Diagnostic[];
  /** The texts that the diagnostics point into, by `Span.source`. */
  readonly sources: Map<string, SourceFile>;
}

/**
 * Checks a whole program against the registries and, through the host, against the real model and data. Reports all
 * mistakes of one run and never throws for a mistake of the user.
 * @param earlier texts whose definitions the program can use, oldest first: earlier cells of a notebook
 */
export async function checkProgram(
  source: SourceFile,
  host: ProgramHost,
  vocabulary: Vocabulary = everything,
  earlier: readonly SourceFile[] = [],
): Promise<CheckResult> {
  const { diagnostics, report } = reporter();
  const { modules, diagnostics: mistakes, sources } = await loadProgram(source, host, earlier);
  for (const mistake of mistakes) report(mistake);
  const scope = declare(modules, sources, vocabulary, report);
  const environment = programEnvironment(scope, host, report);
  const checker: Checker = { host, vocabulary, scope, environment, sources, modules, report, stopped: { patterns: 0 } };
  const schemes = schemeChecker(checker);
  schemes.all();
  const named = namedSources(checker);
  const { data, definitions } = await named.own(source.path);
  const experiments: CheckedExperiment[] = [];
  for (const statement of scope.experiments) {
    const experiment = await checkExperiment(statement, named, schemes, checker);
    if (experiment) experiments.push(experiment);
  }
  const checkEarlier = (statement: ast.ExperimentStatement) => {
    // Its own cell has reported what is wrong with it.
    const silent = { ...checker, report: () => {} };
    return checkExperiment(statement, named, schemes, silent);
  };
  const diagnoses = await checkDiagnoses(experiments, checker, checkEarlier);
  const hasMistake = ({ source, start, end }: Span) =>
    diagnostics.some(
      ({ severity, span }) => severity === "error" && span?.source === source && span.start >= start && span.end <= end,
    );
  const exports = await checkExports(experiments, checker, checkEarlier, hasMistake);
  const sorted = byPosition(diagnostics);
  const wrong = sorted.some(({ severity }) => severity === "error");
  return {
    ...(wrong ? {} : { program: { experiments, diagnoses, exports, data, definitions } }),
    diagnostics: sorted,
    sources,
  };
}

type Own = Pick<CheckedProgram, "data" | "definitions">;

/** Models and data by the names of the program, or written out in the clause; the host is asked once for each. */
function namedSources(checker: Checker): Sources & { own(source: string): Promise<Own> } {
  const { scope, report } = checker;
  const models = new Map<ast.Use, Promise<CheckedModel | undefined>>();
  const data = new Map<ast.Use, Promise<CheckedData | undefined>>();

  function once<T>(cache: Map<ast.Use, Promise<T>>, use: ast.Use, make: () => Promise<T>): Promise<T> {
    const known = cache.get(use) ?? make();
    cache.set(use, known);
    return known;
  }

  /** A bare name is a definition; with arguments or options it is a source of its own. */
  function definitionOf<T extends { readonly name: ast.Name; readonly source?: ast.Use }>(
    use: ast.Use,
    definitions: ReadonlyMap<string, T>,
    kind: string,
  ): { readonly name: string; readonly use: ast.Use } | undefined {
    const { name, span } = use.target;
    const bare = use.target.kind === "name" && !use.arguments && !use.options;
    const found = definitions.get(name);
    if (bare && found) return found.source && { name, use: found.source };
    if (!bare) return { name, use };
    report(diagnostic("unknown-name", { kind, ...unknown(name, [...definitions.keys()]) }, { span }));
    return undefined;
  }

  const sources: Sources = {
    async model(use) {
      const found = definitionOf(use, scope.models, "model");
      return found && once(models, found.use, () => checkModel(found.name, found.use, checker));
    },
    async data(use) {
      const known = checker.vocabulary.readers.find(
        ({ name, source }) => name === use.target.name && source === "none",
      );
      const found = scope.data.has(use.target.name) || !known ? definitionOf(use, scope.data, "data set") : undefined;
      const chosen = found ?? (known && !scope.data.has(use.target.name) ? { name: use.target.name, use } : undefined);
      return chosen && once(data, chosen.use, () => checkData(chosen.name, chosen.use, checker));
    },
  };

  /** Definitions of the program itself are checked although nothing may use them; those of imports only when used. */
  async function own(source: string): Promise<Own> {
    const mine = (use: ast.Use | undefined): use is ast.Use => use?.span.source === source;
    const [ownModels, ownData] = await Promise.all([
      Promise.all(
        [...scope.models.values()].map(({ name, source: use }) =>
          mine(use) ? once(models, use, () => checkModel(name.name, use, checker)) : undefined,
        ),
      ),
      Promise.all(
        [...scope.data.values()].map(({ name, source: use }) =>
          mine(use) ? once(data, use, () => checkData(name.name, use, checker)) : undefined,
        ),
      ),
    ]);
    const described =
      <K extends Described["kind"]>(kind: K) =>
      (found: CheckedModel | CheckedData | undefined) =>
        found ? [{ kind, name: found.reference.name, description: found.description } as Described] : [];
    return {
      data: ownData.flatMap((found) => (found ? [found.reference] : [])),
      definitions: [...ownModels.flatMap(described("model")), ...ownData.flatMap(described("data"))],
    };
  }

  return { ...sources, own };
}
