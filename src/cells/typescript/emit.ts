import { pathToFileURL } from "node:url";
import { decode, encode, type SourceMapSegment } from "@jridgewell/sourcemap-codec";
import ts from "typescript";
import { type CellAnalysis, isElided, lastExpression } from "./analyze.js";
import { isUsing } from "./declared-names.js";
import { applyEdits, type Edit, type EditedText, lineAndColumn, lineStarts } from "./edits.js";
import { hoistedDeclarations, hoistedEdits } from "./hoisted-edits.js";
import { stoppableAwaits, withStoppable } from "./stoppable-awaits.js";
import type { Transpiler } from "./transpile.js";

/** The module that names of earlier cells are imported from; in the emitted text it is `__scope`. */
const SCOPE_MODULE = "<scope>";
const SCOPE = "__scope";

export interface EmitRequest {
  readonly code: string;
  readonly analysis: CellAnalysis;
  /** Names of earlier cells that this one mentions. */
  readonly earlier: readonly { readonly name: string; readonly statement: string | undefined }[];
  readonly number: number;
  /** Folder that `import.meta` speaks of. */
  readonly folder: string;
  /** Of the notebook's options; see {@link emitOptions}. */
  readonly transpiler: Transpiler;
}

export interface Emitted {
  readonly js: string;
  readonly map: string;
  readonly imports: readonly string[];
  readonly declares: readonly string[];
  readonly hasResult: boolean;
}

/**
 * Turns a cell into CommonJS whose variables are properties of the scope. TypeScript itself does the rewriting: the
 * cell's declarations become exports of a module, names of earlier cells become its imports.
 */
export function emitCell(request: EmitRequest): Emitted {
  const { analysis, number, code } = request;
  const edited = applyEdits(analysis.file.text, [prelude(request), ...editsOf(analysis)]);
  const imports = new Set<string>();
  const { js, map } = request.transpiler.transpile(edited.text, {
    before: [keepDynamicImport(request), stoppableAwaits()],
    after: [toScope(imports)],
  });
  const name = `<cell ${number}>`;
  return {
    js: withStoppable(js.replace(/\n?\/\/# sourceMappingURL=.*\s*$/u, "\n")),
    map: mapToCell(map, name, code, analysis, edited),
    imports: [...imports],
    declares: [...analysis.names.values()]
      .filter((name) => name.runtime && !isElided(name, analysis))
      .map(({ name }) => name),
    hasResult: lastExpression(analysis.file) !== undefined,
  };
}

/** Options of a user's tsconfig that change the text of what a cell does, over what the execution child needs. */
export function emitOptions(user: ts.CompilerOptions): ts.CompilerOptions {
  const { jsx, jsxFactory, jsxFragmentFactory, jsxImportSource, experimentalDecorators, emitDecoratorMetadata } = user;
  const react = jsx === undefined || jsx === ts.JsxEmit.Preserve || jsx === ts.JsxEmit.ReactNative;
  const chosen = { jsxFactory, jsxFragmentFactory, jsxImportSource, experimentalDecorators, emitDecoratorMetadata };
  return {
    ...Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined)),
    ...(user.useDefineForClassFields === undefined ? {} : { useDefineForClassFields: user.useDefineForClassFields }),
    jsx: react ? ts.JsxEmit.React : jsx,
    module: ts.ModuleKind.CommonJS,
    // A cell without imports and declarations is a module too: strict, so that a mistyped name makes no global.
    moduleDetection: ts.ModuleDetectionKind.Force,
    target: ts.ScriptTarget.ES2022,
    esModuleInterop: false,
    importHelpers: false,
    sourceMap: true,
    removeComments: false,
    newLine: ts.NewLineKind.LineFeed,
  };
}

/** Names of earlier cells come from the scope; an import that was put off until a value is needed is done now. */
function prelude({ earlier, analysis }: EmitRequest): Edit {
  const late = earlier.filter(({ name, statement }) => statement !== undefined && !analysis.typesOnly.has(name));
  const names = earlier.filter((name) => !late.includes(name)).map(({ name }) => name);
  const statements = late.map(({ name, statement }) => `${statement} ${SCOPE}.${name} = ${name};`);
  const imports = names.length === 0 ? [] : [`import { ${names.join(", ")} } from "${SCOPE_MODULE}";`];
  return {
    start: 0,
    end: 0,
    text: [...imports, ...statements, ...hoistedDeclarations(analysis.file, SCOPE)].join(" "),
  };
}

function editsOf(analysis: CellAnalysis): Edit[] {
  const edits: Edit[] = hoistedEdits(analysis.file);
  for (const statement of analysis.file.statements) edits.push(...declarationEdits(statement, analysis));
  const last = lastExpression(analysis.file);
  if (last) edits.push(...around(last, `${SCOPE}.__result = (`, ")"));
  return edits;
}

