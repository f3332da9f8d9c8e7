import { readFileSync } from "node:fs";
import { Lexer } from "chevrotain";
import { expect, test } from "vitest";
import { cstTypes, railroadDiagrams } from "../../grammar/generate.js";
import { significantNewlines } from "../../grammar/newlines.js";
import { NibbleParser } from "../../grammar/parser.js";
import { tokens } from "../../grammar/tokens.js";

const parser = new NibbleParser({ validate: true });
const rules = Object.keys(parser.getGAstProductions());
const readme = readFileSync(new URL("../../grammar/README.md", import.meta.url), "utf8");
const examples = new Map(
  [...readme.matchAll(/^### (\w+)\n[^#]*?```nibble\n([\s\S]*?)```/gm)].map(([, rule = "", text = ""]) => [rule, text]),
);

test("the committed types of the tree are those of the parser", () => {
  expect(readFileSync(new URL("../../grammar/cst.ts", import.meta.url), "utf8")).toBe(cstTypes());
});

test("every rule has an example in the README, and the README has no others", () => {
  expect([...examples.keys()].sort()).toEqual([...rules].sort());
});

test.each(rules)("the README's example of %s is read whole by that rule", (rule) => {
  const { tokens: all, errors } = new Lexer(tokens, { positionTracking: "onlyOffset" }).tokenize(
    examples.get(rule) ?? "",
  );
  parser.input = significantNewlines(all, 64).tokens;
  (parser as unknown as Record<string, () => unknown>)[rule]?.();
  expect(errors).toEqual([]);
  expect(parser.errors.map(({ message }) => message)).toEqual([]);
});

test("every token is used by some rule or is skipped, a comment or a category", () => {
  const grammar = JSON.stringify(parser.getSerializedGastProductions());
  const unused = tokens
    .filter(({ GROUP }) => GROUP !== Lexer.SKIPPED && GROUP !== "comments")
    .map(({ name }) => name)
    .filter((name) => !grammar.includes(`"name":"${name}"`));
  // Read through their category: names of all spellings, comparators, and the two misspelt kinds of strings.
  const byCategory = [
    "DoubleQuoted",
    "SingleQuoted",
    "OpenString",
    "LessEqual",
    "Less",
    "GreaterEqual",
    "Greater",
    "NotEqual",
  ];
  expect(unused.sort()).toEqual([...byCategory].sort());
});

test("the railroad diagrams are a page that holds every rule", () => {
  const page = railroadDiagrams();
  for (const rule of rules) expect(page).toContain(`"name": "${rule}"`);
});

test("the lexer finds nothing ambiguous or unreachable in its own tokens", () => {
  expect(
    new Lexer(tokens, { positionTracking: "onlyOffset", ensureOptimizations: true }).lexerDefinitionErrors,
  ).toEqual([]);
});
