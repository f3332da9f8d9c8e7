import { expect, test } from "vitest";
import { openCells } from "./cell-runs.js";

const cells = openCells({ graceMs: 1500 });

test("process.exit ends the cell and keeps the variables", async () => {
  await cells.run("const kept = 1");
  expect((await cells.run("process.exit(3)")).error).toBe(
    "ProcessExitError: the cell called process.exit(3); a notebook's process stays, so the cell ends here and all variables are kept",
  );
  expect((await cells.run("kept")).result).toBe("1");
});

const deaths: Readonly<Record<string, readonly [code: string, reason: RegExp]>> = {
  "process.abort": ["process.abort()", /^ExecutionProcessDied: killed by SIGABRT/],
  SIGKILL: ['process.kill(process.pid, "SIGKILL"); while (true) {}', /^ExecutionProcessDied: killed by SIGKILL/],
  "process.reallyExit": ["(process as any).reallyExit(4)", /^ExecutionProcessDied: it ended with exit code 4$/],
};

for (const [what, [code, reason]] of Object.entries(deaths)) {
  test(`after death by ${what} the cell says so, and a fresh process runs the next cell`, async () => {
    await cells.run("const gone = 1");
    const died = await cells.run(code);
    expect(died.error).toMatch(reason);
    expect(died.traceback).toContain("all variables are gone");
    const next = await cells.run("typeof gone");
    expect([next.result, next.stderr]).toEqual(["'undefined'", expect.stringContaining("TS2304")]);
  });
}

test("a death while no cell runs is told once", async () => {
  cells.idle.length = 0;
  await cells.run("%types off\nsetTimeout(() => process.abort(), 500); undefined");
  await expect.poll(() => cells.idle.length, { timeout: 20_000 }).toBeGreaterThan(0);
  expect(cells.idle).toEqual([
    {
      kind: "stream",
      name: "stderr",
      text: expect.stringMatching(/^The process that runs the cells died: killed by SIGABRT/),
    },
  ]);
  expect((await cells.run("1 + 1")).result).toBe("2");
});

test("a cell that does not end after Stop loses its process, and says so", async () => {
  const stuck = await cells.stop(
    'import { execSync } from "node:child_process"; console.log("begun"); await new Promise((done) => setTimeout(done, 50)); execSync("sleep 30")',
  );
  expect(stuck.error).toBe("KeyboardInterrupt: the cell did not end after Stop, so its process was replaced");
  expect(stuck.traceback).toContain("all variables are gone");
  expect((await cells.run("2 + 2")).result).toBe("4");
});

test("stray exceptions are shown and kill nothing", async () => {
  const { stderr, result } = await cells.run(
    'let alive = true; setTimeout(() => { throw new TypeError("in a timer") }, 1); Promise.reject(new Error("lost")); await new Promise((done) => setTimeout(done, 100)); alive',
  );
  expect(stderr).toContain("TypeError");
  expect(stderr).toContain(": in a timer");
  expect(stderr).toContain(": lost");
  expect(result).toBe("true");
});
