import { expect, test } from "vitest";
import { openBrackets } from "../../src/cells/open-brackets.js";

test.each([
  ["function f(x: number) {", "  "],
  ["f([1, {", "      "],
  ["const t = `a \x24{b", "  "],
  ["const t = `a \x24{b} ( ", ""],
  ["/* not yet", ""],
])("%j waits for more", (code, indent) => {
  expect(openBrackets(code)).toEqual({ status: "incomplete", indent });
});

test.each(["", "1 + 1", "f({ a: [1] })", '"("', "'\\'('", "// (", "/* { */", "`(`", "`\x24{f({})} }`", "a) b"])(
  "%j waits for nothing",
  (code) => {
    expect(openBrackets(code)).toEqual({ status: "unknown" });
  },
);
