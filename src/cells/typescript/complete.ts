import ts from "typescript";
import type { Completion, CompletionItem } from "../interpreter.js";
import type { NameKind } from "./declared-names.js";
import { plainTypes } from "./diagnostics.js";
import type { CellFile, Notebook } from "./notebook.js";

/** How many items show their signature: those that a frontend shows without scrolling. */
const WITH_SIGNATURE = 12;
const LONGEST_SIGNATURE = 160;
/** TypeScript's order: locals of the file stand before globals. */
const AS_LOCAL = "11";

interface Found {
  readonly text: string;
  readonly sort: string;
  readonly type: string;
  readonly start: number;
  readonly end: number;
  /** It goes on from what was typed. */
  readonly matches: boolean;
  readonly symbol?: ts.Symbol;
}

/** Completions at a cursor, best first; only those that go on from what stands before the cursor. */
export function complete(notebook: Notebook, code: string, cursor: number): Completion {
  const word = wordAt(code, cursor);
  const none = { ...word, items: [] };
  // A number is not the beginning of a name.
  if (/^\d/u.test(code.slice(word.start, cursor))) return none;
  const cell = notebook.openForEditing(code);
  const info = cell.program.service.getCompletionsAtPosition(cell.name, cell.start + cursor, {
    includeSymbol: true,
    includeCompletionsWithInsertText: true,
    includeAutomaticOptionalChainCompletions: true,
  });
  const found = (info?.entries ?? []).filter(isOffered).map((entry) => toFound(entry, cell, code, cursor));
  if (info && offersNames(info)) found.push(...otherNames(notebook, found, code, cursor));
  if (info === undefined || found.length === 0) found.push(...ownPackages(cell, cursor));
  const matching = found.filter(({ matches }) => matches);
  const start = Math.min(word.start, ...matching.map((item) => item.start));
  const end = Math.max(word.end, ...matching.map((item) => item.end));
  const whole = matching
    .map((item) => ({ ...item, text: code.slice(start, item.start) + item.text + code.slice(item.end, end) }))
    .sort((a, b) => compare(a.sort, b.sort) || compare(a.text, b.text));
  return { start, end, items: toItems(withoutRepeats(whole), notebook, cell, cursor) };
}

