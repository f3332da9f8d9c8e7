import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";

const MARKERS = [".git", "package.json", ".nibble"];

/**
 * The project of a program: the nearest folder at or above it that holds `.git`, `package.json` or `.nibble`; without
 * one the current folder when the program lies in it, else the program's own folder.
 * @param path of the program; it need not exist (a notebook cell, a template string)
 */
export function projectRoot(path: string, currentFolder: string): string {
  const start = dirname(resolve(currentFolder, path));
  for (let folder = start; ; folder = dirname(folder)) {
    if (MARKERS.some((marker) => existsSync(join(folder, marker)))) return folder;
    if (folder === dirname(folder)) break;
  }
  return isInside(start, currentFolder) ? currentFolder : start;
}

/** True when `path` is `folder` or lies in it, as text; resolve links first. */
export function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === "" || (!way.startsWith("..") && !isAbsolute(way));
}

/** The real path, links resolved; of a file that does not exist, that of its nearest existing folder and the rest. */
export function realPath(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const parent = dirname(path);
  return parent === path ? path : join(realPath(parent), basename(path));
}

/**
 * A path of a program as an absolute real path.
 * @param path     as written; relative ones start at the folder of `fromFile`
 * @param allowed  folders, absolute; a link that leads out of all of them is refused as any other path is
 */
export function resolveAllowed(
  path: string,
  fromFile: string,
  allowed: readonly string[],
): { readonly path: string } | { readonly refused: string } {
  const real = realPath(resolve(dirname(fromFile), path));
  return allowed.some((folder) => isInside(real, realPath(folder))) ? { path: real } : { refused: real };
}
