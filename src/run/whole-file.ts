import { chmod, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { makeFolder } from "../base/folder.js";

/** Writes a file so that nobody, in this run or another, ever reads a part of it: under a name of its own, then renamed. */
export async function writeWhole(path: string, content: Uint8Array | string): Promise<void> {
  const part = ownName(path, "part");
  // Somebody may have cleaned up during the run.
  makeFolder(dirname(path));
  try {
    await writeFile(part, content);
    await rename(part, path);
  } catch (error) {
    // Half a file on a full disk only takes room.
    await rm(part, { force: true }).catch(() => {});
    throw error;
  }
}

/**
 * Writes a file of the user's, whole or not at all, that may be there already: a link stays a link, its permissions
 * stay, and what is no file (a folder, `/dev/null`) is never replaced by one.
 * @throws {Error} the system's own, with its `code`
 */
export async function replaceWhole(path: string, content: Uint8Array | string): Promise<void> {
  const target = await realpath(path).catch(() => undefined);
  if (target === undefined) return writeWhole(path, content);
  const info = await stat(target);
  if (info.isDirectory()) throw Object.assign(new Error("it is a folder"), { code: "EISDIR", path });
  if (!info.isFile()) throw new Error("it is a device, not a file");
  await writeWhole(target, content);
  await chmod(target, info.mode & 0o7777);
}

/** A name beside `path` that no other process uses. */
export function ownName(path: string, ending: string): string {
  return `${path}.${process.pid}.${ending}`;
}
