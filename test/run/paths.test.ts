import { mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isInside, projectRoot, realPath, resolveAllowed } from "../../src/run/paths.js";

function folder(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), "nibble-paths-")));
}

test("the project root is the nearest folder above the program with a marker", () => {
  const root = folder();
  mkdirSync(join(root, "notebooks"));
  writeFileSync(join(root, "package.json"), "{}");
  expect(projectRoot(join(root, "notebooks", "a.nib"), "/")).toBe(root);
});

test("without a marker the current folder is the root when it holds the program, else the program's folder", () => {
  const root = folder();
  mkdirSync(join(root, "deep"));
  expect(projectRoot(join(root, "deep", "a.nib"), root)).toBe(root);
  expect(projectRoot(join(root, "deep", "a.nib"), join(root, "other"))).toBe(join(root, "deep"));
});

test("a path is read under an allowed folder alone, and relative to the program", () => {
  const root = folder();
  mkdirSync(join(root, "data"));
  writeFileSync(join(root, "data", "a.csv"), "");
  const from = join(root, "notebooks", "a.nib");
  expect(resolveAllowed("../data/a.csv", from, [root])).toEqual({ path: join(root, "data", "a.csv") });
  expect(resolveAllowed("../../secret.csv", from, [root])).toEqual({
    refused: realPath(join(root, "..", "secret.csv")),
  });
  expect(resolveAllowed("/etc/passwd", from, [root])).toEqual({ refused: "/etc/passwd" });
  expect(resolveAllowed("/etc/passwd", from, [root, "/etc"])).toEqual({ path: "/etc/passwd" });
});

test("a link that leads out of the project is refused", () => {
  const [root, outside] = [folder(), folder()];
  writeFileSync(join(outside, "secret.csv"), "");
  symlinkSync(join(outside, "secret.csv"), join(root, "data.csv"));
  expect(resolveAllowed("data.csv", join(root, "a.nib"), [root])).toEqual({ refused: join(outside, "secret.csv") });
});

test("a folder whose name begins like the root's is not inside it", () => {
  expect(isInside("/project-two/a", "/project")).toBe(false);
  expect(isInside("/project", "/project")).toBe(true);
});
