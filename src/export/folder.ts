import { existsSync, readdirSync, statSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fail } from "../base/diagnostic.js";
import { makeFolder } from "../base/folder.js";
import { isInside, realPath } from "../run/paths.js";
import { MANIFEST_NAME, manifestFiles } from "./manifest-file.js";

/** Most names of strange files in a message. */
const MOST_NAMED = 4;

/**
 * Refuses a folder in which an export would destroy or mix with something: one that holds files that no export has written,
 * unless `force`, and one that is the project itself.
 * @param root of the project
 * @throws {DiagnosticError} `export-folder-taken`, `export-folder-unfit`
 */
export async function checkTarget(path: string, { root, force }: { root: string; force: boolean }): Promise<void> {
  const info = statSync(path, { throwIfNoEntry: false });
  if (info !== undefined && !info.isDirectory()) fail("export-folder-unfit", { path, reason: "it is no folder" });
  if (isInside(realPath(root), realPath(path))) {
    fail("export-folder-unfit", { path, reason: "the project lies in it" });
  }
  if (info === undefined || force) return;
  const strange = await strangersIn(path);
  if (strange.length === 0) return;
  fail("export-folder-taken", {
    path,
    found: strange.slice(0, MOST_NAMED),
    more: Math.max(0, strange.length - MOST_NAMED),
  });
}

/** Files below a folder that its manifest does not list; all of them where it has none. Empty folders do not count. */
async function strangersIn(path: string): Promise<readonly string[]> {
  const own = new Set([MANIFEST_NAME, ...(await manifestFiles(path))]);
  return filesBelow(path).filter((name) => !own.has(name));
}

/** Paths of all that is no folder below a folder, with `/`, sorted. */
function filesBelow(path: string): readonly string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(join(path).length + 1)
        .replaceAll("\\", "/"),
    )
    .sort();
}

/**
 * Fills a folder whole or not at all: `fill` writes beside it, then the folder changes places with what was there. Files in it
 * that no export has written stay, and are passed only with `force`.
 */
export async function replaceFolder(path: string, fill: (staging: string) => Promise<void>): Promise<void> {
  makeFolder(dirname(path));
  const beside = (what: string) => join(dirname(path), `.${basename(path)}.${process.pid}.${what}`);
  const [staging, old] = [beside("part"), beside("old")];
  try {
    await rm(staging, { recursive: true, force: true });
    await mkdir(staging);
    await fill(staging);
    if (!existsSync(path)) await rename(staging, path);
    else if ((await strangersIn(path)).length === 0) await swap(path, staging, old);
    else await merge(path, staging);
  } finally {
    await rm(staging, { recursive: true, force: true }).catch(() => {});
  }
}

async function swap(path: string, staging: string, old: string): Promise<void> {
  await rename(path, old);
  try {
    await rename(staging, path);
  } catch (error) {
    await rename(old, path);
    throw error;
  }
  await rm(old, { recursive: true, force: true });
}

/** File by file, the manifest last: until then the old one says that files are missing or changed. */
async function merge(path: string, staging: string): Promise<void> {
  const stale = new Set(await manifestFiles(path));
  const names = filesBelow(staging);
  for (const name of [...names.filter((each) => each !== MANIFEST_NAME), MANIFEST_NAME]) {
    makeFolder(dirname(join(path, name)));
    await rename(join(staging, name), join(path, name));
    stale.delete(name);
  }
  for (const name of stale) await rm(join(path, name), { force: true });
}
