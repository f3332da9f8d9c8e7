import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Identifier, statementKeywords, tokens } from "../../grammar/tokens.js";
import { ownPackage } from "../../src/base/package.js";

/** The words of each of the companion's lists, which has them by hand: it must work without the package. */
function lists(file: string): Readonly<Record<string, readonly string[]>> {
  const text = readFileSync(join(ownPackage().folder, "src", "kernel", "companion", file), "utf8");
  const found = text.matchAll(/^\s*(?:const )?(STATEMENTS|CLAUSES|OPERATORS) = [[(]([\s\S]*?)[\])];?$/gm);
  return Object.fromEntries(
    [...found].map(([, name, list = ""]) => [name, [...list.matchAll(/"(\w+)"/g)].map(([, word = ""]) => word).sort()]),
  );
}

const wordsOf = (types: typeof tokens) => types.map(({ PATTERN }) => (PATTERN as RegExp).source);
const keywords = wordsOf(tokens.filter(({ LONGER_ALT }) => LONGER_ALT === Identifier));
const statements = wordsOf([...statementKeywords]);
const operators = ["and", "not", "or"];

test.each(["nibble_companion/lexer.py", "labextension/remoteEntry.js"])(
  "%s has the keywords of the grammar",
  (file) => {
    expect(lists(file)).toEqual({
      STATEMENTS: [...statements].sort(),
      CLAUSES: keywords.filter((word) => !statements.includes(word) && !operators.includes(word)).sort(),
      OPERATORS: operators,
    });
  },
);
