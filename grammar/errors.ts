import type { IParserErrorMessageProvider, IToken, TokenType } from "chevrotain";
import { EOF, tokenLabel } from "chevrotain";

/** What the parser knew when it could not go on. */
export interface Expectation {
  /** Labels of what could have stood there, at most a dozen. */
  readonly expected: readonly string[];
  /** The text that stood there instead; "end of line" and "end of text" in words. */
  readonly found: string;
  /** The grammar rule that was being read. */
  readonly rule: string;
}

/** How a token reads in a message. */
export function tokenText(token: IToken): string {
  if (token.tokenType === EOF) return "end of text";
  if (token.tokenType.name === "Newline") return "end of line";
  return token.image.length > 40 ? `${token.image.slice(0, 40)}...` : token.image;
}

function firstLabels(paths: readonly (readonly TokenType[])[]): string[] {
  const labels = paths.flatMap((path) => (path[0] === undefined ? [] : [tokenLabel(path[0])]));
  const shown = new Set(labels.filter((label) => label !== "end of line"));
  return shown.has("a number") && shown.has("a string") ? ["a value"] : [...shown];
}

/** Thrown out of the parser when a text holds more mistakes than anyone will read. */
export class TooManyMistakes extends Error {}

export interface CountedMessages extends IParserErrorMessageProvider {
  /** Before each text: mistakes are counted anew. */
  restart(): void;
}

/**
 * Chevrotain wants a string for each mistake. Facts come before words here, so the string is the facts as JSON;
 * `parse.ts` reads them back and the catalog of diagnostics words them. Recovery costs time and stack for each mistake,
 * so past `most` of them the parser stops.
 */
export function countedMessages(most: number): CountedMessages {
  let made = 0;
  const encode = (expected: readonly string[], found: IToken | undefined, rule: string): string => {
    if (++made > most) throw new TooManyMistakes();
    const facts: Expectation = { expected, found: found ? tokenText(found) : "end of text", rule };
    return JSON.stringify(facts);
  };
  return {
    restart() {
      made = 0;
    },
    buildMismatchTokenMessage: ({ expected, actual, ruleName }) =>
      encode([expected === EOF ? "end of line" : tokenLabel(expected)], actual, ruleName),
    buildNotAllInputParsedMessage: ({ firstRedundant, ruleName }) => encode(["a statement"], firstRedundant, ruleName),
    buildNoViableAltMessage: ({ expectedPathsPerAlt, actual, ruleName }) =>
      encode(firstLabels(expectedPathsPerAlt.flat()), actual[0], ruleName),
    buildEarlyExitMessage: ({ expectedIterationPaths, actual, ruleName }) =>
      encode(firstLabels(expectedIterationPaths), actual[0], ruleName),
  };
}
