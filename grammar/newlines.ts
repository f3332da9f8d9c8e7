import type { IToken, TokenType } from "chevrotain";
import * as t from "./tokens.js";

/** What a token means for the line ends around it. */
const OPENS = 1;
const CLOSES = 2;
/** After it a line cannot be over. */
const CONTINUES = 4;
/** A line that begins with it goes on from the one before. */
const CONTINUED = 8;
/** Begins a statement or a clause where it stands first in a line. */
const KEYWORD = 16;
/** A keyword with this behind it is a name: a key, or one of a list. */
const AFTER_NAME = 32;

const roles = rolesByType([
  [OPENS, [t.LCurly, t.LParen, t.LSquare]],
  [CLOSES, [t.RCurly, t.RParen, t.RSquare]],
  [CONTINUES, [t.LCurly, t.LParen, t.LSquare, t.Comma, t.Colon, t.Pipe, t.Dot, t.Range, t.And, t.Or, t.Not, t.At]],
  [CONTINUES, [t.LessEqual, t.Less, t.GreaterEqual, t.Greater, t.NotEqual, t.Equals]],
  [CONTINUED, [t.LCurly, t.RCurly, t.RParen, t.RSquare, t.Comma, t.Pipe, t.Dot, t.Range, t.Equals, t.And, t.Or, t.At]],
  [KEYWORD, [...t.statementKeywords, ...t.experimentKeywords, ...t.searchKeywords]],
  [AFTER_NAME, [t.Colon, t.Comma, t.RParen, t.RSquare, t.RCurly, t.Newline]],
]);

function rolesByType(given: readonly (readonly [role: number, types: readonly TokenType[]])[]): Uint8Array {
  const index = (type: TokenType) => type.tokenTypeIdx ?? 0;
  const all = new Uint8Array(1 + Math.max(...t.tokens.map(index)));
  for (const [role, types] of given) for (const type of types) all[index(type)] = (all[index(type)] ?? 0) | role;
  return all;
}

const roleOf = (token: IToken | undefined) => (token === undefined ? 0 : (roles[token.tokenTypeIdx] ?? 0));

export interface Lines {
  readonly tokens: IToken[];
  /** The first bracket nested deeper than the limit, if there is one. */
  readonly tooDeep?: IToken;
}

/**
 * Keeps the line ends that can end a statement, a clause or an entry, one for any number of empty lines. A line end
 * inside `(` or `[`, after an operator or before one does not count; a trailing comma before `)` or `]` is dropped.
 * A line that begins with a keyword ends an unclosed `(` or `[`, so that one missing bracket does not eat the program.
 * @param deepest brackets that may be open at once
 */
export function significantNewlines(all: readonly IToken[], deepest: number): Lines {
  const tokens: IToken[] = [];
  const open: TokenType[] = [];
  let last: IToken | undefined;
  for (let i = 0; i < all.length; i++) {
    const token = all[i] as IToken;
    // The lexer tracks starts alone, which is faster; the parser places nodes by the ends of their tokens.
    token.endOffset = token.startOffset + token.image.length - 1;
    const role = roleOf(token);
    if (token.tokenType === t.Newline) {
      if (last === undefined || last.tokenType === t.Newline || !endsLine(all, i, last, open)) continue;
    } else if (role & OPENS) {
      open.push(token.tokenType);
      if (open.length > deepest) return { tokens, tooDeep: token };
    } else if (role & CLOSES) {
      open.pop();
      if (token.tokenType !== t.RCurly && last?.tokenType === t.Comma) tokens.pop();
    }
    tokens.push(token);
    last = token;
  }
  return { tokens };
}

/** Whether the line end at `all[at]` counts; closes brackets that the next line shows to be forgotten. */
function endsLine(all: readonly IToken[], at: number, last: IToken, open: TokenType[]): boolean {
  const next = all[at + 1];
  if (next === undefined || next.tokenType === t.Newline) return false;
  const after = all[at + 2];
  if (roleOf(next) & KEYWORD && after !== undefined && !(roleOf(after) & AFTER_NAME)) {
    while (open.length > 0 && open.at(-1) !== t.LCurly) open.pop();
    return true;
  }
  const inside = open.at(-1) === t.LParen || open.at(-1) === t.LSquare;
  return !inside && !(roleOf(last) & CONTINUES) && !(roleOf(next) & CONTINUED);
}

/** The bracket that is open just before `offset` and not closed there. */
export function openBracket(tokens: readonly IToken[], offset: number): IToken | undefined {
  const open: IToken[] = [];
  for (const token of tokens) {
    if (token.startOffset >= offset) break;
    if (roleOf(token) & OPENS) open.push(token);
    else if (roleOf(token) & CLOSES) open.pop();
  }
  return open.at(-1);
}
