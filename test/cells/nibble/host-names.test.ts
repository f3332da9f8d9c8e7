import { expect, test } from "vitest";
import { openCells } from "../cell-runs.js";

const { interpreter, run } = openCells();

async function namesBehindDollar(): Promise<string[]> {
  const code = "%%nibble\nmodel m = tfjs($";
  return (await interpreter.complete(code, code.length)).items.map(({ text }) => text);
}

test("$ offers the variables that cells made, as they come, and none of a process that is gone", async () => {
  expect(await namesBehindDollar()).toEqual([]);
  await run("const net = 1; function build() {}; type T = number");
  expect(await namesBehindDollar()).toEqual(["$net", "$build"]);
  await run("const half = 1; throw new Error(); const rest = 2");
  expect(await namesBehindDollar()).toEqual(["$net", "$build", "$half"]);
  await run("process.kill(process.pid, 'SIGKILL'); await new Promise(() => {})");
  expect(await namesBehindDollar()).toEqual([]);
});
