import ts from "typescript";

/** How a name of a cell may be used by later cells. */
export type NameKind = "let" | "const" | "function" | "class" | "enum" | "namespace" | "type" | "interface" | "import";

/** A name that a cell declares at its top level. */
export interface DeclaredName {
  readonly name: string;
  readonly kind: NameKind;
  /** It is a property of the scope at run time, not a type alone. */
  readonly runtime: boolean;
  /** The cell's own text exports it under this name already. */
  readonly exported: boolean;
  /**
   * Of an import: the statement that brings this name alone. A cell that uses a name in types alone does not load its
   * module; a later cell that uses it as a value does.
   */
  readonly statement?: string;
}

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
  const names = new Map<string, DeclaredName>();
  for (const statement of file.statements) for (const name of declaredNames(statement)) addName(names, name);
  for (const { name, propertyName } of exportedByList(file)) {
    const declared = names.get((propertyName ?? name).text);
    if (declared) names.set(name.text, { ...declared, name: name.text, exported: true });
  }
  const own = new Set([...names.keys(), ...hoistedVariables(file)]);
  return {
    file,
    objectLiteral,
    names,
    mentioned: new Set([...mentions.names].filter((name) => !own.has(name))),
    bound: mentions.bound,
    typesOnly: new Set([...mentions.names].filter((name) => !mentions.values.has(name))),
    modules: mentions.modules,
    errors: [...parseErrors(file), ...mentions.errors],
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

function addName(names: Map<string, DeclaredName>, name: DeclaredName): void {
  const earlier = names.get(name.name);
  // `interface A` beside `const A`: one name that is both; a value decides how it is used.
  const kind = earlier?.runtime && !name.runtime ? earlier.kind : name.kind;
  const merged = { ...name, kind, runtime: name.runtime || earlier?.runtime === true };
  names.set(name.name, { ...merged, exported: name.exported || earlier?.exported === true });
}

function* declaredNames(statement: ts.Statement): Generator<DeclaredName> {
  const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
  const has = (kind: ts.SyntaxKind) => modifiers.some((modifier) => modifier.kind === kind);
  const ambient = has(ts.SyntaxKind.DeclareKeyword);
  const exported = has(ts.SyntaxKind.ExportKeyword) && !has(ts.SyntaxKind.DefaultKeyword);
  const one = (name: ts.Identifier, kind: NameKind, runtime = !ambient): DeclaredName => ({
    name: name.text,
    kind,
    runtime,
    exported,
  });
  if (ts.isVariableStatement(statement)) {
    const kind = (statement.declarationList.flags & ts.NodeFlags.Const) !== 0 ? "const" : "let";
    if (isUsing(statement)) return; // gone at the end of the cell
    for (const { name } of statement.declarationList.declarations)
      for (const identifier of bindingNames(name)) yield one(identifier, kind);
  } else if (ts.isFunctionDeclaration(statement) && statement.name)
    yield one(statement.name, "function", !ambient && statement.body !== undefined);
  else if (ts.isClassDeclaration(statement) && statement.name) yield one(statement.name, "class");
  else if (ts.isEnumDeclaration(statement)) yield one(statement.name, "enum");
  else if (ts.isInterfaceDeclaration(statement)) yield one(statement.name, "interface", false);
  else if (ts.isTypeAliasDeclaration(statement)) yield one(statement.name, "type", false);
  else if (ts.isModuleDeclaration(statement) && ts.isIdentifier(statement.name)) {
    if ((statement.flags & ts.NodeFlags.GlobalAugmentation) === 0) yield one(statement.name, "namespace");
  } else yield* importedNames(statement);
}

function* importedNames(statement: ts.Statement): Generator<DeclaredName> {
  if (ts.isImportEqualsDeclaration(statement))
    yield imported(statement.name.text, !statement.isTypeOnly, statement.getText());
  if (ts.isImportDeclaration(statement) && statement.importClause) {
    const { name, namedBindings, isTypeOnly } = statement.importClause;
    const from = ` from ${statement.moduleSpecifier.getText()};`;
    if (name) yield imported(name.text, !isTypeOnly, `import ${name.text}${from}`);
    if (namedBindings && ts.isNamespaceImport(namedBindings))
      yield imported(namedBindings.name.text, !isTypeOnly, `import ${namedBindings.getText()}${from}`);
    if (namedBindings && ts.isNamedImports(namedBindings))
      for (const element of namedBindings.elements) {
        const loaded = !isTypeOnly && !element.isTypeOnly;
        yield imported(element.name.text, loaded, `import { ${element.getText()} }${from}`);
      }
  }
  if (ts.isExportDeclaration(statement) && statement.moduleSpecifier && statement.exportClause) {
    const { exportClause, isTypeOnly } = statement;
    const names = ts.isNamespaceExport(exportClause) ? [exportClause] : exportClause.elements;
    for (const element of names) {
      const loaded = !isTypeOnly && !(ts.isExportSpecifier(element) && element.isTypeOnly);
      yield { ...imported(element.name.text, loaded), exported: true };
    }
  }
}

function imported(name: string, runtime: boolean, statement?: string): DeclaredName {
  const declared: DeclaredName = { name, kind: "import", runtime, exported: false };
  return runtime && statement !== undefined ? { ...declared, statement } : declared;
}

/** True for an import whose module the cell does not load, because it uses the name in types alone. */
export function isElided({ name, statement }: DeclaredName, { typesOnly }: CellAnalysis): boolean {
  return statement !== undefined && typesOnly.has(name);
}

/** `using` and `await using`: cannot be exported. */
export function isUsing(statement: ts.VariableStatement): boolean {
  const kind = statement.declarationList.flags & ts.NodeFlags.BlockScoped;
  return kind === ts.NodeFlags.Using || kind === ts.NodeFlags.AwaitUsing;
}

/** Identifiers that a declaration binds, inside patterns too. */
export function* bindingNames(name: ts.BindingName): Generator<ts.Identifier> {
  if (ts.isIdentifier(name)) yield name;
  else for (const element of name.elements) if (ts.isBindingElement(element)) yield* bindingNames(element.name);
}

/** `a` and `b as c` of `export { a, b as c }`. */
function* exportedByList(file: ts.SourceFile): Generator<ts.ExportSpecifier & { name: ts.Identifier }> {
  for (const statement of file.statements)
    if (ts.isExportDeclaration(statement) && !statement.moduleSpecifier && statement.exportClause)
      if (ts.isNamedExports(statement.exportClause))
        for (const element of statement.exportClause.elements)
          if (ts.isIdentifier(element.name)) yield element as ts.ExportSpecifier & { name: ts.Identifier };
}

/** `var` inside blocks and loops of the top level: a name of the cell, though not one of the notebook. */
function hoistedVariables(file: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) || ts.isClassLike(node) || ts.isModuleDeclaration(node)) return;
    if (ts.isVariableDeclarationList(node) && (node.flags & ts.NodeFlags.BlockScoped) === 0)
      for (const { name } of node.declarations) for (const identifier of bindingNames(name)) names.add(identifier.text);
    ts.forEachChild(node, visit);
  };
  for (const statement of file.statements) if (!ts.isVariableStatement(statement)) visit(statement);
  return names;
}

