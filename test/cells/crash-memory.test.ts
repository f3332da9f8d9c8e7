import { expect, test } from "vitest";
import { openCells } from "./cell-runs.js";

// Read by the execution child: filling the usual heap takes a minute.
process.env.NODE_OPTIONS = "--max-old-space-size=120";
const cells = openCells();

test("a cell that exhausts the heap is told so, and a fresh process runs the next cell", async () => {
  const died = await cells.run("const all: number[][] = [];\nfor (;;) all.push(new Array(10000).fill(all.length));");
  expect(died.error).toMatch(/^ExecutionProcessDied: out of memory: its JavaScript heap was full/);
  expect(died.stderr).not.toContain("Last few GCs");
  expect((await cells.run("1 + 1")).result).toBe("2");
});
