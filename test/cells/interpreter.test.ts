import { expect, test } from "vitest";
import { openCells } from "./cell-runs.js";

const cells = openCells(
  {},
  {
    "module.mjs": 'export const answer = await Promise.resolve("esm"); export default 3;',
    "common.cjs": 'const made = {}; made.late = "cjs"; module.exports = made;',
    "typed.ts": 'export const typed: string = "ts";',
  },
);

test("variables, functions, classes and types live on; const and class may be declared anew", async () => {
  await cells.run("const a: number = 1; let b = 2; class C { x = 3 } type T = number; function f() { return a + b }");
  await cells.run("b = 10; const c: T = f()");
  expect((await cells.run("[a, b, c, new C().x]")).result).toBe("[ 1, 10, 11, 3 ]");
  await cells.run('const a = "new"; class C { y = 4 }');
  expect((await cells.run("[a, new C().y]")).result).toBe("[ 'new', 4 ]");
});

test("a type error is told and the cell runs", async () => {
  const { stderr, result } = await cells.run('\n  const n: number = "text"; n');
  expect(result).toBe("'text'");
  expect(stderr).toBe(
    "<cell 6>:2:9 - warning TS2322: Type 'string' is not assignable to type 'number'.\n" +
      '    const n: number = "text"; n\n          ^\n',
  );
});

test("%types error holds a cell with a type error back, %types off says nothing, and both last", async () => {
  await cells.run("let ran = 0");
  const held = await cells.run("%types error\nran = 1; const m: number = 'x'");
  expect(held.error).toBe("TypeCheckError: Type 'string' is not assignable to type 'number'.");
  expect(held.traceback).toContain("<cell 8>:2:16 - error TS2322");
  expect((await cells.run("ran")).result).toBe("0");
  expect((await cells.run("const m2: number = 'x'")).error).toMatch(/^TypeCheckError/);
  expect((await cells.run("%types off\nconst m3: number = 'x'; m3")).stderr).toBe("");
  await cells.run("%types warn");
});

test("a syntax error stops the cell", async () => {
  const { error, traceback } = await cells.run("let ok = 1\nlet = (");
  expect(error).toMatch(/^SyntaxError: /);
  expect(traceback).toContain(":2:");
});

test("of a cell that failed only what it has made is there", async () => {
  await cells.run('const first = 1; throw new Error("half"); const second = 2');
  const { result } = await cells.run("%types off\n[typeof first, typeof second]");
  expect(result).toBe("[ 'number', 'undefined' ]");
  await cells.run("%types warn");
});

test("expressions are evaluated after a cell, each with an outcome of its own", async () => {
  const { reply } = await cells.run("const width = 6", {
    expressions: { product: "width * 7", broken: "width *", thrown: "null!.x", nothing: "undefined" },
  });
  expect(reply).toMatchObject({
    status: "ok",
    expressions: {
      product: { status: "ok", result: { data: { "text/plain": "42" } } },
      broken: { status: "error", error: { ename: "SyntaxError" } },
      thrown: { status: "error", error: { ename: "TypeError" } },
      nothing: { status: "ok", result: { data: { "text/plain": "undefined" } } },
    },
  });
});

test("imports: ES modules, CommonJS, TypeScript files, Node's own, by statement, import() and require", async () => {
  const { result, error } = await cells.run(
    'import three, { answer } from "./module.mjs"; import { late } from "./common.cjs"; import { typed } from "./typed";\n' +
      'import { basename } from "node:path"; const again = await import("./module.mjs");\n' +
      '[three, answer, late, typed, basename("/a/b"), again.answer === answer, require("./common.cjs").late, require("./typed").typed].join()',
  );
  expect([error, result]).toEqual([undefined, "'3,esm,cjs,ts,b,true,cjs,ts'"]);
});

test("Nibble's packages are there in any folder, in one instance", async () => {
  const { result, error } = await cells.run(
    '%types off\nimport * as tf from "@tensorflow/tfjs"; import { nibble } from "nibble-quant"; import { display as shown } from "tslab";\n' +
      "[typeof tf.tensor, typeof nibble, typeof shown.html, require('@tensorflow/tfjs') === tf].join()",
  );
  expect([error, result]).toEqual([undefined, "'function,function,function,true'"]);
  await cells.run("%types warn");
});