/** One walk over a cell that collects what it names. */
class Mentions {
  readonly names = new Set<string>();
  readonly values = new Set<string>();
  readonly bound = new Set<string>();
  readonly modules: string[] = [];
  readonly errors: ts.DiagnosticWithLocation[] = [];
  /** There are JSX elements. */
  elements = false;
  #functions = 0;

  visit(node: ts.Node, inType: boolean): void {
    if (ts.isIdentifier(node)) this.#identifier(node, inType);
    else if (ts.isReturnStatement(node) && this.#functions === 0) this.errors.push(returnOutside(node));
    if (ts.isJsxOpeningLikeElement(node) || ts.isJsxFragment(node)) this.elements = true;
    this.#module(node);
    const isFunction = ts.isFunctionLike(node) || ts.isClassStaticBlockDeclaration(node);
    if (isFunction) this.#functions++;
    const type = (inType || ts.isTypeNode(node)) && !isExtendedClass(node);
    ts.forEachChild(node, (child) => this.visit(child, type));
    if (isFunction) this.#functions--;
  }

  #identifier(node: ts.Identifier, inType: boolean): void {
    const { parent, text } = node;
    if (isMemberName(node)) return;
    if (isDeclarationName(node)) this.bound.add(text);
    else {
      this.names.add(text);
      if (!inType || ts.isTypeQueryNode(parent)) this.values.add(text);
    }
  }

