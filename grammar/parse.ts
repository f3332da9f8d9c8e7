import { type CstNode, type IRecognitionException, type IToken, Lexer, type TokenType } from "chevrotain";
import type { ProgramCstNode } from "./cst.js";
import { countedMessages, type Expectation, TooManyMistakes, tokenText } from "./errors.js";
import { openBracket, significantNewlines } from "./newlines.js";
import { NibbleParser } from "./parser.js";
import * as t from "./tokens.js";

/** Bounds on a text, so that a hostile one costs little. */
export const limits = { characters: 1_000_000, depth: 64, mistakes: 100 } as const;

/** What is wrong with the form of a text, at UTF-16 offsets [start, end). */
export type SyntaxMistake = { readonly start: number; readonly end: number } & (
  | { readonly kind: "unexpected-character"; readonly character: string }
  | ({ readonly kind: "unexpected-token" } & Expectation)
  | { readonly kind: "unclosed"; readonly bracket: string; readonly opened: number; readonly found: string }
  | { readonly kind: "unterminated-string" }
  | { readonly kind: "single-quotes" }
  | { readonly kind: "unterminated-comment" }
  | { readonly kind: "too-deep"; readonly limit: number }
  | { readonly kind: "too-long"; readonly limit: number }
);

export interface Parsed {
  /** Absent when the text is too long, nested too deep, or so full of mistakes that it was not read to its end. */
  readonly cst?: ProgramCstNode;
  readonly tokens: readonly IToken[];
  readonly comments: readonly IToken[];
  readonly mistakes: readonly SyntaxMistake[];
}

const lexer = new Lexer(t.tokens, { positionTracking: "onlyOffset", ensureOptimizations: true });
const messages = countedMessages(limits.mistakes);
const parser = new NibbleParser({ messages });

/** Base of visitors over the trees that this module returns. */
export const BaseCstVisitor = parser.getBaseCstVisitorConstructor();

function endOf(token: IToken): number {
  return token.startOffset + token.image.length;
}

/** Reads a whole program. Never throws, whatever the text; the tree is partial where there are mistakes. */
export function parseText(text: string): Parsed {
  return read(text, () => parser.program() as ProgramCstNode);
}

/** Reads one value, the right side of a `param`; for parameters that arrive as text. */
export function parseValueText(text: string): Omit<Parsed, "cst"> & { readonly cst?: CstNode } {
  return read(text, () => parser.value());
}

/** Every token as it is written, line ends and trailing commas too, and the comments; what a formatter keeps. */
export function lexText(text: string): { readonly tokens: readonly IToken[]; readonly comments: readonly IToken[] } {
  const { tokens: all, groups } = lexer.tokenize(text);
  return { tokens: all, comments: groups.comments ?? [] };
}

function read<Tree>(text: string, rule: () => Tree): Omit<Parsed, "cst"> & { readonly cst?: Tree } {
  if (text.length > limits.characters) return refused({ kind: "too-long", limit: limits.characters, start: 0, end: 0 });
  const { tokens: all, groups, errors } = lexer.tokenize(text);
  const { tokens, tooDeep: deep } = significantNewlines(all, limits.depth);
  if (deep) {
    return refused({ kind: "too-deep", limit: limits.depth, start: deep.startOffset, end: endOf(deep) });
  }
  const comments = groups.comments ?? [];
  parser.input = tokens;
  messages.restart();
  const cst = stopping(rule);
  const mistakes = [
    ...errors.map((e) => unexpectedCharacter(text, e.offset)),
    ...tokens.filter(isMisspelt).map(spellingMistake),
    ...comments.filter(({ tokenType }) => tokenType === t.OpenComment).map(openComment),
    ...parser.errors.map((e) => unexpectedToken(e, tokens, text)),
  ];
  parser.input = [];
  mistakes.sort((a, b) => a.start - b.start);
  const found = { tokens, comments, mistakes: mistakes.slice(0, limits.mistakes) };
  return cst === undefined ? found : { cst, ...found };
}

/** The tree, or nothing where the parser stopped for too many mistakes. */
function stopping<Tree>(rule: () => Tree): Tree | undefined {
  try {
    return rule();
  } catch (error) {
    if (error instanceof TooManyMistakes) return undefined;
    throw error;
  }
}

function refused(mistake: SyntaxMistake) {
  return { tokens: [], comments: [], mistakes: [mistake] };
}

function unexpectedCharacter(text: string, start: number): SyntaxMistake {
  const character = String.fromCodePoint(text.codePointAt(start) ?? 0);
  return { kind: "unexpected-character", character, start, end: start + character.length };
}

const isMisspelt = ({ tokenType }: IToken) => tokenType === t.OpenString || tokenType === t.SingleQuoted;

function spellingMistake(token: IToken): SyntaxMistake {
  const kind = token.tokenType === t.OpenString ? "unterminated-string" : "single-quotes";
  return { kind, start: token.startOffset, end: endOf(token) };
}

function openComment(token: IToken): SyntaxMistake {
  return { kind: "unterminated-comment", start: token.startOffset, end: token.startOffset + 2 };
}

const closing: ReadonlyMap<string, TokenType> = new Map([
  ['"}"', t.LCurly],
  ['")"', t.LParen],
  ['"]"', t.LSquare],
]);

/** Where the text ends, a mistake points at its last character; at a line end, just behind the line. */
function unexpectedToken(error: IRecognitionException, tokens: readonly IToken[], text: string): SyntaxMistake {
  const facts = JSON.parse(error.message) as Expectation;
  const token = error.token;
  const atEnd = !Number.isFinite(token.startOffset);
  const last = tokens.at(-1);
  const start = atEnd ? (last ? endOf(last) : text.length) : token.startOffset;
  const at = { start, end: atEnd || token.tokenType === t.Newline ? start : endOf(token) };
  const [only, ...others] = facts.expected;
  const opener = only === undefined || others.length > 0 ? undefined : closing.get(only);
  const opened = opener && openBracket(tokens, start);
  if (opener && opened?.tokenType === opener) {
    const bracket = opened.image;
    return { kind: "unclosed", bracket, opened: opened.startOffset, found: tokenText(token), ...at };
  }
  const { previousToken: before } = error as { previousToken?: IToken };
  const behind = before && Number.isFinite(before.startOffset) && !atEnd ? endOf(before) : start;
  // A line end that the grammar never saw (before a closing brace) is still where the reader looks.
  if (before?.tokenType !== t.Newline && /[\n\r]/.test(text.slice(behind, start))) {
    return { kind: "unexpected-token", ...facts, found: "end of line", start: behind, end: behind };
  }
  return { kind: "unexpected-token", ...facts, ...at };
}