/** The identifier around a cursor; empty where there is none. */
export function wordAt(code: string, cursor: number): { start: number; end: number } {
  const before = /(?:[\p{ID_Continue}$#])*$/u.exec(code.slice(0, cursor))?.[0].length ?? 0;
  const behind = /^(?:[\p{ID_Continue}$])*/u.exec(code.slice(cursor))?.[0].length ?? 0;
  return { start: cursor - before, end: cursor + behind };
}

/** `a[Symbol.iterator]` is written by nobody who types `a.`. */
function isOffered({ kind, name, insertText }: ts.CompletionEntry): boolean {
  return kind !== ts.ScriptElementKind.warning && name !== "__scope" && !insertText?.startsWith("[");
}

function toFound(entry: ts.CompletionEntry, cell: CellFile, code: string, cursor: number): Found {
  const word = wordAt(code, cursor);
  const { replacementSpan: span, insertText } = entry;
  const start = span ? Math.max(span.start - cell.start, 0) : word.start;
  // `?.name` replaces the dot as well; what was typed of the name is the word.
  const typed = code.slice(insertText === undefined ? start : word.start, cursor);
  return {
    text: insertText ?? entry.name,
    sort: entry.sortText,
    type: TYPES.get(entry.kind) ?? "text",
    start,
    end: span ? start + span.length : word.end,
    matches: startsAlike(entry.name, typed),
    ...(entry.symbol ? { symbol: entry.symbol } : {}),
  };
}

/** True where any name in scope may stand: not behind a dot, not in a string. */
function offersNames(info: ts.CompletionInfo): boolean {
  return !info.isMemberCompletion && info.entries.some(({ kind }) => kind === ts.ScriptElementKind.keyword);
}

/** Names of earlier cells that the cell does not mention yet, and which its program therefore does not know. */
function otherNames(notebook: Notebook, known: readonly Found[], code: string, cursor: number): Found[] {
  const texts = new Set(known.map(({ text }) => text));
  const word = wordAt(code, cursor);
  const typed = code.slice(word.start, cursor);
  return [...notebook.committed.names()]
    .filter(({ name }) => !texts.has(name))
    .map(({ name, kind }) => {
      return { text: name, sort: AS_LOCAL, type: NAME_TYPES[kind], ...word, matches: startsAlike(name, typed) };
    });
}

/** Packages that every notebook can import, whatever is installed beside it. */
const OWN_PACKAGES = ["@tensorflow/tfjs", "danfojs-node", "nibble-quant", "tslab"];

/** Offered inside the module name of an import, where nothing else fits. */
function ownPackages(cell: CellFile, cursor: number): Found[] {
  const file = cell.program.service.getProgram()?.getSourceFile(cell.name);
  const node = file && nodeBefore(file, cell.start + cursor);
  if (!node || !ts.isStringLiteral(node) || !(ts.isImportDeclaration(node.parent) || ts.isCallExpression(node.parent)))
    return [];
  const start = node.getStart() + 1 - cell.start;
  const closed = node.getText().length > 1 && /["']$/u.test(node.getText());
  const end = Math.max(node.end - (closed ? 1 : 0) - cell.start, cursor);
  const typed = node.text.slice(0, cursor - start);
  const isImport = ts.isImportDeclaration(node.parent) || node.parent.getText().startsWith("import");
  return OWN_PACKAGES.map((text) => {
    return { text, sort: text, type: "module", start, end, matches: isImport && startsAlike(text, typed) };
  });
}

function startsAlike(text: string, typed: string): boolean {
  return text.slice(0, typed.length).toLowerCase() === typed.toLowerCase();
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** An overloaded name, or one that is both type and value, comes once. */
function withoutRepeats(found: readonly Found[]): Found[] {
  return [...new Map([...found].reverse().map((item) => [item.text, item])).values()].reverse();
}

function toItems(found: readonly Found[], notebook: Notebook, cell: CellFile, cursor: number): CompletionItem[] {
  const program = cell.program.service.getProgram();
  const file = program?.getSourceFile(cell.name);
  const checker = program?.getTypeChecker();
  if (!file || !checker) return found.map(({ text, type }) => ({ text, type }));
  const at = nodeBefore(file, cell.start + cursor);
  return found.map(({ text, type, symbol }, index): CompletionItem => {
    if (!symbol) return { text, type };
    const target = (symbol.flags & ts.SymbolFlags.Alias) !== 0 ? checker.getAliasedSymbol(symbol) : symbol;
    const earlier = target === symbol ? undefined : notebook.committed.get(text);
    const known = earlier && earlier.kind !== "import" ? NAME_TYPES[earlier.kind] : undefined;
    const shown = known ?? (target === symbol ? type : typeOfSymbol(target));
    const signature = index < WITH_SIGNATURE ? signatureOf(target, checker, at) : undefined;
    return { text, type: shown, ...(signature === undefined ? {} : { signature }) };
  });
}

function typeOfSymbol({ flags }: ts.Symbol): string {
  if ((flags & ts.SymbolFlags.Function) !== 0) return "function";
  if ((flags & ts.SymbolFlags.Class) !== 0) return "class";
  if ((flags & ts.SymbolFlags.Enum) !== 0) return "enum";
  if ((flags & ts.SymbolFlags.Variable) !== 0) return "variable";
  return (flags & ts.SymbolFlags.Type) !== 0 ? "interface" : "module";
}

function signatureOf(symbol: ts.Symbol, checker: ts.TypeChecker, at: ts.Node): string | undefined {
  if ((symbol.flags & ts.SymbolFlags.Value) === 0) return undefined;
  const type = checker.getTypeOfSymbolAtLocation(symbol, at);
  const [first] = type.getCallSignatures();
  const arrow = ts.TypeFormatFlags.WriteArrowStyleSignature;
  const plain = plainTypes(first ? checker.signatureToString(first, undefined, arrow) : checker.typeToString(type));
  if (plain.startsWith("typeof ")) return undefined;
  return plain.length > LONGEST_SIGNATURE ? `${plain.slice(0, LONGEST_SIGNATURE)}…` : plain;
}

/** The innermost node that holds a position. */
export function nodeBefore(file: ts.SourceFile, position: number): ts.Node {
  let node: ts.Node = file;
  for (;;) {
    const inner: ts.Node | undefined = ts.forEachChild(node, (child) =>
      child.pos <= position && position <= child.end ? child : undefined,
    );
    if (!inner) return node;
    node = inner;
  }
}

/** Words of the Language Server Protocol, which frontends have icons for. */
const NAME_TYPES: Record<NameKind, string> = {
  let: "variable",
  const: "variable",
  function: "function",
  class: "class",
  enum: "enum",
  namespace: "module",
  type: "interface",
  interface: "interface",
  import: "module",
};

const TYPES = new Map<ts.ScriptElementKind, string>([
  [ts.ScriptElementKind.keyword, "keyword"],
  [ts.ScriptElementKind.scriptElement, "file"],
  [ts.ScriptElementKind.moduleElement, "module"],
  [ts.ScriptElementKind.externalModuleName, "module"],
  [ts.ScriptElementKind.classElement, "class"],
  [ts.ScriptElementKind.localClassElement, "class"],
  [ts.ScriptElementKind.interfaceElement, "interface"],
  [ts.ScriptElementKind.typeElement, "interface"],
  [ts.ScriptElementKind.primitiveType, "keyword"],
  [ts.ScriptElementKind.enumElement, "enum"],
  [ts.ScriptElementKind.enumMemberElement, "constant"],
  [ts.ScriptElementKind.variableElement, "variable"],
  [ts.ScriptElementKind.letElement, "variable"],
  [ts.ScriptElementKind.constElement, "variable"],
  [ts.ScriptElementKind.localVariableElement, "variable"],
  [ts.ScriptElementKind.functionElement, "function"],
  [ts.ScriptElementKind.localFunctionElement, "function"],
  [ts.ScriptElementKind.memberFunctionElement, "method"],
  [ts.ScriptElementKind.memberGetAccessorElement, "property"],
  [ts.ScriptElementKind.memberSetAccessorElement, "property"],
  [ts.ScriptElementKind.memberVariableElement, "property"],
  [ts.ScriptElementKind.parameterElement, "variable"],
  [ts.ScriptElementKind.typeParameterElement, "typeParameter"],
  [ts.ScriptElementKind.alias, "module"],
  [ts.ScriptElementKind.directory, "folder"],
  [ts.ScriptElementKind.label, "text"],
  [ts.ScriptElementKind.string, "constant"],
]);