  #module(node: ts.Node): void {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier)
      this.#add(node.moduleSpecifier);
    else if (ts.isExternalModuleReference(node)) this.#add(node.expression);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) this.#add(node.argument.literal);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      this.#add(node.arguments[0]);
  }

  #add(specifier: ts.Node | undefined): void {
    if (specifier && ts.isStringLiteralLike(specifier)) this.modules.push(specifier.text);
  }
}

/** The class that another class extends is a value, although its node counts as a type. */
function isExtendedClass(node: ts.Node): boolean {
  return (
    ts.isExpressionWithTypeArguments(node) &&
    ts.isHeritageClause(node.parent) &&
    node.parent.token === ts.SyntaxKind.ExtendsKeyword &&
    ts.isClassLike(node.parent.parent)
  );
}

/** `b` of `a.b`, `{ b: 1 }`, `class { b }`, `import { b as c }`: not a name of any scope. */
function isMemberName(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node;
  if (ts.isQualifiedName(parent)) return parent.right === node;
  if (ts.isPropertyAssignment(parent) || ts.isEnumMember(parent) || ts.isJsxAttribute(parent))
    return parent.name === node;
  if (ts.isBindingElement(parent) || ts.isImportSpecifier(parent)) return parent.propertyName === node;
  if (ts.isExportSpecifier(parent))
    return (
      parent.parent.parent.moduleSpecifier !== undefined || (parent.propertyName !== undefined && parent.name === node)
    );
  if (ts.isLabeledStatement(parent) || ts.isBreakOrContinueStatement(parent)) return parent.label === node;
  if (ts.isImportTypeNode(parent) || ts.isMetaProperty(parent) || ts.isNamedTupleMember(parent)) return true;
  if (ts.isTypePredicateNode(parent)) return false;
  return (
    (ts.isClassElement(parent) || ts.isTypeElement(parent) || ts.isObjectLiteralElementLike(parent)) &&
    isNameOf(parent, node) &&
    !ts.isShorthandPropertyAssignment(parent)
  );
}

function isNameOf(parent: ts.NamedDeclaration, node: ts.Identifier): boolean {
  return parent.name === node;
}

function isDeclarationName(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isShorthandPropertyAssignment(parent) || ts.isExportSpecifier(parent)) return false;
  return (
    (ts.isVariableDeclaration(parent) ||
      ts.isParameter(parent) ||
      ts.isBindingElement(parent) ||
      ts.isFunctionLike(parent) ||
      ts.isClassLike(parent) ||
      ts.isInterfaceDeclaration(parent) ||
      ts.isTypeAliasDeclaration(parent) ||
      ts.isEnumDeclaration(parent) ||
      ts.isModuleDeclaration(parent) ||
      ts.isTypeParameterDeclaration(parent) ||
      ts.isImportClause(parent) ||
      ts.isImportSpecifier(parent) ||
      ts.isNamespaceImport(parent) ||
      ts.isImportEqualsDeclaration(parent) ||
      ts.isNamespaceExport(parent)) &&
    (parent as ts.NamedDeclaration).name === node
  );
}

function returnOutside(node: ts.ReturnStatement): ts.DiagnosticWithLocation {
  return {
    category: ts.DiagnosticCategory.Error,
    code: 1108,
    messageText: "A 'return' statement can only be used within a function body.",
    file: node.getSourceFile(),
    start: node.getStart(),
    length: "return".length,
  };
}
