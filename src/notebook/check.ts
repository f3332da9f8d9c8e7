import { byPosition, type Diagnostic, diagnostic } from "../base/diagnostic.js";
import type { SourceFile } from "../base/span.js";
import type { CellLanguage } from "../cells/interpreter.js";
import { languageOf, MAGICS } from "../cells/language-of.js";
import { createNibbleSession } from "../cells/nibble/session.js";
import type { TypeScriptDiagnostic, TypeScriptService } from "../cells/typescript/service.js";
import { startTypeScript } from "../cells/typescript/start.js";
import { parseProgram } from "../language/parse-program.js";
import type { Notebook } from "./nbformat.js";

export interface CheckOptions {
  readonly folder: string;
  readonly allow: readonly string[];
  readonly parameters: Readonly<Record<string, string>>;
}

export interface CheckedNotebook {
  /** Cell by cell; each names `<cell N>`, whose text is in `sources`. */
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: ReadonlyMap<string, SourceFile>;
  /** Number of cells that were checked. */
  readonly cells: number;
}

/**
 * Checks all code cells in order, each knowing what the ones before it define: Nibble against the real models and data,
 * TypeScript by its compiler. Runs nothing.
 */
export async function checkNotebook(
  notebook: Notebook,
  usual: CellLanguage,
  options: CheckOptions,
): Promise<CheckedNotebook> {
  const nibble = createNibbleSession(options);
  const service = startTypeScript({ folder: options.folder, warm: false });
  const diagnostics: Diagnostic[] = [];
  const sources = new Map<string, SourceFile>();
  let number = 0;
  try {
    for (const { kind, source } of notebook.cells) {
      if (kind !== "code" || source.trim() === "") continue;
      number += 1;
      const { language, code, mistake } = languageOf(source, usual);
      const file = { path: `<cell ${number}>`, text: source };
      sources.set(file.path, file);
      if (mistake !== undefined) {
        diagnostics.push(magicMistake(mistake, file));
      } else if (language === "nibble") {
        diagnostics.push(...byPosition(await nibble.check(code, number)));
        nibble.commit(code, number);
        for (const { name, type } of variablesOf(code)) await service.define(name, `import("nibble-quant").${type}`);
      } else {
        for (const each of await checkTypeScript(code, number, service))
          diagnostics.push(asDiagnostic(each, file.path));
      }
    }
    return { diagnostics, sources, cells: number };
  } finally {
    await service.dispose();
  }
}

/** The mistake's first clause; what there is instead is the hint. */
function magicMistake(mistake: string, { path, text }: SourceFile): Diagnostic {
  const [message = mistake] = mistake.split("; ", 1);
  const start = text.search(/\S/);
  const [line = ""] = text.slice(start).split(/[\r\n]/, 1);
  const end = start + line.trimEnd().length;
  return diagnostic("cell-magic", { message, known: Object.keys(MAGICS) }, { span: { source: path, start, end } });
}

async function checkTypeScript(
  code: string,
  number: number,
  service: TypeScriptService,
): Promise<readonly TypeScriptDiagnostic[]> {
  const prepared = await service.prepare(code, number);
  if ("errors" in prepared) return prepared.errors;
  const found = await service.check(code, number);
  await service.commit(code, number);
  return found;
}

function asDiagnostic({ code, category, message, start, end }: TypeScriptDiagnostic, source: string): Diagnostic {
  return diagnostic("typescript-cell", { number: code, message }, { span: { source, start, end }, severity: category });
}

/** The variables that a Nibble cell will make. Of an experiment and a data set of one name the experiment counts. */
function variablesOf(code: string): readonly { readonly name: string; readonly type: "Result" | "DataSource" }[] {
  const { program } = parseProgram({ path: "<cell>", text: code });
  const named = (kind: "data" | "experiment") =>
    program.statements.flatMap((statement) => (statement.kind === kind ? [statement.name.name] : []));
  return [
    ...named("data").map((name) => ({ name, type: "DataSource" as const })),
    ...named("experiment").map((name) => ({ name, type: "Result" as const })),
  ];
}
