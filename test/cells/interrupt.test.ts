import { expect, test } from "vitest";
import { openCells } from "./cell-runs.js";

const cells = openCells();
const STOPPED = "KeyboardInterrupt: the cell was interrupted";
/** Printed before the loop, so that Stop comes while it runs; the print must leave the process first. */
const BEGIN = 'console.log("begun"); await new Promise((done) => setTimeout(done, 50));';

const loops: Readonly<Record<string, string>> = {
  "a synchronous loop": "while (true) {}",
  "a loop that swallows errors": "while (true) { try { while (true) {} } catch {} finally {} }",
  "a microtask loop": "for (;;) await 0;",
  "a promise that never settles": "await new Promise(() => {});",
  "a loop of timers": "for (;;) await new Promise((done) => setTimeout(done, 1));",
  "a loop that prints": 'while (true) console.log("x");',
  "a timer that spins": "setTimeout(() => { while (true) {} }, 0); await new Promise(() => {});",
  "a regular expression that backtracks": '/^(a+)+$/.test("a".repeat(40) + "b");',
  "a getter that spins, of the value that is shown": "({ get [Symbol.toStringTag]() { while (true) {} } })",
  "a wait of a thread": "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);",
  "a wasm loop":
    "new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from([0,97,115,109,1,0,0,0,1,4,1,96,0,0,3,2,1,0,7,5,1,1,114,0,0,10,9,1,7,0,3,64,12,0,11,11]))).exports.r();",
};

for (const [what, loop] of Object.entries(loops)) {
  test(`Stop ends ${what}, keeps the variables and the next cell prints`, async () => {
    await cells.run("let kept = 41");
    const stopped = await cells.stop(`%types off\n${BEGIN}\n${loop}`);
    expect(stopped.error).toBe(STOPPED);
    const after = await cells.run("console.log('next'); kept + 1");
    expect([after.error, after.result, after.stdout]).toEqual([undefined, "42", "next\n"]);
  });
}

test("Stop ends a question to the user", async () => {
  const asked = cells.run("await input('name? ')", {
    onInput: () => {
      void cells.interpreter.interrupt();
      return new Promise<string>(() => {});
    },
  });
  expect((await asked).error).toBe(STOPPED);
});

test("Stop when nothing runs stops nothing, now or later", async () => {
  await cells.interpreter.interrupt();
  const after = await cells.run("await new Promise((done) => setTimeout(done, 300)); 1 + 1");
  expect(after.result).toBe("2");
});

test("Stop at the very end of a cell never reaches the next one", async () => {
  for (let i = 0; i < 15; i++) {
    const first = cells.run(`for (const end = Date.now() + ${90 + i * 2}; Date.now() < end; );`);
    void cells.interpreter.interrupt();
    await first;
    const next = await cells.run(`for (const end = Date.now() + 60; Date.now() < end; ); ${i}`);
    expect([next.error, next.result]).toEqual([undefined, String(i)]);
  }
});

test("what a stopped cell left behind cannot hold up the next cell for good", async () => {
  await cells.run("%types off\nlet mark = 'kept'");
  await cells.stop(`${BEGIN} await new Promise((done) => setTimeout(done, 400)); while (true) {}`);
  const stuck = cells.run("await new Promise((done) => setTimeout(done, 1500)); 5");
  await new Promise((done) => setTimeout(done, 1000));
  await cells.interpreter.interrupt();
  expect((await stuck).error).toBe(STOPPED);
  expect((await cells.run("mark")).result).toBe("'kept'");
});

test("two presses of Stop are one", async () => {
  const running = cells.run("console.log(1); while (true) {}", {
    onOutput: () => {
      void cells.interpreter.interrupt();
      void cells.interpreter.interrupt();
    },
  });
  expect((await running).error).toBe(STOPPED);
  expect((await cells.run("6 * 7")).result).toBe("42");
});

// Last: from here on Node's hooks are on in the process that the tests share.
test("Stop ends a timer that spins beside an AsyncLocalStorage", async () => {
  await cells.run("let beside = 41");
  const stopped = await cells.stop(
    `%types off\n${BEGIN} const { AsyncLocalStorage } = require("node:async_hooks");\n` +
      "new AsyncLocalStorage().run(1, () => setTimeout(() => { while (true) {} }, 0)); await new Promise(() => {})",
  );
  expect(stopped.error).toBe(STOPPED);
  expect((await cells.run("beside + 1")).result).toBe("42");
});
