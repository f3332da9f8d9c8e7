import type { SourceFile } from "../../base/span.js";
import type { Checker } from "../checker.js";
import { checkData, checkModel } from "../checks/sources.js";
import type { DataDescription, ModelDescription, ProgramHost, Vocabulary } from "../host.js";
import { loadProgram } from "../load.js";
import { declare, type Scope } from "../scope.js";
import type * as ast from "../syntax/ast.js";
import { programEnvironment } from "../values/environment.js";

/** What an editor may ask about a program, mistakes or not. */
export interface Lookup {
  readonly scope: Scope;
  readonly checker: Checker;
  /** The model of that name; undefined when it cannot be read. */
  model(name: string): Promise<ModelDescription | undefined>;
  data(name: string): Promise<DataDescription | undefined>;
}

/** Reads a program as far as it can be read and says nothing of its mistakes. */
export async function lookupProgram(
  source: SourceFile,
  host: ProgramHost,
  vocabulary: Vocabulary,
  earlier: readonly SourceFile[],
): Promise<Lookup> {
  const { modules, sources } = await loadProgram(source, host, earlier);
  const report = () => {};
  const scope = declare(modules, sources, vocabulary, report);
  const environment = programEnvironment(scope, host, report);
  const checker: Checker = { host, vocabulary, scope, environment, sources, modules, report, stopped: { patterns: 0 } };
  return {
    scope,
    checker,
    async model(name) {
      const use = scope.models.get(name)?.source;
      return use && (await orNothing(checkModel(name, use, checker)))?.description;
    },
    async data(name) {
      const use = scope.data.get(name)?.source;
      return use && ((await orNothing(checkData(name, use, checker)))?.description ?? columnsAlone(name, use, checker));
    },
  };
}

/** What can be read of data whose options are still being written. */
async function columnsAlone(name: string, use: ast.Use, checker: Checker): Promise<DataDescription | undefined> {
  if (use.options === undefined) return undefined;
  const { options: _, ...bare } = use;
  return (await orNothing(checkData(name, bare, checker)))?.description;
}

/** A fault of a reader must not cost an editor its answer. */
async function orNothing<T>(work: Promise<T>): Promise<T | undefined> {
  return work.catch(() => undefined);
}
