import ts from "typescript";
import type { Completion, CompletionItem } from "../interpreter.js";
import type { NameKind } from "./analyze.js";
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
  const found = (info?.entries ?? []).filter(isOffered).map((entry) => toFound(entry, cell, word));
  if (info && offersNames(info)) found.push(...otherNames(notebook, found, word));
  const start = Math.min(word.start, ...found.map((item) => item.start));
  const end = Math.max(word.end, ...found.map((item) => item.end));
  const matching = found
    .map((item) => ({ ...item, text: code.slice(start, item.start) + item.text + code.slice(item.end, end) }))
    .filter(({ text }) => startsAlike(text, code.slice(start, cursor)))
    .sort((a, b) => compare(a.sort, b.sort) || compare(a.text, b.text));
  return { start, end, items: withSignatures(matching, cell, cursor) };
}

/** The identifier around a cursor; empty where there is none. */
export function wordAt(code: string, cursor: number): { start: number; end: number } {
  const before = /[\p{ID_Continue}$\u200c\u200d#]*$/u.exec(code.slice(0, cursor))?.[0].length ?? 0;
  const behind = /^[\p{ID_Continue}$\u200c\u200d]*/u.exec(code.slice(cursor))?.[0].length ?? 0;
  return { start: cursor - before, end: cursor + behind };
}

function isOffered({ kind, name }: ts.CompletionEntry): boolean {
  return kind !== ts.ScriptElementKind.warning && name !== "__scope";
}

function toFound(entry: ts.CompletionEntry, cell: CellFile, word: { start: number; end: number }): Found {
  const span = entry.replacementSpan;
  const start = span ? span.start - cell.start : word.start;
  return {
    text: entry.insertText ?? entry.name,
    sort: entry.sortText,
    type: TYPES[entry.kind] ?? "text",
    start: Math.max(start, 0),
    end: span ? Math.max(start, 0) + span.length : word.end,
    ...(entry.symbol ? { symbol: entry.symbol } : {}),
  };
}

/** True where any name in scope may stand: not behind a dot, not in a string. */
function offersNames(info: ts.CompletionInfo): boolean {
  return !info.isMemberCompletion && info.entries.some(({ kind }) => kind === ts.ScriptElementKind.keyword);
}

/** Names of earlier cells that the cell does not mention yet, and which its program therefore does not know. */
function otherNames(notebook: Notebook, known: readonly Found[], word: { start: number; end: number }): Found[] {
  const texts = new Set(known.map(({ text }) => text));
  return [...notebook.committed.names()]
    .filter(({ name }) => !texts.has(name))
    .map(({ name, kind }) => ({ text: name, sort: AS_LOCAL, type: NAME_TYPES[kind], ...word }));
}

function startsAlike(text: string, typed: string): boolean {
  return text.slice(0, typed.length).toLowerCase() === typed.toLowerCase();
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function withSignatures(found: readonly Found[], cell: CellFile, cursor: number): CompletionItem[] {
  const program = cell.program.service.getProgram();
  const file = program?.getSourceFile(cell.name);
  const checker = program?.getTypeChecker();
  const items = found.map(({ text, type, symbol }, index): CompletionItem => {
    if (!symbol || !file || !checker || index >= WITH_SIGNATURE) return { text, type };
    const signature = signatureOf(symbol, checker, nodeBefore(file, cell.start + cursor));
    return signature === undefined ? { text, type } : { text, type, signature };
  });
  // An overloaded name, or one that is both type and value, comes once.
  return items.filter(({ text }, index) => items.findIndex((other) => other.text === text) === index || index > 2000);
}

function signatureOf(symbol: ts.Symbol, checker: ts.TypeChecker, at: ts.Node): string | undefined {
  const target = (symbol.flags & ts.SymbolFlags.Alias) !== 0 ? checker.getAliasedSymbol(symbol) : symbol;
  if ((target.flags & (ts.SymbolFlags.Value | ts.SymbolFlags.Function)) === 0) return undefined;
  const type = checker.getTypeOfSymbolAtLocation(target, at);
  const [first] = type.getCallSignatures();
  const arrow = ts.TypeFormatFlags.WriteArrowStyleSignature;
  const text = first ? checker.signatureToString(first, undefined, arrow) : checker.typeToString(type);
  const plain = plainTypes(text);
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

const TYPES: Partial<Record<ts.ScriptElementKind, string>> = {
  [ts.ScriptElementKind.keyword]: "keyword",
  [ts.ScriptElementKind.scriptElement]: "file",
  [ts.ScriptElementKind.moduleElement]: "module",
  [ts.ScriptElementKind.externalModuleName]: "module",
  [ts.ScriptElementKind.classElement]: "class",
  [ts.ScriptElementKind.localClassElement]: "class",
  [ts.ScriptElementKind.interfaceElement]: "interface",
  [ts.ScriptElementKind.typeElement]: "interface",
  [ts.ScriptElementKind.primitiveType]: "keyword",
  [ts.ScriptElementKind.enumElement]: "enum",
  [ts.ScriptElementKind.enumMemberElement]: "constant",
  [ts.ScriptElementKind.variableElement]: "variable",
  [ts.ScriptElementKind.letElement]: "variable",
  [ts.ScriptElementKind.constElement]: "variable",
  [ts.ScriptElementKind.localVariableElement]: "variable",
  [ts.ScriptElementKind.functionElement]: "function",
  [ts.ScriptElementKind.localFunctionElement]: "function",
  [ts.ScriptElementKind.memberFunctionElement]: "method",
  [ts.ScriptElementKind.memberGetAccessorElement]: "property",
  [ts.ScriptElementKind.memberSetAccessorElement]: "property",
  [ts.ScriptElementKind.memberVariableElement]: "property",
  [ts.ScriptElementKind.parameterElement]: "variable",
  [ts.ScriptElementKind.typeParameterElement]: "typeParameter",
  [ts.ScriptElementKind.alias]: "module",
  [ts.ScriptElementKind.directory]: "folder",
  [ts.ScriptElementKind.label]: "text",
  [ts.ScriptElementKind.string]: "constant",
};
