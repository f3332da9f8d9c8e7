import type { IToken, TokenType } from "chevrotain";
import * as t from "../../../grammar/tokens.js";
import { parseProgram } from "../parse-program.js";

/** Whether a text that is being typed can run; `indent` is for the next line. */
export type TextCompleteness =
  | { readonly status: "complete" | "invalid" }
  | { readonly status: "incomplete"; readonly indent: string };

const opening: readonly TokenType[] = [t.LCurly, t.LParen, t.LSquare];
const closing: readonly TokenType[] = [t.RCurly, t.RParen, t.RSquare];
/** After these a line goes on. */
const joining: readonly TokenType[] = [t.Comma, t.Colon, t.Pipe, t.Dot, t.Range, t.And, t.Or, t.Not, t.At];

/**
 * A text is incomplete while a bracket, a string or a block comment is open, or its last line ends with an operator;
 * an empty last line after an operator ends the waiting.
 */
export function isComplete(text: string): TextCompleteness {
  const { tokens, comments, diagnostics } = parseProgram({ path: "<cell>", text });
  const depth = openBrackets(tokens);
  const indent = "  ".repeat(Math.max(0, depth));
  const last = tokens.findLast(({ tokenType }) => tokenType !== t.Newline);
  const isOpen =
    depth > 0 ||
    comments.some(({ tokenType }) => tokenType === t.OpenComment) ||
    (last?.tokenType === t.OpenString && !/[\n\r]/.test(text.slice(last.startOffset)));
  if (isOpen) return { status: "incomplete", indent };
  if (last && continues(last) && !/\n[ \t]*$/.test(text)) return { status: "incomplete", indent: "  " };
  return { status: diagnostics.length > 0 ? "invalid" : "complete" };
}

const continues = ({ tokenType }: IToken) =>
  joining.includes(tokenType) || tokenType === t.Equals || tokenType.CATEGORIES?.includes(t.Comparator) === true;

/** Brackets that are open at the end; a closing one too many counts for nothing. */
function openBrackets(tokens: readonly IToken[]): number {
  let depth = 0;
  for (const { tokenType } of tokens) {
    if (opening.includes(tokenType)) depth++;
    else if (closing.includes(tokenType)) depth = Math.max(0, depth - 1);
  }
  return depth;
}
