import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { historyPath, openHistoryFile } from "../../../src/kernel/history/file.js";
import { matchesGlob } from "../../../src/kernel/history/glob.js";
import { createHistory, type History, type HistoryCell } from "../../../src/kernel/history/history.js";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nibble-history-"));
  file = join(folder, "data", "history.jsonl");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A session that ran these cells and ended. */
async function session(...inputs: readonly string[]): Promise<History> {
  const history = createHistory(openHistoryFile(file));
  for (const [i, input] of inputs.entries()) history.add(i + 1, input, `out of ${input}`);
  await history.close();
  return history;
}

const brief = (cells: readonly HistoryCell[]) => cells.map(({ session, line, input }) => `${session}/${line} ${input}`);

test("the tail is the last cells of all sessions, oldest first", async () => {
  await session("a", "b");
  const history = await session("c", "d");
  expect(brief(await history.find({ kind: "tail", n: 3 }))).toEqual(["1/2 b", "2/1 c", "2/2 d"]);
  expect(await history.find({ kind: "tail", n: 0 })).toEqual([]);
});

test("a range is of one session: 0 this one, -1 the one before, or its number; its stop is exclusive", async () => {
  await session("a", "b");
  const history = await session("c", "d", "e");
  const range = async (session: number, start: number, stop?: number) =>
    brief(await history.find({ kind: "range", session, start, stop }));
  expect(await range(0, 1, 3)).toEqual(["2/1 c", "2/2 d"]);
  expect(await range(0, 2)).toEqual(["2/2 d", "2/3 e"]);
  expect(await range(-1, 1)).toEqual(["1/1 a", "1/2 b"]);
  expect(await range(1, 2, 3)).toEqual(["1/2 b"]);
  expect(await range(9, 1)).toEqual([]);
});

test("a search matches whole cells; unique keeps the newest of equal ones; n the last", async () => {
  await session("x = 1", "y");
  const history = await session("x = 2", "x = 1");
  const search = async (pattern: string, unique: boolean, n?: number) =>
    brief(await history.find({ kind: "search", pattern, unique, n }));
  expect(await search("x*", false)).toEqual(["1/1 x = 1", "2/1 x = 2", "2/2 x = 1"]);
  expect(await search("x*", true)).toEqual(["2/1 x = 2", "2/2 x = 1"]);
  expect(await search("x*", false, 1)).toEqual(["2/2 x = 1"]);
  expect(await search("x", false)).toEqual([]);
});

test("results are known of this session", async () => {
  const history = await session("a");
  expect(await history.find({ kind: "tail", n: 1 })).toEqual([{ session: 1, line: 1, input: "a", output: "out of a" }]);
});

test("two kernels at once write whole lines, and each is a session", async () => {
  const kernels = [createHistory(openHistoryFile(file)), createHistory(openHistoryFile(file))];
  for (let i = 1; i <= 200; i++)
    for (const [k, kernel] of kernels.entries()) kernel.add(i, `${k}: ${"x".repeat(500)}`, undefined);
  await Promise.all(kernels.map((kernel) => kernel.close()));
  const later = await session();
  const cells = await later.find({ kind: "tail", n: 1000 });
  expect(cells.map((cell) => cell.line)).toEqual([...Array(400).keys()].map((i) => (i % 200) + 1));
  expect(new Set(cells.slice(0, 200).map((cell) => cell.input)).size).toBe(1);
});

test("torn and foreign lines are left out", async () => {
  await session("a");
  appendFileSync(file, '{"kernel":"k","line":1,"inp\n[]\nnull\n{"kernel":1}\n');
  expect(brief(await (await session("b")).find({ kind: "tail", n: 9 }))).toEqual(["1/1 a", "2/1 b"]);
});

test("a file that has grown too large loses its older half and stays whole lines", async () => {
  await session("a");
  const line = `${JSON.stringify({ kernel: "old", line: 1, input: "y".repeat(10_000) })}\n`;
  writeFileSync(file, line.repeat(1000));
  await session("newest");
  expect(statSync(file).size).toBeLessThan(4.1 * 1024 * 1024);
  for (const text of readFileSync(file, "utf8").trim().split("\n")) JSON.parse(text);
});

test("where nothing can be written, this session is remembered", async () => {
  writeFileSync(join(folder, "data"), "a file where the folder should be");
  expect(brief(await (await session("a", "b")).find({ kind: "tail", n: 9 }))).toEqual(["1/1 a", "1/2 b"]);
});

test("the file lies in the user's folder of data", () => {
  expect(historyPath({ XDG_DATA_HOME: "/data" })).toBe(join("/data", "nibble", "history.jsonl"));
});

test.each([
  ["*", "", true],
  ["a*c", "abc\nc", true],
  ["a?c", "a😀c", true],
  ["a?c", "ac", false],
  ["[a-c]x", "bx", true],
  ["[^a-c]x", "bx", false],
  ["[]]", "]", true],
  ["[a", "[a", true],
  ["A*", "abc", false],
  ["*1*2*", "x1y2z", true],
  ["*1*2*", "x2y1z", false],
  ["console.log(*)", "console.log('.')", true],
])("glob %j on %j: %s", (pattern, text, matches) => {
  expect(matchesGlob(pattern, text)).toBe(matches);
});
