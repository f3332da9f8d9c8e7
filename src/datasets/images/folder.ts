import { readdir, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { fail } from "../../base/diagnostic.js";
import { unreadable } from "../files.js";

export interface ImageFile {
  readonly path: string;
  /** `class/file.png`: the same on every machine. */
  readonly name: string;
  readonly className: string;
}

const endings = /\.(png|jpe?g|webp)$/i;

/** Most images in one folder tree. */
const mostImages = 5_000_000;

/**
 * Images of `folder/<class>/`, sorted by name; other files and hidden ones are passed over.
 * @throws {DiagnosticError} when there are none, or a link leads out of the folder
 */
export async function listImages(folder: string): Promise<readonly ImageFile[]> {
  const root = await realpath(folder);
  const files: ImageFile[] = [];
  for (const className of await namesIn(folder, root, "folder")) {
    const classFolder = join(folder, className);
    for (const name of await namesIn(classFolder, root, "file")) {
      if (!endings.test(name)) continue;
      files.push({ path: join(classFolder, name), name: `${className}/${name}`, className });
    }
    if (files.length > mostImages) {
      fail("data-too-large", { what: folder, size: files.length, most: mostImages, unit: "images" });
    }
  }
  return files.length > 0 ? files : fail("data-no-classes", { path: folder });
}

async function namesIn(folder: string, root: string, kind: "file" | "folder"): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) =>
    unreadable(folder, error, "folder"),
  );
  const names: string[] = [];
  for (const entry of entries) {
    if (entry.name.startsWith(".")) continue;
    const path = join(folder, entry.name);
    const is = entry.isSymbolicLink() ? await linked(path, root) : entry;
    if (kind === "file" ? is.isFile() : is.isDirectory()) names.push(entry.name);
  }
  return names.sort((a, b) => (a < b ? -1 : 1));
}

/** What a link points to, which must lie inside the folder that the program may read. */
async function linked(path: string, root: string) {
  const target = await realpath(path).catch((error: unknown) => unreadable(path, error));
  if (!target.startsWith(root + sep)) fail("data-path-outside", { path, folder: root });
  return stat(target);
}
