import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createCompiler } from "../../../src/cells/typescript/compiler.js";
import { CellRunner, emptyFolder } from "./run-cells.js";

describe("one notebook", () => {
  const compiler = createCompiler(emptyFolder());
  let number = 0;
  const messages = (code: string) =>
    compiler.check(code, number + 1).map((found) => `TS${found.code}: ${found.message}`);
  const commit = (code: string) => void compiler.commit(code, ++number);

  test("a type error has the cell's own position", () => {
    expect(compiler.check("\nlet s: string = 1", 1)).toEqual([
      { code: 2322, category: "error", message: "Type 'number' is not assignable to type 'string'.", start: 5, end: 6 },
    ]);
  });

  test("generics come to later cells whole", () => {
    commit(
      "function first<T extends { id: number }>(items: T[]): T { return items[0]! }\nclass Box<T> { constructor(readonly value: T) {} }",
    );
    commit("const picked = first([{ id: 1, name: 'a' }]); const box = new Box(picked)");
    expect(messages("const n: number = picked.name")).toEqual([
      "TS2322: Type 'string' is not assignable to type 'number'.",
    ]);
    expect(messages("const m: number = box.value.name; const other: Box<Date> = new Box(new Date())")).toEqual([
      "TS2322: Type 'string' is not assignable to type 'number'.",
    ]);
  });

  test("type aliases, interfaces and namespaces of types are known", () => {
    commit("interface Point { x: number }\ntype Pair<A> = [A, A]\nimport * as fs from 'node:fs'");
    expect(messages("const p: Pair<Point> = [{ x: 1 }, { x: 'a' }]\nlet s: fs.Stats | undefined")).toEqual([
      "TS2322: Type 'string' is not assignable to type 'number'.",
    ]);
  });

  test("a let may be assigned from any cell with its own type, a const may not", () => {
    commit("let total = 1; const fixed = 2");
    expect(messages("total = 5; total++; [total] = [3]")).toEqual([]);
    expect(messages("total = 'a'")).toEqual(["TS2322: Type 'string' is not assignable to type 'number'."]);
    expect(messages("fixed = 3")).toEqual(["TS2632: Cannot assign to 'fixed' because it is an import."]);
  });

  test("the last declaration of a name counts", () => {
    commit("const again = 1");
    commit("const again = 'text'");
    expect(messages("again.toUpperCase()")).toEqual([]);
  });

  test("an untyped parameter, an empty array and a variable to be filled later are no mistakes", () => {
    expect(
      messages("function f(a, b) { return a + b }\nconst losses = []; losses.push(1)\nlet net; net = f(1, 2)"),
    ).toEqual([]);
  });

  test("Node's globals and the notebook's own are known", () => {
    expect(
      messages("console.log(process.pid, Buffer.from('a'), await fetch('x'), import.meta.url, require('fs'))"),
    ).toEqual([]);
    expect(messages("display.html('a'); const s: string = await input('?')")).toEqual([]);
    expect(messages("import { display as d } from 'tslab'; d.markdown(1)")).toHaveLength(1);
  });

  test("TF.js and Nibble are found although the folder has no packages", () => {
    expect(messages("import * as tf from '@tensorflow/tfjs'; const t: tf.Tensor = tf.tensor([1]); t.foo")).toEqual([
      "TS2339: Property 'foo' does not exist on type 'Tensor<Rank>'.",
    ]);
    compiler.define("sweep", 'import("nibble-quant").Result');
    expect(messages("const n: number = sweep")).toEqual(["TS2322: Type 'Result' is not assignable to type 'number'."]);
  });

  test("a package that nobody has is one error", () => {
    expect(messages("import x from 'no-such-package-at-all'")).toEqual([
      "TS2307: Cannot find module 'no-such-package-at-all' or its corresponding type declarations.",
    ]);
  });

  test("only names that came to be are committed of a cell that failed", () => {
    compiler.commit("const made = 1; const zzz = 2", ++number, ["made"]);
    expect(messages("made + zzz")).toEqual(["TS2304: Cannot find name 'zzz'."]);
  });

  test("what one cell did wrong is not said of the next", () => {
    for (const code of ["const d = 1; const d = 2", "console.log(1)", "const d = 1; const d = 2; console", "1"])
      expect([code, messages(code).length]).toEqual([code, code.includes("d = 2") ? 2 : 0]);
  });

  test("after a reset nothing is known", () => {
    compiler.reset();
    expect(messages("total")).toEqual(["TS2304: Cannot find name 'total'."]);
  });
});

test("the nearest tsconfig.json is honoured, and a broken one is told once", () => {
  const folder = emptyFolder();
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions: { strict: true, noUncheckedIndexedAccess: true } }),
  );
  const strict = createCompiler(folder);
  expect(strict.check("const n: number = [1][0]; function f(a) {}", 1).map(({ code }) => code)).toEqual([2322, 7006]);
  writeFileSync(join(folder, "tsconfig.json"), "{ nonsense");
  const broken = createCompiler(folder);
  expect(broken.check("1", 1)).toMatchObject([
    { category: "warning", message: expect.stringContaining("is not used") },
  ]);
  expect(broken.check("1", 1)).toEqual([]);
});

test("jsx and decorators follow the tsconfig.json", async () => {
  const folder = emptyFolder();
  const options = { jsx: "react", jsxFactory: "h", experimentalDecorators: true };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: options }));
  const runner = new CellRunner(createCompiler(folder));
  await runner.run("const h = (name: string, _: unknown, ...inner: unknown[]) => [name, ...inner]");
  expect(await runner.run("<p>{1}</p>")).toEqual(["p", 1]);
  expect(
    await runner.run(
      "const seen: string[] = []; function mark(c: Function) { seen.push(c.name) }\n@mark class D {}\nseen",
    ),
  ).toEqual(["D"]);
});

test("2,000 cells that declare one name leave one of them", () => {
  const compiler = createCompiler(emptyFolder());
  for (let i = 1; i < 2000; i++) compiler.commit(`const x = ${i}`, i);
  expect(compiler.commit("const x = 0", 2000)).toEqual([2000]);
});

test("a cell whose types another one still needs is kept", () => {
  const compiler = createCompiler(emptyFolder());
  compiler.commit("const a = { deep: 1 }", 1);
  compiler.commit("const b = a", 2);
  expect(compiler.commit("const a = 'new'", 3)).toEqual([1, 2, 3]);
  expect(compiler.check("const s: string = b.deep", 4)).toHaveLength(1);
});

test("diagnostics always lie inside the cell, whatever its text", () => {
  const compiler = createCompiler(emptyFolder());
  compiler.commit("let y = 1; const f = (a: number) => a", 1);
  const fragment = fc.constantFrom(
    ..."const x|=|1|;|\n|y|f(|)|{|}|`|${|'|\"|/*|//|await |import |from |class A |export |default |😀|\0|: string|<|=>|let |return |@".split(
      "|",
    ),
  );
  const text = fc.array(fragment, { maxLength: 14 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, (code) => {
      const prepared = compiler.prepare(code, 2);
      const found = [...("errors" in prepared ? prepared.errors : []), ...compiler.check(code, 2)];
      for (const { start, end } of found) {
        expect(start).toBeGreaterThanOrEqual(0);
        expect(end).toBeGreaterThanOrEqual(start);
        expect(end).toBeLessThanOrEqual(code.length);
      }
    }),
    { numRuns: 150 },
  );
});
