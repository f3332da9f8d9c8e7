import { describe, expect, test } from "vitest";
import { createCompiler } from "../../../src/cells/typescript/compiler.js";
import { isComplete } from "../../../src/cells/typescript/is-complete.js";
import { emptyFolder } from "./run-cells.js";

const compiler = createCompiler(emptyFolder());
compiler.commit("import * as tf from '@tensorflow/tfjs'; const xs = tf.tensor([1]); let count = 5", 1);
compiler.commit(
  `/** Adds two numbers.
 * @param a the first
 * @example
 * add(1, 2) */
function add(a: number, b = 2) { return a + b }
function go(mode: "fast" | "slow") {}
type Mode = "fast" | "slow"
let maybe: { foo: 1 } | undefined`,
  2,
);

/** Completions of a text whose cursor is written `|`. */
function completions(marked: string) {
  const cursor = marked.indexOf("|");
  return compiler.complete(marked.replace("|", ""), cursor);
}

function texts(marked: string): string[] {
  return completions(marked).items.map(({ text }) => text);
}

describe("completion", () => {
  test("names of earlier cells come first, mentioned or not, with their kind", () => {
    expect(completions("1 + cou|")).toMatchObject({
      start: 4,
      end: 7,
      items: [{ text: "count", type: "variable" }, {}],
    });
    expect(completions("ad|").items[0]).toEqual({ text: "add", type: "function" });
    expect(completions("add|").items[0]).toMatchObject({
      type: "function",
      signature: "(a: number, b?: number) => number",
    });
  });

  test("members of typed values, and the whole word is replaced", () => {
    expect(completions("count.toF|ix")).toMatchObject({
      start: 6,
      end: 11,
      items: [{ text: "toFixed", type: "method" }],
    });
    expect(texts("xs.add|")).toEqual(["add"]);
    expect(texts("tf.layers.dens|(")).toEqual(["dense"]);
    expect(completions("maybe.|")).toMatchObject({ start: 5, end: 6, items: [{ text: "?.foo" }] });
  });

  test("strings: members of a union, modules", () => {
    expect(texts("go('|")).toEqual(["fast", "slow"]);
    expect(texts("tf.layers.dense({ units: 1, activation: 'rel|' })")).toContain("relu");
    expect(texts("import fs from 'node:f|'")).toEqual(["node:fs", "node:fs/promises"]);
    expect(texts("import * as x from '@tens|'")).toEqual(["@tensorflow/tfjs"]);
    expect(texts("import { tensor1|d } from '@tensorflow/tfjs'")).toContain("tensor1d");
  });

  test("in code that is far from finished", () => {
    expect(texts("if (true) { for (const q of [1]) { conso|")).toContain("console");
    expect(texts("const f = (a: number) => { const inner = 1; inn|")).toContain("inner");
    expect(texts("class A { #secret = 1; m() { this.#s|")).toEqual(["#secret"]);
    expect(texts("`${cou|")).toContain("count");
    expect(texts("1|")).toEqual([]);
    expect(texts("|")).toContain("count");
  });
});

describe("inspection", () => {
  const hover = (code: string, cursor: number, detail: 0 | 1 = 0) => compiler.inspect(code, cursor, detail)?.data;

  test("signature, documentation and tags of a name, and its source on request", () => {
    expect(hover("add(1)", 2, 1)?.["text/plain"]).toBe(
      "add(a: number, b?: number): number\n\nAdds two numbers.\n\n@param a the first\n@example add(1, 2)\n\nfunction add(a: number, b = 2) { return a + b }",
    );
    expect(hover("add(1)", 2)?.["text/markdown"]).toBe(
      "```ts\nadd(a: number, b?: number): number\n```\n\nAdds two numbers.\n\n*@param* `a` — the first\n\n*@example*\n\n```ts\nadd(1, 2)\n```",
    );
  });

  test("a variable and a type of an earlier cell", () => {
    expect(hover("count", 5, 1)?.["text/plain"]).toBe("let count: number\n\nlet count = 5;".replace("5;", "5"));
    expect(hover("Mode", 4)?.["text/plain"]).toBe('type Mode = "fast" | "slow"');
  });

  test("inside the parentheses of a call, the function", () => {
    expect(String(hover("add(1, ", 7)?.["text/plain"])).toMatch(/^add\(a: number, b\?: number\): number/u);
  });

  test("nothing where nothing is", () => {
    expect([hover("   ", 1), hover("", 0), hover("nowhere_at_all", 3)?.["text/plain"] ?? undefined]).toMatchObject([
      undefined,
      undefined,
      expect.anything(),
    ]);
  });
});

test("whether a text is complete", () => {
  const table: Record<string, string[]> = {
    complete: [
      "",
      "  \n",
      "1",
      "// x",
      "a\n.b",
      "await x",
      "import 'x'",
      "const f = () => 1",
      "class A { m() {} }",
      "`a`",
      "{ a: 1 }",
    ],
    invalid: ["'abc", '"a\nb"', ")", "f())", "a b", "else", "const x = 5 5", "/abc\n"],
    incomplete: [
      ..."1+|f(|f(1,|{|x = [|x =>|`abc|`$\u007b|/* x|class A {|a.|const x =|@dec|try {}|do {}|x ? y|import { a|async function f()".split(
        "|",
      ),
      "if (a)",
      "1 +\n// c",
      "enum E {\n  A,",
    ],
  };
  for (const [status, codes] of Object.entries(table))
    expect(codes.map((code) => [code, isComplete(code, false).status])).toEqual(codes.map((code) => [code, status]));
});

test("the next line is indented by what is open", () => {
  const indents = ["if (a) {", "if (a) {\n  b(", "f(1,", "if (a)", "const x =", "[\n  1,", "`a"].map((code) =>
    isComplete(code, false),
  );
  expect(indents.map((found) => (found.status === "incomplete" ? found.indent.length : -1))).toEqual([
    2, 4, 2, 2, 2, 2, 0,
  ]);
});