test("a package that is nowhere is said with the way to get it", async () => {
  const { error } = await cells.run('%types off\nimport x from "no-such-package-of-anybody"; x');
  expect(error).toBe(
    `ModuleNotFoundError: no package "no-such-package-of-anybody" is installed in ${cells.folder} or above it; run "npm install no-such-package-of-anybody" there`,
  );
  await cells.run("%types warn");
});

test("scopes of tf.tidy that a stopped cell left open are closed", async () => {
  await cells.run('%types off\nimport * as tf from "@tensorflow/tfjs"');
  const stopped = await cells.stop(
    'console.log("begun"); await new Promise((done) => setTimeout(done, 50)); tf.tidy(() => { tf.zeros([3]); for (;;); })',
  );
  expect(stopped.error).toMatch(/^KeyboardInterrupt/);
  const { result } = await cells.run(
    "const kept = tf.tidy(() => tf.scalar(2)); [(tf.engine() as any).state.scopeStack.length, kept.isDisposed].join()",
  );
  expect(result).toBe("'0,false'");
});

test("input asks, hides what is secret, and throws where nobody can answer", async () => {
  const asked: unknown[] = [];
  const answering = {
    onInput: async (prompt: string, password: boolean) => {
      asked.push([prompt, password]);
      return "ada";
    },
  };
  const { result } = await cells.run("[await input('name? '), await input('key? ', { password: true })]", answering);
  expect([result, asked]).toEqual([
    "[ 'ada', 'ada' ]",
    [
      ["name? ", false],
      ["key? ", true],
    ],
  ]);
  expect((await cells.run("await input('name? ')")).error).toBe(
    "Error: input() is not possible here: nobody can answer while this cell runs",
  );
});

test("comms: opened from both sides, messages both ways, closed", async () => {
  await cells.run(
    '%types off\ncomm.register("echo", (opened, data) => { opened.onMessage((more) => opened.send({ got: more, first: data })); opened.onClose(() => console.log("closed")) }); undefined',
  );
  const { interpreter, idle } = cells;
  expect(await interpreter.comm({ kind: "comm-open", commId: "c1", target: "unknown", data: {} })).toBe(false);
  expect(await interpreter.comm({ kind: "comm-message", commId: "c1", data: {} })).toBe(false);
  idle.length = 0;
  expect(await interpreter.comm({ kind: "comm-open", commId: "c1", target: "echo", data: 1 })).toBe(true);
  expect(interpreter.comms()).toEqual({ c1: "echo" });
  expect(await interpreter.comm({ kind: "comm-message", commId: "c1", data: { n: 2 } })).toBe(true);
  await expect
    .poll(() => idle, { timeout: 20_000 })
    .toEqual([{ kind: "comm-message", commId: "c1", data: { got: { n: 2 }, first: 1 } }]);
  expect(await interpreter.comm({ kind: "comm-close", commId: "c1", data: {} })).toBe(true);
  expect(interpreter.comms()).toEqual({});
  const { outputs } = await cells.run(
    'const mine = comm.open("widget", { a: 1 }); mine.send({ b: 2 }); mine.close(); undefined',
  );
  expect(outputs).toMatchObject(
    [
      { kind: "stream", text: "closed\n" },
      { kind: "comm-open", target: "widget", data: { a: 1 } },
      { kind: "comm-message", data: { b: 2 } },
      { kind: "comm-close" },
    ].slice(outputs[0]?.kind === "stream" ? 0 : 1),
  );
});

test("an unknown magic runs nothing", async () => {
  expect((await cells.run("%%sql\nselect 1")).error).toBe(
    'UnknownMagic: there is no magic "%%sql"; a cell may begin with',
  );
});

test("a Nibble mistake is the language's own diagnostic, in its cell", async () => {
  const { error, traceback } = await cells.run('model m = tfjs("nothing/model.json")\nexperiment e { model m }');
  expect(error).toMatch(/^ProgramError: /);
  expect(traceback).toContain("<cell ");
});

test("a cell that ends in a display shows it once", async () => {
  for (const code of ["display.html('<b>x</b>')", "display(5)", "const shown = display.create(); shown.update(5)"]) {
    const { outputs, result } = await cells.run(code);
    expect([code, outputs.map(({ kind }) => kind), result]).toEqual([code, ["display"], undefined]);
  }
});
