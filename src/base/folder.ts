import { mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

/**
 * Makes a folder and those above it that are missing. Node's own recursive `mkdir` never ends where the system says
 * that no folder can be made by saying ENOENT, as it does under /proc.
 * @throws {Error} the system's own, with its `code`
 */
export function makeFolder(path: string): void {
  const missing: string[] = [];
  for (let folder = resolve(path); !isThere(folder); folder = dirname(folder)) missing.push(folder);
  for (const folder of missing.reverse()) makeOne(folder);
}

/** Whether a folder, or whatever is in its way, exists. */
function isThere(path: string): boolean {
  const info = statSync(path, { throwIfNoEntry: false });
  if (info !== undefined && !info.isDirectory()) {
    throw Object.assign(new Error(`ENOTDIR: not a directory, mkdir '${path}'`), { code: "ENOTDIR", path });
  }
  return info !== undefined;
}

function makeOne(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another process may have made it in the meantime.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST" || !isThere(folder)) throw error;
  }
}
