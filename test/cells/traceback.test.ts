import { expect, test } from "vitest";
import { openCells } from "./cell-runs.js";

const cells = openCells(
  { typeErrors: "off" },
  { "lib.ts": "export function boom(): never {\n  throw new Error('in lib');\n}\n" },
);

test("an error points at cell, line and column, with the line and a caret", async () => {
  const { traceback, reply } = await cells.run("interface A { x: number }\n\nconst a: A = { x: 1 };\n  null!.foo");
  expect(traceback).toBe(
    [
      "TypeError: Cannot read properties of null (reading 'foo')",
      "  2 | ",
      "  3 | const a: A = { x: 1 };",
      "> 4 |   null!.foo",
      "    |         ^",
      "    at <cell 1>:4:9",
    ].join("\n"),
  );
  expect(reply).toMatchObject({ status: "error", error: { ename: "TypeError" } });
});

test("an error in a function of an earlier cell points there", async () => {
  await cells.run('function thrower(n: number) {\n  throw new RangeError("no " + n);\n}');
  const { traceback } = await cells.run("[1].map((n) =>\n  thrower(n))");
  expect(traceback).toContain('> 2 |   throw new RangeError("no " + n);');
  expect(traceback).toMatch(
    /at thrower \(<cell 2>:2:9\)\n {4}at <cell 3>:2:\d+\n {4}at Array\.map \(<anonymous>\)\n {4}at <cell 3>:1:5$/,
  );
});

test("no frame of ours or of Node is shown, after an await neither", async () => {
  const { traceback } = await cells.run('await new Promise((done) => setTimeout(done, 1));\nthrow new Error("late")');
  expect(traceback).toBe(
    'Error: late\n  1 | await new Promise((done) => setTimeout(done, 1));\n> 2 | throw new Error("late")\n    |       ^\n    at <cell 4>:2:7',
  );
});

test("causes and the errors of an AggregateError are shown", async () => {
  const { traceback } = await cells.run(
    'throw new AggregateError([new Error("one"), 2], "both", { cause: new TypeError("why") })',
  );
  expect(traceback.split("\n").filter((line) => /^\S/.test(line) && !line.startsWith(">"))).toEqual([
    "AggregateError: both",
    "[1] Error: one",
    "[2] ThrownValue: 2 (a number, not an Error)",
    "Caused by TypeError: why",
  ]);
});

const thrown: Readonly<Record<string, string>> = {
  "throw 5": "ThrownValue: 5 (a number, not an Error)",
  "throw undefined": "ThrownValue: undefined (no value, not an Error)",
  "throw null": "ThrownValue: null (no value, not an Error)",
  'throw Symbol("s")': "ThrownValue: Symbol(s) (a symbol, not an Error)",
  "throw { a: 1 }": "ThrownValue: { a: 1 } (an object of class Object, not an Error)",
  "throw new Proxy({}, { get() { throw 1 }, getPrototypeOf() { throw 2 } })":
    "ThrownValue: {} (an object of class Object, not an Error)",
  "throw { get stack() { throw 1 }, get message() { throw 2 } }":
    "ThrownValue: { stack: [Getter], message: [Getter] } (an object of class Object, not an Error)",
  "class Mine extends Error {}; throw new Mine('m')": "Mine: m",
  "throw Object.assign(new Error('n'), { name: 7, stack: 8 })": "Error: n",
  "throw Object.defineProperty(new Error('x'), 'message', { get() { throw 1 } })": "Error: ",
};

for (const [code, outcome] of Object.entries(thrown)) {
  test(`${code} is one clear outcome`, async () => {
    expect((await cells.run(code)).error).toBe(outcome);
  });
}

test("a message and a stack of megabytes are cut", async () => {
  const { traceback, reply } = await cells.run('throw new Error("m".repeat(3e6))');
  expect(traceback.length).toBeLessThan(10_000);
  expect(reply).toMatchObject({ error: { evalue: "m".repeat(500) } });
});

test("a stack without end is cut", async () => {
  const { traceback } = await cells.run("function deep(): number { return deep() + 1 }\ndeep()");
  expect(traceback).toMatch(/^RangeError: Maximum call stack size exceeded/);
  expect(traceback.split("\n").length).toBeLessThan(40);
});

test("stacks that are printed point into cells too", async () => {
  const { stderr } = await cells.run('// a line\nconsole.error(new Error("printed"))');
  expect(stderr).toMatch(/^Error: printed\n {4}at <cell \d+>:2:15\n$/);
});

test("an error in a file of the user names the file", async () => {
  const { traceback } = await cells.run('import { boom } from "./lib";\nboom()');
  expect(traceback).toMatch(/^Error: in lib\n {2}1 \| import { boom } from "\.\/lib";\n> 2 \| boom\(\)\n/);
  expect(traceback).toMatch(/at boom \(.*lib\.ts:\d+:\d+\)\n {4}at <cell \d+>:2:\d+$/);
});
