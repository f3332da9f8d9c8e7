import type { TokenType } from "chevrotain";
import * as t from "../../../../grammar/tokens.js";
import { closes, type Element, opens } from "./elements.js";

type Types = readonly (TokenType | undefined)[];

const tight: Types = [t.Dot, t.Range];
const beforeParen: Types = [t.And, t.Or, t.Not, t.At];

/** Blanks between two elements of one line. */
export function spacesBetween(left: Element, right: Element): number {
  if (right.kind === "line-comment") return 2;
  if (left.kind !== "token" || right.kind !== "token") return 1;
  const { type: before } = left;
  const { type: after } = right;
  if (after === t.Comma || after === t.Colon) return 0;
  if (tight.includes(before) || tight.includes(after)) return 0;
  if (before === t.LCurly && after === t.RCurly) return 0;
  if (before === t.LCurly || after === t.RCurly) return 1;
  if (opens(left) || closes(right)) return 0;
  if (after === t.LParen) return isName(left) && !beforeParen.includes(before) ? 0 : 1;
  return 1;
}

const isName = ({ text }: Element) => /^[A-Za-z_$]/.test(text);
