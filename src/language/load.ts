import { type Diagnostic, diagnostic } from "../base/diagnostic.js";
import type { SourceFile } from "../base/span.js";
import type { ProgramHost } from "./host.js";
import { parseProgram } from "./parse-program.js";
import type { ImportStatement, Program } from "./syntax/ast.js";

/** Most files that one program may import, directly or not. */
export const mostImports = 100;

/** One file of a program. `fromFile` is what the host resolves its paths against. */
export interface Module {
  readonly source: SourceFile;
  readonly fromFile: string;
  readonly program: Program;
  /**
   * Which of the texts it belongs to, itself or as an import: earlier cells count from 0, the program itself comes last.
   * A definition replaces one of a lower layer.
   */
  readonly layer: number;
}

export interface Loaded {
  /** Imported files first, each once a layer, in the order in which their names come into sight; the program itself last. */
  readonly modules: readonly Module[];
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: Map<string, SourceFile>;
}

/**
 * Reads a program and everything that it imports. An import that cannot be read is a diagnostic; the rest goes on.
 * @param earlier texts whose definitions the program can use, oldest first: earlier cells of a notebook
 */
export async function loadProgram(
  source: SourceFile,
  host: ProgramHost,
  earlier: readonly SourceFile[] = [],
): Promise<Loaded> {
  const diagnostics: Diagnostic[] = [];
  const modules: Module[] = [];
  const sources = new Map<string, SourceFile>();
  for (const [layer, file] of [...earlier, source].entries()) {
    sources.set(file.path, file);
    const loaded = await loadLayer(file, layer, host, sources);
    diagnostics.push(...loaded.diagnostics);
    modules.push(...loaded.modules);
  }
  return { modules, diagnostics, sources };
}

/** One text and its imports. */
async function loadLayer(
  source: SourceFile,
  layer: number,
  host: ProgramHost,
  sources: Map<string, SourceFile>,
): Promise<Pick<Loaded, "modules" | "diagnostics">> {
  const diagnostics: Diagnostic[] = [];
  const modules: Module[] = [];
  const done = new Set<string>();

  const load = async (file: SourceFile, fromFile: string, chain: readonly string[]): Promise<void> => {
    const { program, diagnostics: mistakes } = parseProgram(file);
    for (const mistake of mistakes) diagnostics.push(mistake);
    for (const statement of program.statements) {
      if (statement.kind === "import") await follow(statement, fromFile, chain);
    }
    modules.push({ source: file, fromFile, program, layer });
  };

  const follow = async (statement: ImportStatement, fromFile: string, chain: readonly string[]): Promise<void> => {
    const { value: written, span } = statement.path;
    const resolved = host.resolvePath(written, fromFile);
    if ("refused" in resolved) {
      diagnostics.push(diagnostic("path-refused", { path: written, reason: resolved.refused }, { span }));
      return;
    }
    const { path } = resolved;
    if (chain.includes(path)) {
      const names = [...chain.slice(chain.indexOf(path)), path].map(lastPart);
      diagnostics.push(diagnostic("import-cycle", { chain: names }, { span }));
      return;
    }
    if (done.has(path)) return;
    done.add(path);
    if (done.size > mostImports) {
      diagnostics.push(diagnostic("too-many-imports", { limit: mostImports }, { span }));
      return;
    }
    const text = await host.readFile(path).catch((error: unknown) => {
      diagnostics.push(diagnostic("import-unreadable", { path: written, reason: reasonOf(error) }, { span }));
      return undefined;
    });
    if (text === undefined) return;
    const file = { path, text };
    sources.set(path, file);
    await load(file, path, [...chain, path]);
  };

  const own = host.resolvePath(lastPart(source.path), source.path);
  await load(source, source.path, "path" in own ? [own.path] : []);
  return { modules, diagnostics };
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a folder",
  EACCES: "reading it is not permitted",
};

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return ("code" in error && reasons[String(error.code)]) || error.message;
}

const lastPart = (path: string) => path.split(/[\\/]/).at(-1) ?? path;
