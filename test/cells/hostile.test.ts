import { expect, test } from "vitest";
import { DESCRIPTORS } from "../../src/cells/child/frames.js";
import { openCells } from "./cell-runs.js";

const cells = openCells({ typeErrors: "off" });

const patches: Readonly<Record<string, string>> = {
  "Array.prototype":
    'for (const name of ["push", "map", "filter", "forEach", "join", "slice", "splice", "some", "find", "indexOf", "concat", "flatMap"]) (Array.prototype as any)[name] = () => { throw new Error("patched") }',
  "the iterator of arrays": "(Array.prototype as any)[Symbol.iterator] = function* () {}",
  "toJSON of everything":
    "(Object.prototype as any).toJSON = () => 'patched'; (Array.prototype as any).toJSON = () => 'patched'",
  JSON: 'JSON.parse = () => { throw new Error("patched") }; JSON.stringify = () => "patched"',
  Promise: "(globalThis as any).Promise = class {}; ",
  "then of promises": 'Promise.prototype.then = () => { throw new Error("patched") }',
  "process.stdout": 'Object.defineProperty(process, "stdout", { value: null, configurable: true })',
  timers: "(globalThis as any).setTimeout = (globalThis as any).setImmediate = () => { throw 1 }",
  "Buffer and Error":
    "(globalThis as any).Buffer = undefined; (globalThis as any).Error = undefined; Error.prepareStackTrace = 5 as any",
  "the stack of errors": 'Error.prepareStackTrace = () => { throw new Error("patched") }; Error.stackTraceLimit = 0',
  "performance and Date": "performance.now = () => NaN; Date.now = () => NaN",
};

for (const [what, patch] of Object.entries(patches)) {
  test(`cells still run, print and fail after a cell patched ${what}`, async () => {
    await cells.run(patch.trim());
    const sum = await cells.run("process.stderr.write('printed'); 20 + 22");
    expect([sum.error, sum.stderr, sum.result]).toEqual([undefined, "printed", "42"]);
    const failed = await cells.run("null!.x");
    expect(failed.error).toBe("TypeError: Cannot read properties of null (reading 'x')");
    // A fresh process for the next patch.
    await cells.run('process.kill(process.pid, "SIGKILL"); for (;;);');
  });
}

test("a cell that takes every listener of the process away is shown its stray error as a death", async () => {
  const died = await cells.run(
    'process.removeAllListeners("uncaughtException"); setTimeout(() => { throw new Error("unseen") }, 1); await new Promise(() => {})',
  );
  expect(died.error).toBe("ExecutionProcessDied: it ended with exit code 1");
  expect((await cells.run("1 + 1")).result).toBe("2");
});

for (const [name, descriptor] of Object.entries(DESCRIPTORS)) {
  test(`closing the descriptor of ${name} costs the process and nothing else`, async () => {
    const died = await cells.run(
      `import fs from "node:fs"; fs.closeSync(${descriptor}); console.log("x"); await new Promise(() => {})`,
    );
    // Node's event loop aborts when it finds the descriptor gone before the kernel process does.
    expect(died.error).toMatch(/^ExecutionProcessDied: (its code closed a file descriptor|killed by SIGABRT)/);
    expect((await cells.run("1 + 1")).result).toBe("2");
  });
}

test("a result whose own text throws is still an outcome", async () => {
  const { reply } = await cells.run(
    '({ [Symbol.for("nodejs.util.inspect.custom")]() { throw new Error("no") }, toJSON() { throw 1 } })',
  );
  expect(["ok", "error"]).toContain(reply.status);
  expect((await cells.run("1 + 1")).result).toBe("2");
});

test("a display of something that JSON cannot hold fails in the cell", async () => {
  const { error } = await cells.run('display.raw("application/json", { big: 1n })');
  expect(error).toMatch(/^TypeError/);
});
