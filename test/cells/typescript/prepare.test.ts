import { decode } from "@jridgewell/sourcemap-codec";
import { expect, test } from "vitest";
import { lineAndColumn, lineStarts } from "../../../src/cells/typescript/edits.js";
import { CellRunner } from "./run-cells.js";

/** Values that cells show when they run one after another in a fresh notebook. */
async function shows(...cells: string[]): Promise<unknown[]> {
  const runner = new CellRunner();
  const values: unknown[] = [];
  for (const cell of cells) values.push(await runner.run(cell));
  return values;
}

test("the last expression is shown, with or without a semicolon or a comment behind it", async () => {
  expect(await shows("1 + 1", "'a'; // b", "2\n/* c */", "const x = 5", "x; ;", "")).toEqual([
    2,
    "a",
    2,
    undefined,
    5,
    undefined,
  ]);
});

test("an object literal is a value, a block is a block", async () => {
  expect(await shows("{ a: 1, b: [2] }", "{ let q = 1; q++ }", "{}")).toEqual([{ a: 1, b: [2] }, undefined, {}]);
});

test("const, let and classes are declared anew, as another thing too", async () => {
  expect(
    await shows(
      "const x = 1; x",
      "const x = 'a'; x",
      "class x { y = 3 }",
      "new x().y",
      "function x() { return 4 }",
      "x()",
    ),
  ).toEqual([1, "a", undefined, 3, undefined, 4]);
});

test("closures of earlier cells see what later cells assign", async () => {
  expect(
    await shows("let n = 1; const get = () => n", "n = 5", "get()", "n += 2; [n] = [n * 10]; get()", "n++; get()"),
  ).toEqual([undefined, 5, 5, 70, 71]);
});

test("destructuring declares every name and leaves keys alone", async () => {
  const cells = ["const { a, b: [c, ...d], ...rest } = { a: 1, b: [2, 3, 4], e: 5 }", "({ a, c, d, rest, b: 0 })"];
  expect((await shows(...cells))[1]).toEqual({ a: 1, c: 2, d: [3, 4], rest: { e: 5 }, b: 0 });
});

test("inner scopes shadow names of earlier cells", async () => {
  expect(
    await shows(
      "const v = 1",
      "((v: number) => v * 2)(21)",
      "{ const v = 7; v }\nv",
      "const f = (o: { v: number }) => o.v; f({ v: 3 })",
    ),
  ).toEqual([undefined, 42, 1, 3]);
});

test("private fields, static blocks, enums, namespaces and generators work across cells", async () => {
  const cells = [
    "class P { #n = 1; static made = 0; static { P.made = 5 } up() { return ++this.#n } }\nenum E { A, B = 'b' }\nnamespace N { export const z = 3 }\nfunction* g() { yield 1; yield 2 }",
    "[new P().up(), P.made, E.A, E.B, N.z, ...g()]",
  ];
  expect((await shows(...cells))[1]).toEqual([2, 5, 0, "b", 3, 1, 2]);
});

test("await stands at the top level, in loops and in the last expression", async () => {
  expect(
    await shows(
      "const p = await Promise.resolve(3)\nlet sum = 0\nfor await (const v of [1, p]) sum += v",
      "await Promise.resolve(sum)",
    ),
  ).toEqual([undefined, 4]);
});

test("imports of every form are values of later cells", async () => {
  const cells = [
    "import * as path from 'node:path'\nimport { sep as slash } from 'node:path'\nimport os, { EOL } from 'node:os'\nimport util = require('node:util')\nimport type { Stats } from 'node:fs'\nexport { basename as base } from 'node:path'",
    "[path.join('a', 'b'), slash, typeof os.cpus, EOL, util.inspect(1), base('/x/y')]",
    "(await import('node:path')).sep",
  ];
  expect((await shows(...cells)).slice(1)).toEqual([["a/b", "/", "function", "\n", "1", "y"], "/"]);
});

test("modules that only types come from are not loaded", () => {
  const runner = new CellRunner();
  const code = "import type { A } from 'a'\nimport { B } from 'b'\nimport { type C, d } from 'c'\nimport 'e'\nlet x: B";
  expect(runner.prepare(code)).toMatchObject({ imports: ["c", "e"], declares: ["d", "x"] });
});

test("a name that only types needed is loaded by the first cell that needs its value", async () => {
  const cells = ["import { Buffer as B } from 'node:buffer'\nlet b: B", "B.from('a').length", "B.from('ab').length"];
  expect(await shows(...cells)).toEqual([undefined, 1, 2]);
});

test("default exports of a cell are plain declarations or values", async () => {
  expect(
    await shows(
      "export default function train() { return 1 }",
      "train()",
      "export default { k: 1 }",
      "export const q = 2; export { q as r }",
      "[q, r]",
    ),
  ).toEqual([undefined, 1, { k: 1 }, undefined, [2, 2]]);
});

test("a cell that throws before a declaration leaves the earlier value", async () => {
  const runner = new CellRunner();
  await runner.run("let kept = 1; let gone = 1");
  await expect(runner.run("let gone; throw new Error('stop'); let kept = 2")).rejects.toThrow("stop");
  expect(runner.scope).toEqual({ kept: 1, gone: undefined });
});