function declarationEdits(statement: ts.Statement, analysis: CellAnalysis): Edit[] {
  const start = statement.getStart();
  const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
  const find = (kind: ts.SyntaxKind) => modifiers.find((modifier) => modifier.kind === kind);
  const exported = find(ts.SyntaxKind.ExportKeyword);
  const asDefault = find(ts.SyntaxKind.DefaultKeyword);
  if (ts.isExportAssignment(statement)) {
    if (statement.expression === lastExpression(analysis.file)) return [erase(start, statement.expression.getStart())];
    return [erase(start, statement.expression.getStart()), ...around(statement.expression, "void (", ")")];
  }
  if (ts.isExportDeclaration(statement)) return reExport(statement);
  if (ts.isImportDeclaration(statement) || ts.isImportEqualsDeclaration(statement))
    return toScopeAfter(statement, importedHere(statement, analysis));
  if (asDefault && exported) {
    const named = (statement as ts.Statement & { name?: ts.Node }).name;
    return named
      ? [erase(asDefault.getStart(), asDefault.end)]
      : [erase(exported.getStart(), asDefault.end), ...around(statement, "void (", ")")];
  }
  if (ts.isVariableStatement(statement)) {
    if (isUsing(statement)) return [];
    return [...(exported ? [] : [insert(start, "export ")]), ...undefinedInitializers(statement)];
  }
  return !exported && isNamedDeclaration(statement) ? [insert(start, "export ")] : [];
}

function isNamedDeclaration(statement: ts.Statement): boolean {
  return (
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isEnumDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    (ts.isModuleDeclaration(statement) &&
      ts.isIdentifier(statement.name) &&
      (statement.flags & ts.NodeFlags.GlobalAugmentation) === 0)
  );
}

/** `let x;` must forget the value that an earlier cell gave `x`. */
function* undefinedInitializers(statement: ts.VariableStatement): Generator<Edit> {
  if (statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword)) return;
  for (const { name, exclamationToken, type, initializer } of statement.declarationList.declarations)
    if (!initializer && ts.isIdentifier(name)) yield insert((type ?? exclamationToken ?? name).end, " = undefined");
}

/** `export { a } from "m"` is an import of `a` to a notebook; `export { a }` says nothing that is not so already. */
function reExport(statement: ts.ExportDeclaration): Edit[] {
  const { moduleSpecifier, exportClause, isTypeOnly } = statement;
  if (moduleSpecifier && exportClause && !isTypeOnly) return importInstead(statement, exportClause);
  if (!moduleSpecifier && exportClause && ts.isNamedExports(exportClause)) {
    const renamed = exportClause.elements.filter(
      ({ name, propertyName, isTypeOnly: isType }) => propertyName && !isType && name.text !== "default",
    );
    const aliases = renamed.map(({ name, propertyName }) => `${SCOPE}.${name.text} = ${propertyName?.text};`);
    return [{ start: statement.getStart(), end: statement.end, text: aliases.join(" ") }];
  }
  return [];
}

function importInstead(statement: ts.ExportDeclaration, exportClause: ts.NamedExportBindings): Edit[] {
  const keyword = statement.getStart();
  const edits: Edit[] = [{ start: keyword, end: keyword + "export".length, text: "import" }];
  if (ts.isNamespaceExport(exportClause)) return [...edits, ...toScopeAfter(statement, [exportClause.name.text])];
  const names: string[] = [];
  for (const { name, propertyName, isTypeOnly } of exportClause.elements) {
    // A default export has no name that a later cell could use.
    if (name.text === "default") edits.push(insert(name.getStart(), propertyName ? "__" : "default as __"));
    else if (!isTypeOnly) names.push(name.text);
  }
  return [...edits, ...toScopeAfter(statement, names)];
}

/** Values that an import brings; names that the cell uses in types alone are left to TypeScript to drop. */
function importedHere(statement: ts.ImportDeclaration | ts.ImportEqualsDeclaration, analysis: CellAnalysis): string[] {
  const names: string[] = [];
  const add = (name: ts.Identifier, isTypeOnly: boolean): void => {
    if (!isTypeOnly) names.push(name.text);
  };
  if (ts.isImportEqualsDeclaration(statement)) add(statement.name, statement.isTypeOnly);
  else if (statement.importClause) {
    const { name, namedBindings, isTypeOnly } = statement.importClause;
    if (name) add(name, isTypeOnly);
    if (namedBindings && ts.isNamespaceImport(namedBindings)) add(namedBindings.name, isTypeOnly);
    if (namedBindings && ts.isNamedImports(namedBindings))
      for (const element of namedBindings.elements) add(element.name, isTypeOnly || element.isTypeOnly);
  }
  return names.filter((name) => !analysis.typesOnly.has(name));
}

function toScopeAfter(statement: ts.Statement, names: readonly string[]): Edit[] {
  if (names.length === 0) return [];
  const separator = statement.getText().endsWith(";") ? "" : ";";
  return [insert(statement.end, separator + names.map((name) => `${SCOPE}.${name} = ${name};`).join(""))];
}

