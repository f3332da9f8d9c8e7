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

/** The names that a file declares at its top level, and by `var` anywhere outside of functions. */
export function namesOf(file: ts.SourceFile): Map<string, DeclaredName> {
  const names = new Map<string, DeclaredName>();
  for (const name of hoistedNames(file)) names.set(name, { name, kind: "let", runtime: true, exported: false });
  for (const statement of file.statements) for (const name of declaredNames(statement)) addName(names, name);
  for (const { name, propertyName } of exportedByList(file)) {
    const declared = names.get((propertyName ?? name).text);
    // A default export has no name that a later cell could use.
    if (declared && name.text !== "default") names.set(name.text, { ...declared, name: name.text, exported: true });
  }
  return names;
}

/** Names of `hoistedVariables`. */
export function hoistedNames(file: ts.SourceFile): string[] {
  return hoistedVariables(file).flatMap(({ declarations }) =>
    declarations.flatMap(({ name }) => [...bindingNames(name)].map(({ text }) => text)),
  );
}

function addName(names: Map<string, DeclaredName>, name: DeclaredName): void {
  const earlier = names.get(name.name);
  // `interface A` beside `const A`: one name that is both; a value decides how it is used.
  const kind = earlier?.runtime && !name.runtime ? earlier.kind : name.kind;
  const merged = { ...name, kind, runtime: name.runtime || earlier?.runtime === true };
  names.set(name.name, { ...merged, exported: name.exported || earlier?.exported === true });
}

/** Names that a statement declares, one for each declaration. */
export function* declaredNames(statement: ts.Statement): Generator<DeclaredName> {
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

/** Every `var` inside blocks and loops of the top level: it declares a name of the whole cell. */
export function hoistedVariables(file: ts.SourceFile): ts.VariableDeclarationList[] {
  const found: ts.VariableDeclarationList[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) || ts.isClassLike(node) || ts.isModuleDeclaration(node)) return;
    if (ts.isVariableDeclarationList(node) && (node.flags & ts.NodeFlags.BlockScoped) === 0) found.push(node);
    ts.forEachChild(node, visit);
  };
  for (const statement of file.statements) if (!ts.isVariableStatement(statement)) visit(statement);
  return found;
}
