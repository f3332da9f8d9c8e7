import { mkdtempSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeFolder } from "../../src/base/folder.js";

const scratch = () => mkdtempSync(join(tmpdir(), "nibble-folder-"));

test("missing folders are made, and those that are there stay", () => {
  const folder = join(scratch(), "a", "b", "c");
  makeFolder(folder);
  makeFolder(folder);
  expect(statSync(folder).isDirectory()).toBe(true);
});

test("a file in the way is ENOTDIR, below it and in its place", () => {
  const folder = scratch();
  writeFileSync(join(folder, "file"), "");
  expect(() => makeFolder(join(folder, "file", "below"))).toThrow(expect.objectContaining({ code: "ENOTDIR" }));
  expect(() => makeFolder(join(folder, "file"))).toThrow(expect.objectContaining({ code: "ENOTDIR" }));
});

test.runIf(process.platform === "linux")("a folder that the system cannot make is an error and not a loop", () => {
  expect(() => makeFolder("/proc/nibble/results")).toThrow(expect.objectContaining({ code: "ENOENT" }));
});