function around(node: ts.Node, before: string, after: string): Edit[] {
  return [insert(node.getStart(), before), insert(node.end, after)];
}

function insert(at: number, text: string): Edit {
  return { start: at, end: at, text };
}

function erase(start: number, end: number): Edit {
  return { start, end, text: "" };
}

/** Marks `import(x)` before modules become CommonJS, which would turn it into `require`, and answers `import.meta`. */
function keepDynamicImport({ folder }: EmitRequest): ts.TransformerFactory<ts.SourceFile> {
  return (context) => (file) => {
    const { factory } = context;
    const visit = (node: ts.Node): ts.Node => {
      const inner = ts.visitEachChild(node, visit, context);
      if (ts.isCallExpression(inner) && inner.expression.kind === ts.SyntaxKind.ImportKeyword)
        return factory.updateCallExpression(
          inner,
          factory.createIdentifier(DYNAMIC_IMPORT),
          undefined,
          inner.arguments,
        );
      if (ts.isMetaProperty(inner) && inner.keywordToken === ts.SyntaxKind.ImportKeyword) {
        const text = (value: string) => factory.createStringLiteral(value);
        return factory.createObjectLiteralExpression([
          factory.createPropertyAssignment("url", text(pathToFileURL(`${folder}/`).href)),
          factory.createPropertyAssignment("dirname", text(folder)),
        ]);
      }
      return inner;
    };
    return ts.visitEachChild(file, visit, context);
  };
}

const DYNAMIC_IMPORT = "__nibble_import__";

/**
 * After modules became CommonJS: requires of the scope read `__scope`, others are listed, and what makes a module of
 * the scope goes: the mark `__esModule`, and `exports.x = void 0`, which would wipe the value that an earlier cell gave `x`.
 */
function toScope(imports: Set<string>): ts.TransformerFactory<ts.SourceFile> {
  return (context) => (file) => {
    const { factory } = context;
    const visit = (node: ts.Node): ts.Node => {
      if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) {
        if (node.expression.text === DYNAMIC_IMPORT) {
          const keyword = factory.createToken(ts.SyntaxKind.ImportKeyword) as ts.ImportExpression;
          return factory.updateCallExpression(
            node,
            keyword,
            undefined,
            ts.visitNodes(node.arguments, visit) as ts.NodeArray<ts.Expression>,
          );
        }
        const specifier = generatedRequire(node);
        if (specifier === SCOPE_MODULE) return factory.createIdentifier(SCOPE);
        if (specifier !== undefined) imports.add(specifier);
      }
      return ts.visitEachChild(node, visit, context);
    };
    const kept = file.statements.filter((statement) => !isModulePreamble(statement));
    return factory.updateSourceFile(
      file,
      ts.visitNodes(factory.createNodeArray(kept), visit) as ts.NodeArray<ts.Statement>,
    );
  };
}

/** The module of a `require` that TypeScript made of an import statement; the user's own calls stand in the text. */
function generatedRequire(call: ts.CallExpression): string | undefined {
  const [specifier] = call.arguments;
  const generated = call.pos < 0 && (call.expression as ts.Identifier).text === "require";
  return generated && specifier && ts.isStringLiteralLike(specifier) ? specifier.text : undefined;
}

function isModulePreamble(statement: ts.Statement): boolean {
  if (statement.pos >= 0 || !ts.isExpressionStatement(statement)) return false;
  let { expression } = statement;
  if (ts.isCallExpression(expression))
    return expression.arguments.some((a) => ts.isStringLiteral(a) && a.text === "__esModule");
  while (ts.isBinaryExpression(expression) && ts.isPropertyAccessExpression(expression.left))
    expression = expression.right;
  return ts.isVoidExpression(expression);
}

/** Rewrites a source map of the edited text to one of the user's text; places inside insertions are dropped. */
function mapToCell(map: string, name: string, code: string, analysis: CellAnalysis, edited: EditedText): string {
  const { mappings } = JSON.parse(map) as { mappings: string };
  const editedLines = lineStarts(edited.text);
  const lines = lineStarts(code);
  const shift = analysis.objectLiteral ? 1 : 0;
  const toCell = (segment: SourceMapSegment): SourceMapSegment[] => {
    if (segment.length === 1) return [segment];
    const offset = edited.toOriginal((editedLines[segment[2]] ?? 0) + segment[3]);
    if (offset === undefined) return [];
    const { line, column } = lineAndColumn(lines, Math.min(Math.max(offset - shift, 0), code.length));
    return [[segment[0], 0, line, column]];
  };
  const mapped = decode(mappings).map((segments) => segments.flatMap(toCell));
  return JSON.stringify({ version: 3, sources: [name], sourcesContent: [code], names: [], mappings: encode(mapped) });
}
