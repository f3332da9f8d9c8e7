import type { IToken, TokenType } from "chevrotain";
import * as t from "./tokens.js";

const openers: ReadonlySet<TokenType> = new Set([t.LCurly, t.LParen, t.LSquare]);
const closers: ReadonlySet<TokenType> = new Set([t.RCurly, t.RParen, t.RSquare]);
const keywords: ReadonlySet<TokenType> = new Set([
  ...t.statementKeywords,
  ...t.experimentKeywords,
  ...t.searchKeywords,
]);

/** After these a line cannot be over. */
const continues: ReadonlySet<TokenType> = new Set([
  ...[t.LCurly, t.LParen, t.LSquare, t.Comma, t.Colon, t.Pipe, t.Dot, t.Range],
  ...[t.LessEqual, t.Less, t.GreaterEqual, t.Greater, t.NotEqual, t.Equals, t.And, t.Or, t.Not, t.At],
]);

/** A line that begins with these goes on from the one before. */
const continued: ReadonlySet<TokenType> = new Set([
  ...[t.LCurly, t.RCurly, t.RParen, t.RSquare, t.Comma, t.Pipe, t.Dot, t.Range, t.Equals, t.And, t.Or, t.At],
]);

/** A keyword with one of these behind it is a name: a key, or one of a list. */
const namesOnly: ReadonlySet<TokenType> = new Set([t.Colon, t.Comma, t.RParen, t.RSquare, t.RCurly, t.Newline]);

/**
 * Keeps the line ends that can end a statement, a clause or an entry, one for any number of empty lines. A line end
 * inside `(` or `[`, after an operator or before one does not count; a trailing comma before `)` or `]` is dropped.
 * A line that begins with a keyword ends an unclosed `(` or `[`, so that one missing bracket does not eat the program.
 */
export function significantNewlines(all: readonly IToken[]): IToken[] {
  // The lexer tracks starts alone, which is faster; the parser places nodes by the ends of their tokens.
  for (const token of all) token.endOffset = token.startOffset + token.image.length - 1;
  const kept: IToken[] = [];
  const open: TokenType[] = [];
  for (let i = 0; i < all.length; i++) {
    const token = all[i] as IToken;
    const type = token.tokenType;
    const last = kept.at(-1)?.tokenType;
    if (type === t.Newline) {
      const next = all[i + 1]?.tokenType;
      if (next === undefined || next === t.Newline || last === undefined || last === t.Newline) continue;
      const begins = keywords.has(next) && !namesOnly.has(all[i + 2]?.tokenType ?? t.Newline);
      if (begins) popUnclosed(open);
      const inside = open.at(-1) === t.LParen || open.at(-1) === t.LSquare;
      if (!begins && (inside || continues.has(last) || continued.has(next))) continue;
      kept.push(token);
      continue;
    }
    if (openers.has(type)) open.push(type);
    else if (closers.has(type)) open.pop();
    if ((type === t.RParen || type === t.RSquare) && last === t.Comma) kept.pop();
    kept.push(token);
  }
  return kept;
}

function popUnclosed(open: TokenType[]): void {
  while (open.length > 0 && open.at(-1) !== t.LCurly) open.pop();
}

/** The first bracket nested deeper than `limit`, if there is one. */
export function tooDeep(tokens: readonly IToken[], limit: number): IToken | undefined {
  let depth = 0;
  for (const token of tokens) {
    if (openers.has(token.tokenType)) depth++;
    else if (closers.has(token.tokenType)) depth--;
    if (depth > limit) return token;
  }
  return undefined;
}

/** The bracket that is open just before `offset` and not closed there. */
export function openBracket(tokens: readonly IToken[], offset: number): IToken | undefined {
  const open: IToken[] = [];
  for (const token of tokens) {
    if (token.startOffset >= offset) break;
    if (openers.has(token.tokenType)) open.push(token);
    else if (closers.has(token.tokenType)) open.pop();
  }
  return open.at(-1);
}
