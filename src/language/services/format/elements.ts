import type { IToken, TokenType } from "chevrotain";
import { lexText, parseText } from "../../../../grammar/parse.js";
import * as t from "../../../../grammar/tokens.js";

/** A token or comment of a program, in order; the layout changes `gap` and nothing else. */
export interface Element {
  readonly text: string;
  readonly kind: "token" | "line-comment" | "block-comment";
  /** Of tokens. */
  readonly type?: TokenType;
  /** What stands before it: nothing or blanks, a line end, an empty line. */
  gap: 0 | 1 | 2;
  /** Whether the grammar sees a line end before it: it begins a statement, a clause or an entry. */
  readonly begins: boolean;
  /** Index of the bracket that belongs to this one. */
  partner?: number;
  /** Of an opening bracket: it opens the body of an experiment or a search. */
  isBody: boolean;
  /** Of an opening bracket: what it holds stands on lines of its own. */
  isBlock: boolean;
}

const opening: readonly (TokenType | undefined)[] = [t.LCurly, t.LParen, t.LSquare];
const closing: readonly (TokenType | undefined)[] = [t.RCurly, t.RParen, t.RSquare];

export const opens = ({ type }: Element) => opening.includes(type);
export const closes = ({ type }: Element) => closing.includes(type);

/** The elements of a program without mistakes, brackets matched, line ends where the canonical layout has them. */
export function elementsOf(text: string): Element[] {
  const elements = scan(text);
  matchBrackets(elements);
  placeBreaks(elements);
  return elements;
}

function scan(text: string): Element[] {
  const { tokens, comments } = lexText(text);
  const begins = beginnings(text);
  const all: readonly IToken[] = [...tokens, ...comments].sort((a, b) => a.startOffset - b.startOffset);
  const elements: Element[] = [];
  let lines = 0;
  for (const token of all) {
    if (token.tokenType === t.Newline) {
      lines++;
      continue;
    }
    const gap = elements.length === 0 ? 0 : (Math.min(lines, 2) as Element["gap"]);
    lines = 0;
    const kind =
      token.tokenType === t.LineComment
        ? "line-comment"
        : token.tokenType === t.BlockComment
          ? "block-comment"
          : "token";
    elements.push({
      text: kind === "line-comment" ? token.image.trimEnd() : token.image.replaceAll("\r\n", "\n"),
      kind,
      ...(kind === "token" ? { type: token.tokenType } : {}),
      gap,
      begins: begins.has(token.startOffset),
      isBody: false,
      isBlock: false,
    });
  }
  return elements;
}

/** Offsets of the tokens that stand behind a line end that counts. */
function beginnings(text: string): ReadonlySet<number> {
  const { tokens } = parseText(text);
  return new Set(
    tokens.flatMap((token, i) => (i === 0 || tokens[i - 1]?.tokenType === t.Newline ? [token.startOffset] : [])),
  );
}

function matchBrackets(elements: readonly Element[]): void {
  const open: number[] = [];
  let statement: TokenType | undefined;
  elements.forEach((element, i) => {
    if (open.length === 0 && element.begins) statement = element.type;
    if (opens(element)) {
      element.isBody = open.length === 0 && (statement === t.Experiment || statement === t.Search);
      open.push(i);
    } else if (closes(element)) {
      const start = open.pop();
      const opener = start === undefined ? undefined : elements[start];
      if (start === undefined || opener === undefined) return;
      opener.partner = i;
      element.partner = start;
    }
  });
}

/**
 * Line ends around brackets: a body's clauses stand on lines of their own; a bracket that is followed by a line end has
 * its partner on a line of its own, another one has it behind its last value. No line end that the grammar sees is
 * made or removed, save around a body's braces, where it means nothing.
 */
function placeBreaks(elements: readonly Element[]): void {
  elements.forEach((element, i) => {
    const { partner } = element;
    const [before, after] = [elements[i - 1], elements[i + 1]];
    if (element.type === t.LCurly && before && before.kind === "token") element.gap = 0;
    if (!opens(element) || partner === undefined || after === undefined) return;
    const closer = elements[partner] as Element;
    let next = i + 1;
    while (elements[next]?.kind !== "token") next++;
    const isEmpty = partner === i + 1;
    element.isBlock = !isEmpty && (element.isBody || elements.slice(i + 1, next + 1).some(({ gap }) => gap > 0));
    if (element.isBlock) {
      const first = elements[i + 1] as Element;
      // A comment behind the brace stays there.
      const start = first.kind === "token" || first.gap > 0 ? first : (elements[i + 2] as Element);
      start.gap = 1;
      if (after.gap === 2) after.gap = 1;
      closer.gap = 1;
    } else if (isEmpty || elements[partner - 1]?.kind !== "line-comment") {
      closer.gap = 0;
    } else closer.gap = 1;
  });
  elements.forEach((element, i) => {
    // What stands behind a line comment is on the next line whatever else is wished.
    if (elements[i - 1]?.kind === "line-comment" && element.gap === 0) element.gap = 1;
  });
}
