import ts from "typescript";
import { type DeclaredName, namesOf } from "./declared-names.js";
import { Mentions } from "./mentions.js";
import { refusedNames } from "./refused-names.js";

/** What the text of a cell says without any types. */
export interface CellAnalysis {
  readonly file: ts.SourceFile;
  /** The whole cell is one object literal, which the grammar would read as a block. */
  readonly objectLiteral: boolean;
  readonly names: ReadonlyMap<string, DeclaredName>;
  /** Names that the cell uses and does not declare at its top level; some may be bound in inner scopes. */
  readonly mentioned: ReadonlySet<string>;
  /** Names that are declared anywhere in the cell, inner scopes included. */
  readonly bound: ReadonlySet<string>;
  /** Names that stand in types and nowhere as a value. */
  readonly typesOnly: ReadonlySet<string>;
  /** Modules that the cell names: imports, re-exports, `import()`, `import("x").T`. */
  readonly modules: readonly string[];
  /** Errors of grammar, in the cell's text. */
  readonly errors: readonly ts.DiagnosticWithLocation[];
}

/**
 * Parses a cell as a module, so that `await` may stand at its top level.
 * @param jsx whether `<a/>` is an element, not a type assertion
 * @param jsxNames names that an element uses without writing them: `React`
 */
export function analyze(code: string, jsx: boolean, jsxNames: readonly string[] = []): CellAnalysis {
  const objectLiteral = isObjectLiteral(code, jsx);
  const file = parse(objectLiteral ? `(${code})` : code.replace(/^#!/u, "//"), jsx);
  const mentions = new Mentions();
  mentions.visit(file, false);
  if (mentions.elements)
    for (const name of jsxNames) {
      mentions.names.add(name);
      mentions.values.add(name);
    }
  const names = namesOf(file);
  return {
    file,
    objectLiteral,
    names,
    mentioned: new Set([...mentions.names].filter((name) => !names.has(name))),
    bound: mentions.bound,
    typesOnly: new Set([...mentions.names].filter((name) => !mentions.values.has(name))),
    modules: mentions.modules,
    errors: [...parseErrors(file), ...mentions.errors, ...refusedNames(file)],
  };
}

/** Parses text as a module. */
export function parse(text: string, jsx: boolean): ts.SourceFile {
  return ts.createSourceFile(
    jsx ? "cell.tsx" : "cell.ts",
    text,
    {
      languageVersion: ts.ScriptTarget.ESNext,
      // What `moduleDetection: force` does in a program; the parser reads this to allow `await`.
      setExternalModuleIndicator: (file) => void Object.assign(file, { externalModuleIndicator: true }),
    },
    true,
  );
}

/** Errors of the parser; TypeScript keeps them on the file and has no public door to them without a program. */
export function parseErrors(file: ts.SourceFile): readonly ts.DiagnosticWithLocation[] {
  return (file as unknown as { parseDiagnostics: readonly ts.DiagnosticWithLocation[] }).parseDiagnostics;
}

/** The expression whose value a cell shows: its last statement, when that is one. */
export function lastExpression(file: ts.SourceFile): ts.Expression | undefined {
  const last = file.statements.filter((statement) => !ts.isEmptyStatement(statement)).at(-1);
  if (last === undefined) return undefined;
  if (ts.isExpressionStatement(last)) return last.expression;
  if (ts.isExportAssignment(last) && !last.isExportEquals) return last.expression;
  return undefined;
}

function isObjectLiteral(code: string, jsx: boolean): boolean {
  const text = code.trim();
  if (!text.startsWith("{") || !text.endsWith("}")) return false;
  const file = parse(`(${code})`, jsx);
  const [only, ...others] = file.statements;
  return (
    others.length === 0 &&
    parseErrors(file).length === 0 &&
    only !== undefined &&
    ts.isExpressionStatement(only) &&
    ts.isParenthesizedExpression(only.expression) &&
    ts.isObjectLiteralExpression(only.expression.expression)
  );
}

/** True for an import whose module the cell does not load, because it uses the name in types alone. */
export function isElided({ name, statement }: DeclaredName, { typesOnly }: CellAnalysis): boolean {
  return statement !== undefined && typesOnly.has(name);
}
