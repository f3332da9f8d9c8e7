import ts from "typescript";

/** What the parser and the binder keep on a source file, and no public type shows. */
interface Internals {
  readonly commentDirectives?: readonly unknown[];
  readonly parseDiagnostics: readonly ts.DiagnosticWithLocation[];
  readonly bindDiagnostics: readonly ts.DiagnosticWithLocation[];
  readonly impliedNodeFormat?: ts.ResolutionMode;
  readonly setExternalModuleIndicator?: (file: ts.SourceFile) => void;
}

type SourceFile = ts.SourceFile & Internals;

interface CompilerInternals {
  bindSourceFile(file: ts.SourceFile, options: ts.CompilerOptions): void;
  unsetNodeChildren(node: ts.Node, file: ts.SourceFile): void;
}

interface CheckerInternals {
  getDiagnostics(file: ts.SourceFile): readonly ts.Diagnostic[];
}

/** Fields that say where the file lies and what its program found for it; they outlive its text. */
const OF_PROGRAM: ReadonlySet<string> = new Set([
  "fileName",
  "path",
  "resolvedPath",
  "originalFileName",
  "impliedNodeFormat",
  "packageJsonLocations",
  "packageJsonScope",
  "imports",
  "moduleAugmentations",
  "ambientModuleNames",
  "setExternalModuleIndicator",
]);

/** What was computed from the old text, by the binder and by editor services. */
const COMPUTED = [
  "symbol",
  "localSymbol",
  "locals",
  "nextContainer",
  "flowNode",
  "endFlowNode",
  "emitNode",
  "lineMap",
  "nameTable",
  "namedDeclarations",
  "bindSuggestionDiagnostics",
  "classifiableNames",
  "globalExports",
  "jsGlobalAugmentations",
  "patternAmbientModules",
  "jsDocDiagnostics",
] as const;

/**
 * Gives a module of a program another text, parsed and bound, and leaves program and checker as they are. TypeScript makes
 * both anew for each change, and a checker begins knowing nothing: with the types of TF.js that is 20 to 100 ms a keystroke.
 *
 * It holds because a checker keeps what it learns by node and by symbol, and those of the new text are new; the caller sees to it that
 * the text imports the modules that the old one imported, and adds to no global scope. The parser's fields are those of
 * TypeScript 5.9, which is pinned; test/cells/typescript/replace-text.test.ts compares the answers with a fresh program's.
 */
export function replaceText(file: ts.SourceFile, text: string, options: ts.CompilerOptions): void {
  const { impliedNodeFormat, setExternalModuleIndicator } = file as SourceFile;
  const parsed = ts.createSourceFile(file.fileName, text, {
    languageVersion: file.languageVersion,
    ...(impliedNodeFormat === undefined ? {} : { impliedNodeFormat }),
    ...(setExternalModuleIndicator === undefined ? {} : { setExternalModuleIndicator }),
  });
  const { bindSourceFile, unsetNodeChildren } = ts as unknown as CompilerInternals;
  unsetNodeChildren(file, file);
  const fields = Object.entries(parsed).filter(([name]) => !OF_PROGRAM.has(name));
  const forgotten = COMPUTED.map((name) => [name, undefined] as const);
  // Among the fields is the id, which is none yet: to the checker the file is a new node, one that it has not checked.
  Object.assign(file, Object.fromEntries([...fields, ...forgotten]));
  bindSourceFile(file, options);
}

/** True when a text adds something to the world outside of its module, or changes which errors count. */
export function reachesOutside(text: string): boolean {
  return /\bdeclare\s+(?:global|module|namespace)\b|\bglobal\s*\{|@ts-/u.test(text);
}

/**
 * True when the checker has nothing to say of a file whose text was replaced. Once it had, it says so for each later text
 * as well; so the answer is exact only when it is true.
 */
export function isFaultless(file: ts.SourceFile, program: ts.Program): boolean {
  const { parseDiagnostics, bindDiagnostics } = file as SourceFile;
  if (parseDiagnostics.length > 0 || bindDiagnostics.length > 0) return false;
  return (program.getTypeChecker() as unknown as CheckerInternals).getDiagnostics(file).length === 0;
}
