import { rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { makeFolder } from "../base/folder.js";

/** Writes a file so that nobody, in this run or another, ever reads a part of it: under a name of its own, then renamed. */
export async function writeWhole(path: string, content: Uint8Array | string): Promise<void> {
  const part = ownName(path, "part");
  // Somebody may have cleaned up during the run.
  makeFolder(dirname(path));
  await writeFile(part, content);
  await rename(part, path);
}

/** A name beside `path` that no other process uses. */
export function ownName(path: string, ending: string): string {
  return `${path}.${process.pid}.${ending}`;
}
