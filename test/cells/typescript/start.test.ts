import type { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { startTypeScript } from "../../../src/cells/typescript/start.js";
import { emptyFolder } from "./run-cells.js";

test("a thread prepares, checks and commits; lost to a text it cannot finish, it comes back with all that was committed", async () => {
  const service = startTypeScript({ folder: emptyFolder(), warm: false });
  expect(await service.prepare("const a = 1; a", 1)).toMatchObject({ cell: { declares: ["a"], hasResult: true } });
  await service.commit("const a = 1; a", 1);
  expect(await service.check("const s: string = a", 2)).toMatchObject([{ code: 2322, start: 6, end: 7 }]);
  expect((await service.complete("a", 1)).items).toContainEqual(expect.objectContaining({ text: "a" }));
  expect(await service.isComplete("f(")).toEqual({ status: "incomplete", indent: "  " });
  await service.dispose();
  expect(await service.prepare("1", 3)).toMatchObject({ errors: [{ message: expect.stringContaining("ended") }] });
});

test("a request that takes too long is given up, and the next thread knows the earlier cells", async () => {
  const service = startTypeScript({ folder: emptyFolder(), warm: false, longestMs: 20_000 });
  await service.commit("const a = 1", 1);
  await service.define("b", "string");
  // One name declared over and over costs the compiler time that grows with the square of their number.
  const endless = `var a = 1;\n`.repeat(150_000);
  expect(await service.prepare(endless, 2)).toMatchObject({
    errors: [{ message: expect.stringContaining("no answer in 20 s") }],
  });
  // A thread takes its time to start on a busy machine, and this service is impatient.
  while ((await service.isComplete("1")).status === "unknown");
  expect(await service.check("const s: string = a; const n: number = b", 3)).toMatchObject([
    { code: 2322 },
    { code: 2322 },
  ]);
  await service.dispose();
});

test("a thread that is killed or fails answers what it owes, and the next one knows the earlier cells", async () => {
  const threads: Worker[] = [];
  const listener = (worker: Worker) => threads.push(worker);
  process.on("worker", listener);
  const service = startTypeScript({ folder: emptyFolder(), warm: false });
  await service.commit("const a = 1", 1);
  const wrong = "const s: string = a";
  for (const end of [(thread?: Worker) => thread?.terminate(), (thread?: Worker) => thread?.postMessage(null)]) {
    end(threads.at(-1));
    expect(await service.prepare("1", 2)).toMatchObject({ errors: [{ code: 0 }] });
    expect(await service.check(wrong, 3)).toMatchObject([{ code: 2322 }]);
  }
  expect(threads.length).toBe(3);
  process.off("worker", listener);
  await service.dispose();
});

test("what a user waits for overtakes the check of a cell, and no commit", async () => {
  const service = startTypeScript({ folder: emptyFolder(), warm: false });
  const ended: string[] = [];
  const note = (name: string) => () => ended.push(name);
  const cell = 'import * as tf from "@tensorflow/tfjs"; const a = tf.zeros([1]); a.rnk';
  const check = service.check(cell, 1).then((found) => {
    ended.push("check");
    return found;
  });
  await Promise.all([
    check,
    service.isComplete("1").then(note("isComplete")),
    service.prepare("1", 2).then(note("prepare")),
    service.commit(cell, 1).then(note("commit")),
    service.complete("a.ran", 5).then(note("complete")),
  ]);
  expect(await check).toMatchObject([{ code: 2551 }]);
  expect(ended).toEqual([expect.any(String), expect.any(String), "check", "commit", "complete"]);
  await service.dispose();
});
