import ts from "typescript";

/** One walk over a cell that collects what it names. */
export class Mentions {
  readonly names = new Set<string>();
  readonly values = new Set<string>();
  readonly bound = new Set<string>();
  readonly modules: string[] = [];
  readonly errors: ts.DiagnosticWithLocation[] = [];
  /** There are JSX elements. */
  elements = false;
  #functions = 0;

  /** @param inType what stands around the node is a type */
  visit(node: ts.Node, inType: boolean): void {
    if (ts.isIdentifier(node)) this.#identifier(node, inType);
    else if (ts.isReturnStatement(node) && this.#functions === 0) this.errors.push(returnOutside(node));
    if (ts.isJsxOpeningLikeElement(node) || ts.isJsxFragment(node)) this.elements = true;
    // Only the notebook's own declarations say what it holds.
    if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword) this.names.add("import.meta");
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
