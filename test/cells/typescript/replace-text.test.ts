import { tmpdir } from "node:os";
import ts from "typescript";
import { expect, test } from "vitest";
import { complete } from "../../../src/cells/typescript/complete.js";
import { diagnosticsOf } from "../../../src/cells/typescript/diagnostics.js";
import { emitOptions } from "../../../src/cells/typescript/emit.js";
import { inspect } from "../../../src/cells/typescript/inspect.js";
import { Notebook } from "../../../src/cells/typescript/notebook.js";
import { createTranspiler } from "../../../src/cells/typescript/transpile.js";

const EARLIER = "interface Point { x: number; y: number }\nconst points: Point[] = [];\nlet count = 1;";

/** Cells that a checker could mix up: the same names with other types, right and wrong by turns. */
const CELLS = [
  "console.log(1)",
  "const a = 1; console.log(a.toFixed(2))",
  "const a = 'text'; console.log(a.toUpperCase())",
  "const a = 'text'; console.log(a.toFixed(2))",
  "const a = 2; console.log(a.toFixed(2))",
  "class Box<T> { constructor(readonly value: T) {} }\nconsole.log(new Box(1).value.toFixed())",
  "class Box<T> { constructor(readonly value: T) {} }\nconsole.log(new Box('a').value.toFixed())",
  "interface Point { z: string }\nconst p: Point = { z: 'a' }; console.log(p.z)",
  "points.push({ x: 1, y: 2 })",
  "points.push({ x: 1, y: '2' })",
  "points.map((point) => point.z)",
  "count = 2; console.log(count)",
  "count = 'two'; console.log(count)",
  "function f(n: number): number { return n <= 0 ? 0 : f(n - 1); }\nconsole.log(f(3))",
  "function f(n: string): string { return n; }\nconsole.log(f(3))",
  "enum Colour { Red, Green }\nconsole.log(Colour.Blue)",
  "enum Colour { Red, Green }\nconsole.log(Colour.Red)",
  "namespace n { export const x = 1 }\nconsole.log(n.x.length)",
  "let u: string | number = Math.random() > 0.5 ? 1 : 'a';\nif (typeof u === 'string') console.log(u.length); else console.log(u.length)",
  "// @ts-ignore\nconsole.log(points.length.length)",
  "// @ts-expect-error\nconsole.log(points.length)",
  "declare global { var added: number }\nconsole.log(added)",
  "console.log(added)",
  "const { x = 1, ...rest } = { x: 2, z: 3 }; console.log(x, rest.z, rest.x)",
  "await Promise.resolve(1).then((one) => one.length)",
  "for await (const one of [1, 2]) console.log(one.toFixed())",
  "console.log(1",
  "console.log(missing)",
  "console.log(2)",
];

/** Names a place after a cell with the text that is held in place, and after one that is read anew. */
function notebooks(): { readonly held: Notebook; readonly anew: () => Notebook } {
  const held = new Notebook(tmpdir());
  held.commit(EARLIER, 1);
  const fresh = new Notebook(tmpdir());
  return {
    held,
    anew() {
      fresh.reset();
      fresh.commit(EARLIER, 1);
      return fresh;
    },
  };
}

test("a text in place of another is checked as in a program of its own", () => {
  const { held, anew } = notebooks();
  const found = (notebook: Notebook, code: string) => diagnosticsOf(notebook, notebook.open(code));
  const order = [...CELLS, ...CELLS.toReversed()];
  for (const code of order) expect({ code, found: found(held, code) }).toEqual({ code, found: found(anew(), code) });
});

test("a text in place of another is completed and explained as in a program of its own", () => {
  const { held, anew } = notebooks();
  const texts = [
    "const a = points.",
    "const a = points[0].",
    "const a = 'text'; a.",
    "const a = 1; a.",
    "class A { #p = 1; q = 2; m() { this.",
    "points.map((point) => point.",
    "import * as fs from 'node:fs'; fs.read",
    "const b = cou",
    "console.",
  ];
  for (const code of [...texts, ...texts]) {
    expect(complete(held, code, code.length)).toEqual(complete(anew(), code, code.length));
    const at = code.lastIndexOf(".") - 2;
    expect(inspect(held, code, at, 0)).toEqual(inspect(anew(), code, at, 0));
  }
});

test("a text in place of another is emitted as by TypeScript's own transpileModule", () => {
  const compilerOptions = emitOptions({ experimentalDecorators: true, emitDecoratorMetadata: true });
  const { transpile } = createTranspiler("cell.tsx", compilerOptions);
  const more = [
    "export const a = 1; export let b = a, c; export function f() { return a + b } export default class {}",
    "import { x, type T } from 'm'; import * as m from 'm'; const t: T = x; export { m }",
    "import { x } from 'm'; let y: x",
    "@sealed class A { @log() m(a: string): number { return a.length } static { this.x = 1 } }",
    "const enum E { A = 1, B = A << 2 } console.log(E.B)",
    "const v = <div a={1}>{...[1]}</div>",
    "export const { p, q: [r] } = await import('m'); for await (const z of r) p(z)",
    "using d = open(); async function* g() { yield* h() }",
    "label: for (;;) { break label } let x = `a` + b; x ||= 2; x?.y?.()",
    "broken ( = ;",
  ];
  for (const text of [...CELLS, ...more, ...more.toReversed()]) {
    const own = ts.transpileModule(text, { fileName: "cell.tsx", compilerOptions });
    expect(transpile(text, {})).toEqual({ js: own.outputText, map: own.sourceMapText });
  }
});
