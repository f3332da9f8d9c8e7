import type { Scope } from "../scope.js";
import type * as ast from "../syntax/ast.js";

/** Names of the experiments that `diagnose` and `export` can name: of the program, then of earlier cells. */
export function experimentNames(scope: Scope): readonly string[] {
  return [...new Set([...scope.experiments.map(({ name }) => name.name), ...scope.earlierExperiments.keys()])];
}

/** Names of the schemes that an experiment tries, in order. */
export function triedBy(name: string, scope: Scope): readonly string[] {
  const statement = experimentStatement(name, scope);
  const clauses = statement?.clauses.filter((clause) => clause.kind === "try") ?? [];
  return [...new Set(clauses.flatMap(({ uses }) => uses.map(({ target }) => target.name)))];
}

/** The experiment of that name. */
export function experimentStatement(name: string, scope: Scope): ast.ExperimentStatement | undefined {
  return scope.experiments.find((statement) => statement.name.name === name) ?? scope.earlierExperiments.get(name);
}
