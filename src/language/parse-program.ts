import type { IToken } from "chevrotain";
import { type Parsed, parseText, parseValueText, type SyntaxMistake } from "../../grammar/parse.js";
import { experimentKeywords, searchKeywords, statementKeywords } from "../../grammar/tokens.js";
import { byPosition, type Diagnostic, diagnostic } from "../base/diagnostic.js";
import { unknown } from "../base/nearest.js";
import { lineColumn, type SourceFile, type Span } from "../base/span.js";
import type { Name, Program, Value } from "./syntax/ast.js";
import { buildTree, type TreeMistakes } from "./syntax/syntax-visitor.js";

export interface ParsedProgram {
  /** Partial where there are mistakes; empty where nothing could be read. */
  readonly program: Program;
  /** Mistakes of form, sorted by position. */
  readonly diagnostics: readonly Diagnostic[];
  readonly tokens: readonly IToken[];
  readonly comments: readonly IToken[];
}

const images = (types: readonly { readonly PATTERN?: unknown }[]) =>
  types.map(({ PATTERN }) => (PATTERN instanceof RegExp ? PATTERN.source : String(PATTERN)));
const statementNames = images(statementKeywords);
const clauseNames = images(experimentKeywords);
const clauseOnly = new Set(
  [...clauseNames, ...images(searchKeywords)].filter((name) => !statementNames.includes(name)),
);

/** Text -> AST. Reports every mistake of form and never throws, whatever the text. */
export function parseProgram(source: SourceFile): ParsedProgram {
  const parsed = parseText(source.text);
  const { diagnostics, mistakes } = collector(source, parsed);
  const empty: Program = { kind: "program", statements: [], span: { source: source.path, start: 0, end: 0 } };
  const program = parsed.cst ? buildTree<Program>(parsed.cst, source, offsets(parsed), mistakes) : undefined;
  if (program) reportSharedLines(program, source, parsed, diagnostics);
  return {
    program: program ?? empty,
    diagnostics: byPosition(diagnostics),
    tokens: parsed.tokens,
    comments: parsed.comments,
  };
}

/** Reads a text as one value; undefined when it is none. */
export function parseValue(source: SourceFile): Value | undefined {
  const parsed = parseValueText(source.text);
  const { diagnostics, mistakes } = collector(source, parsed);
  const value = parsed.cst && buildTree<Value>(parsed.cst, source, offsets(parsed), mistakes);
  return diagnostics.length === 0 ? value : undefined;
}

const offsets = (parsed: { readonly mistakes: readonly SyntaxMistake[] }) => parsed.mistakes.map(({ start }) => start);

function collector(source: SourceFile, parsed: Pick<Parsed, "mistakes">) {
  const diagnostics: Diagnostic[] = parsed.mistakes.map((mistake) => syntaxDiagnostic(mistake, source));
  const brokenLines = new Set(parsed.mistakes.map(({ start }) => lineStart(source.text, start)));
  const mistakes: TreeMistakes = {
    misplaced: (word, inside) => {
      // What follows a mistake on its line is no second one.
      if (brokenLines.has(lineStart(source.text, word.span.start))) return;
      diagnostics.push(misplaced(word, inside, source));
    },
    badEscape: (sequence, span) => diagnostics.push(diagnostic("unknown-escape", { sequence }, { span })),
    divisionByZero: (span) => diagnostics.push(diagnostic("division-by-zero", {}, { span })),
    notFinite: (text, span) => diagnostics.push(diagnostic("number-not-finite", { text }, { span })),
  };
  return { diagnostics, mistakes };
}

/** Offset of the first character of the line that holds `offset`. */
function lineStart(text: string, offset: number): number {
  let start = offset;
  while (start > 0 && !/[\n\r]/.test(text[start - 1] ?? "")) start--;
  return start;
}

function misplaced(word: Name, inside: "program" | "experiment", source: SourceFile): Diagnostic {
  const { name, span } = word;
  // Blanks, the brace that opens the experiment, and comments may stand before the first word of a line.
  const before = source.text.slice(lineStart(source.text, span.start), span.start).trimEnd();
  if (before !== "" && !before.endsWith("{") && !before.endsWith("*/")) {
    return diagnostic("unexpected-token", { found: name, expected: ["end of line"], rule: "program" }, { span });
  }
  if (inside === "experiment") return diagnostic("unknown-clause", unknown(name, clauseNames), { span });
  if (clauseOnly.has(name)) return diagnostic("clause-outside-experiment", { clause: name }, { span });
  return diagnostic("unknown-statement", unknown(name, statementNames), { span });
}

/** The grammar lets statements follow each other; that each begins a line of its own is checked here. */
function reportSharedLines(program: Program, source: SourceFile, parsed: Pick<Parsed, "mistakes">, out: Diagnostic[]) {
  const broken = offsets(parsed);
  const follows = (nodes: readonly { readonly span: Span }[]) => {
    nodes.forEach(({ span }, i) => {
      const before = nodes[i - 1]?.span;
      if (!before || span.start < before.end) return;
      if (/[\n\r]/.test(source.text.slice(before.end, span.start))) return;
      if (broken.some((offset) => offset >= before.start && offset <= span.start)) return;
      const word = /^\w+/.exec(source.text.slice(span.start))?.[0] ?? "";
      const at = { source: span.source, start: span.start, end: span.start + word.length };
      const facts = { found: word, expected: ["end of line"], rule: "program" };
      out.push(diagnostic("unexpected-token", facts, { span: at }));
    });
  };
  follows(program.statements);
  for (const statement of program.statements) if (statement.kind === "experiment") follows(statement.clauses);
}

function syntaxDiagnostic(mistake: SyntaxMistake, source: SourceFile): Diagnostic {
  const span = { source: source.path, start: mistake.start, end: mistake.end };
  switch (mistake.kind) {
    case "unexpected-character":
      return diagnostic("unexpected-character", { character: mistake.character }, { span });
    case "unexpected-token": {
      const { found, expected, rule } = mistake;
      return diagnostic("unexpected-token", { found, expected, rule }, { span });
    }
    case "unclosed": {
      const { line } = lineColumn(source.text, mistake.opened);
      return diagnostic("unclosed-bracket", { bracket: mistake.bracket, line, found: mistake.found }, { span });
    }
    case "unterminated-string":
      return diagnostic("unterminated-string", {}, { span });
    case "single-quotes":
      return diagnostic("single-quotes", {}, { span });
    case "unterminated-comment":
      return diagnostic("unterminated-comment", {}, { span });
    case "too-deep":
      return diagnostic("program-too-deep", { limit: mistake.limit }, { span });
    case "too-long":
      return diagnostic("program-too-long", { limit: mistake.limit }, { span });
  }
}
