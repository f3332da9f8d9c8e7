import type { IToken } from "chevrotain";
import { parseText } from "../../../grammar/parse.js";
import * as t from "../../../grammar/tokens.js";

/** What the experiment around an offset names, as far as its text can be read. */
export interface Surroundings {
  readonly model?: string;
  readonly data?: string;
  /** Names of the schemes that it tries, in order. */
  readonly tried: readonly string[];
}

/** Reads tokens alone, before and behind the cursor: a clause that is broken hides no other. */
export function experimentAround(text: string, offset: number): Surroundings {
  const { tokens } = parseText(text);
  const start = tokens.findLastIndex(
    (token, i) => token.startOffset < offset && token.tokenType === t.Experiment && beginsLine(tokens, i),
  );
  if (start < 0) return { tried: [] };
  const next = tokens.findIndex((token, i) => i > start && token.tokenType === t.Experiment && beginsLine(tokens, i));
  const body = tokens.slice(start + 3, next < 0 ? undefined : next);
  const model = nameAfter(body, t.Model);
  const data = nameAfter(body, t.Data);
  return {
    ...(model === undefined ? {} : { model }),
    ...(data === undefined ? {} : { data }),
    tried: triedIn(body),
  };
}

const beginsLine = (tokens: readonly IToken[], at: number) => {
  const before = tokens[at - 1];
  return before === undefined || before.tokenType === t.Newline || before.tokenType === t.RCurly;
};

function nameAfter(tokens: readonly IToken[], keyword: unknown): string | undefined {
  const at = tokens.findIndex((token, i) => token.tokenType === keyword && (i === 0 || beginsLine(tokens, i)));
  const name = at < 0 ? undefined : tokens[at + 1];
  return name && name.tokenType !== t.Newline ? name.image : undefined;
}

function triedIn(tokens: readonly IToken[]): readonly string[] {
  const names: string[] = [];
  let depth = 0;
  let isTry = false;
  for (const [i, token] of tokens.entries()) {
    if (token.tokenType === t.LCurly || token.tokenType === t.LParen) depth++;
    else if (token.tokenType === t.RCurly || token.tokenType === t.RParen) depth--;
    else if (depth === 0 && token.tokenType === t.Newline) isTry = false;
    else if (depth === 0 && token.tokenType === t.Try) isTry = true;
    else if (isTry && depth === 0 && /^[A-Za-z_]\w*$/.test(token.image) && tokens[i - 1]?.tokenType !== t.Dot) {
      names.push(token.image);
    }
  }
  return [...new Set(names)];
}
