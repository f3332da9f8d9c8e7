import { rename, rm, writeFile } from "node:fs/promises";
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

/** A name beside `path` that no other process uses. */
export function ownName(path: string, ending: string): string {
  return `${path}.${process.pid}.${ending}`;
}