test("nothing but the cell's names comes into the scope", async () => {
  const runner = new CellRunner();
  await runner.run("const a = 1; for (let i = 0; i < 3; i++) { const inner = i }\ninterface T {}\ntype U = T\na");
  expect(Object.keys(runner.scope)).toEqual(["a"]);
  expect("a" in globalThis).toBe(false);
});

test("var in blocks and loops is a name of the notebook, which keeps the value it had", async () => {
  expect(
    await shows(
      "if (true)\n  var a: number = 1, { b, c: [d = 2] } = { b: 3, c: [] as number[] };\nelse var never",
      "[a, b, d, never]",
      "for (var i = 0, j = 9; i < 2; i++) { var last = () => i }\ni++; last()",
      "for (var [k, v] of Object.entries({ z: 1 })); for (var key in { q: 1 }); [i, k, v, key]",
      "for await (var w of [Promise.resolve(5)]); try { throw 6 } catch (e) { var e2 = e }\n[w, e2]",
      "{ var a }\na",
      "const f = () => { for (var inner = 0; inner < 3; inner++); return inner }; [f(), typeof inner]",
    ),
  ).toEqual([undefined, [1, 3, 2, undefined], 3, [3, "z", 1, "q"], [5, 6], 1, [3, "undefined"]]);
});

test("a default export leaves no name behind", async () => {
  const runner = new CellRunner();
  await runner.run("const x = 1; export { x as default }");
  await runner.run('export { default, join as joined } from "node:path"; export { sep as default } from "node:path"');
  expect(Object.keys(runner.scope)).toEqual(["x", "joined"]);
});

test("syntax errors stop a cell with TypeScript's own words, in the cell's own positions", () => {
  const { compiler } = new CellRunner();
  const errors = (code: string) => {
    const prepared = compiler.prepare(code, 1);
    return "errors" in prepared
      ? prepared.errors.map(({ code: n, message, start, end }) => [n, message, start, end])
      : [];
  };
  expect(errors("const q = ;")).toEqual([[1109, "Expression expected.", 10, 11]]);
  expect(errors("  return 5")).toEqual([[1108, "A 'return' statement can only be used within a function body.", 2, 8]]);
  expect(errors("1;\nbreak")).toMatchObject([[1105, expect.stringContaining("'break'"), 3, 8]]);
  expect(errors("export * from 'node:fs'")).toMatchObject([[1203, expect.stringContaining("by name"), 0, 23]]);
  expect(errors("const a = 1; let { a } = {}")).toEqual([
    [2451, "Cannot redeclare block-scoped variable 'a'.", 19, 20],
  ]);
  for (const twice of [
    "class A {} const A = 1",
    "let a; { var a }",
    "import a from 'a'; function a() {}",
    "enum A {} let A",
  ])
    expect(errors(twice)).toMatchObject([[2451, expect.any(String), expect.any(Number), expect.any(Number)]]);
  for (const merged of [
    "var a; var a; function a() {}",
    "enum A {} enum A { b = 1 }",
    "class A {} namespace A { export let b }",
  ])
    expect(errors(`${merged} interface A {}`)).toEqual([]);
  for (const name of ["undefined", "exports", "__scope"])
    expect(errors(`const ${name} = 1`)).toEqual([[2397, expect.stringContaining(name), 6, 6 + name.length]]);
  expect(errors("let await = 1")).toEqual([[1214, expect.stringContaining("'await'"), 4, 9]]);
  expect(errors("a\0b")).toMatchObject([[1127, "Invalid character.", 1, 2]]);
  expect(errors("(".repeat(100_000))).toMatchObject([[2590, expect.stringContaining("too deeply"), 0, 1]]);
});

test("the source map points at the user's text, past every insertion", () => {
  const runner = new CellRunner();
  runner.compiler.commit("let y = 1", 100);
  const code = "const a = 1\n\n  throw new Error(String(y))";
  const { js, map } = runner.prepare(code);
  const parsed = JSON.parse(map) as { sources: string[]; mappings: string };
  const at = lineAndColumn(lineStarts(js), js.indexOf("new Error"));
  const segment = decode(parsed.mappings)[at.line]?.find(([column]) => column === at.column);
  expect([parsed.sources, segment?.slice(1)]).toEqual([["<cell 1>"], [0, 2, 8]]);
});

test("a name that nobody declared becomes no global", async () => {
  const runner = new CellRunner();
  await expect(runner.run("({ a: undeclaredName } = { a: 1 })")).rejects.toThrow("undeclaredName is not defined");
});

test("what a cell becomes", () => {
  const runner = new CellRunner();
  runner.compiler.commit("let y = 1", 100);
  const { js } = runner.prepare(
    "import * as fs from 'node:fs'\nlet x: number\nconst f = () => x + y\nfs.statSync('.')",
  );
  expect(js).toBe(`"use strict";
const _scope_1 = __scope;
const fs = require("node:fs");
__scope.fs = fs;
exports.x = undefined;
const f = () => exports.x + _scope_1.y;
exports.f = f;
__scope.__result = (fs.statSync('.'));
`);
});
