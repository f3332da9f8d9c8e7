import { alternatives, nearestOr, type UnknownFacts } from "./unknown.js";
import type { WordingOf } from "./wording.js";

/** Syntax: the text is not of the language's form. */
export interface SyntaxFacts {
  "unexpected-character": { readonly character: string };
  /** `expected` are labels: `"="`, `a name`, `a value`. `rule` is the grammar rule that was being read. */
  "unexpected-token": { readonly found: string; readonly expected: readonly string[]; readonly rule: string };
  "unclosed-bracket": { readonly bracket: string; readonly line: number; readonly found: string };
  "unterminated-string": Record<never, never>;
  "single-quotes": Record<never, never>;
  "unterminated-comment": Record<never, never>;
  "unknown-escape": { readonly sequence: string };
  "program-too-deep": { readonly limit: number };
  "program-too-long": { readonly limit: number };
  "division-by-zero": Record<never, never>;
  "number-not-finite": { readonly text: string };
  "unknown-statement": UnknownFacts;
  "unknown-clause": UnknownFacts;
  "clause-outside-experiment": { readonly clause: string };
  /** Part of the language, not yet of this version. */
  "statement-not-available": { readonly statement: string };
}

const quoted = (found: string) => (/^(end of |")/.test(found) ? found : `"${found}"`);

const characterHints: Readonly<Record<string, string>> = {
  ";": "statements end at the end of the line; remove it",
  "#": "comments begin with //",
  "\u201C": 'strings use plain quotes: "text"',
  "\u201D": 'strings use plain quotes: "text"',
  "\u2018": 'strings use plain quotes: "text"',
  "\u2019": 'strings use plain quotes: "text"',
  "`": 'strings use plain quotes: "text"',
  "-": "names are made of letters, digits and _; a name with other characters is written as a string",
  "/": 'a regular expression is written /pattern/, a path as a string: "folder/file"',
  "*": 'a pattern with * is written as a string: "conv*"',
  "&": "conditions are joined with `and`",
  $: "a value of the host is written $name",
  "!": "conditions are negated with `not`, and != compares",
};

export const syntaxWording: WordingOf<SyntaxFacts> = {
  "unexpected-character": ({ character }) => {
    const hint = characterHints[character];
    return { message: `the character "${character}" has no meaning here`, ...(hint === undefined ? {} : { hint }) };
  },
  "unexpected-token": ({ found, expected, rule }) => ({
    message: `expected ${alternatives(expected)}, found ${quoted(found)}`,
    ...syntaxHint(found, expected, rule),
  }),
  "unclosed-bracket": ({ bracket, line, found }) => ({
    message: `"${bracket}" of line ${line} is not closed before ${quoted(found)}`,
    hint: `add "${{ "{": "}", "(": ")", "[": "]" }[bracket] ?? ""}"`,
  }),
  "unterminated-string": () => ({ message: "the string has no closing quote on its line", hint: 'add "' }),
  "single-quotes": () => ({ message: "strings stand in double quotes", hint: 'write "text"' }),
  "unterminated-comment": () => ({ message: "the comment is never closed", hint: "add */" }),
  "unknown-escape": ({ sequence }) => ({
    message: `${sequence} is no escape sequence`,
    hint: String.raw`known: \n \t \r \0 \\ \" \u0041 \u{1F600}; a backslash is written \\`,
  }),
  "program-too-deep": ({ limit }) => ({ message: `brackets are nested deeper than ${limit} levels` }),
  "program-too-long": ({ limit }) => ({ message: `the program has more than ${limit} characters` }),
  "division-by-zero": () => ({ message: "the fraction divides by zero" }),
  "number-not-finite": ({ text }) => ({ message: `${text} is too large for a number` }),
  "unknown-statement": (facts) => ({
    message: `"${facts.name}" begins no statement`,
    ...nearestOr(facts, "statements"),
  }),
  "unknown-clause": (facts) => ({
    message: `"${facts.name}" is no clause of an experiment`,
    ...nearestOr(facts, "clauses"),
  }),
  "clause-outside-experiment": ({ clause }) => ({
    message: `"${clause}" stands outside an experiment`,
    hint: `clauses stand between the braces of \`experiment name { ... }\``,
  }),
  "statement-not-available": ({ statement }) => ({
    message: `"${statement}" is part of the language, but this version does not carry it out yet`,
    hint: "remove the statement or put // before it",
  }),
};

function syntaxHint(found: string, expected: readonly string[], rule: string): { readonly hint?: string } {
  if (found === "=" && expected.includes("a value"))
    return { hint: "one = is enough, for definitions and comparisons" };
  if (expected.includes('"at"')) return { hint: 'a rule is written: keep layers "dense_2" at fp32' };
  if (expected.includes('":"')) return { hint: "options are written { name: value }" };
  if (rule === "importStatement") return { hint: 'an import is written: import "common.nib"' };
  if (rule === "comparison") return { hint: "a condition compares: method = rtn, group > 32" };
  if (rule === "program") return { hint: "each statement stands on its own line" };
  return {};
}
