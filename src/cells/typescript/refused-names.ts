import ts from "typescript";
import { bindingNames, type DeclaredName, declaredNames, hoistedVariables } from "./declared-names.js";

/** Names through which a cell reaches its variables, and one that everything takes for granted. */
const OURS = new Set(["exports", "__scope", "__result", "undefined"]);
/** No names in a module, although TypeScript's parser lets them pass. */
const RESERVED = new Set(
  "await yield static let implements interface package private protected public eval arguments".split(" "),
);

/** Errors that anybody reads. */
const MOST = 100;

/** Errors that JavaScript would refuse a module for, and that no longer show once its names are properties of the scope. */
export function refusedNames(file: ts.SourceFile): ts.DiagnosticWithLocation[] {
  const errors: ts.DiagnosticWithLocation[] = [];
  const seen = new Map<string, Manner>();
  for (const { at, name, manner } of declarations(file)) {
    const refuse = (code: number, messageText: string) => errors.push(errorAt(file, at, name, code, messageText));
    if (OURS.has(name)) refuse(2397, `Declaration name conflicts with built-in global identifier '${name}'.`);
    else if (RESERVED.has(name)) refuse(1214, `Identifier expected. '${name}' is a reserved word in strict mode.`);
    const earlier = seen.get(name);
    if (earlier !== undefined && !(TOLERATES[earlier].has(manner) && TOLERATES[manner].has(earlier)))
      refuse(2451, `Cannot redeclare block-scoped variable '${name}'.`);
    seen.set(name, manner);
    if (errors.length === MOST) break;
  }
  return errors;
}

/** How a name is declared, as far as it matters for declaring it twice. */
type Manner = "lexical" | "class" | "var" | "function" | "enum" | "namespace" | "import";

/** What may stand beside a declaration of the same name. */
const TOLERATES: Readonly<Record<Manner, ReadonlySet<Manner>>> = {
  lexical: new Set(),
  import: new Set(),
  class: new Set(["namespace"]),
  var: new Set(["var", "function"]),
  function: new Set(["var", "function", "namespace"]),
  enum: new Set(["enum", "namespace"]),
  namespace: new Set(["namespace", "class", "function", "enum"]),
};

interface Declaration {
  readonly at: number;
  readonly name: string;
  readonly manner: Manner;
}

function* declarations(file: ts.SourceFile): Generator<Declaration> {
  for (const statement of file.statements) {
    if (ts.isVariableStatement(statement)) yield* variables(statement);
    // What a re-export brings is an import to a cell, but to TypeScript no declaration.
    else if (!ts.isExportDeclaration(statement))
      for (const declared of declaredNames(statement)) {
        const manner = mannerOf(declared);
        if (manner && declared.runtime) yield { at: statement.getStart(), name: declared.name, manner };
      }
  }
  for (const { declarations: list } of hoistedVariables(file))
    for (const { name } of list)
      for (const identifier of bindingNames(name))
        yield { at: identifier.getStart(), name: identifier.text, manner: "var" };
}

function* variables({ declarationList, modifiers }: ts.VariableStatement): Generator<Declaration> {
  if (modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword)) return;
  const manner = (declarationList.flags & ts.NodeFlags.BlockScoped) === 0 ? "var" : "lexical";
  for (const { name } of declarationList.declarations)
    for (const identifier of bindingNames(name)) yield { at: identifier.getStart(), name: identifier.text, manner };
}

function mannerOf({ kind }: DeclaredName): Manner | undefined {
  return kind === "type" || kind === "interface" ? undefined : kind === "let" || kind === "const" ? "lexical" : kind;
}

/** The error at the name, which stands at or behind `at`. */
function errorAt(file: ts.SourceFile, at: number, name: string, code: number, messageText: string) {
  const start = Math.max(at, file.text.indexOf(name, at));
  return { category: ts.DiagnosticCategory.Error, code, messageText, file, start, length: name.length };
}
