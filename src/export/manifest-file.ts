import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, realpath, stat } from "node:fs/promises";
import { isAbsolute, join, normalize } from "node:path";
import { type Diagnostic, diagnostic, fail } from "../base/diagnostic.js";
import { arrayOf, count, object, oneOf, string } from "../results/checks.js";
import { isInside } from "../run/paths.js";

/** What says that a folder is an export, and what it should hold. */
export const MANIFEST_NAME = "manifest.json";
export const CARD_NAME = "MODEL_CARD.md";

/** Most bytes of a manifest that is read; raw timing samples and a program are all that makes one long. */
const MOST_BYTES = 64 * 2 ** 20;

/** A file of an export. `path` lies below the export's folder, with `/`. */
export interface ListedFile {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

const listing = object({
  kind: oneOf("nibble-export"),
  schemaVersion: count,
  files: arrayOf(object({ path: string, sha256: string, bytes: count })),
});

/** The files that a folder's manifest lists; none where there is no manifest that can be read. */
export async function manifestFiles(folder: string): Promise<readonly string[]> {
  const read = await readListing(folder);
  return "files" in read ? read.files.map(({ path }) => path) : [];
}

async function readListing(
  folder: string,
): Promise<{ readonly files: readonly ListedFile[] } | { readonly reason: string }> {
  const path = join(folder, MANIFEST_NAME);
  try {
    const info = await stat(path);
    if (!info.isFile() || info.size > MOST_BYTES) return { reason: "its manifest.json is no file of a fitting size" };
    const value: unknown = JSON.parse(await readFile(path, "utf8"));
    const reason = listing(value, "");
    if (reason !== undefined) return { reason: `its manifest.json is not one of an export: ${reason}` };
    const { files } = value as { readonly files: readonly ListedFile[] };
    const outside = files.find((file) => isOutside(file.path));
    return outside ? { reason: `its manifest.json names ${outside.path}, which lies outside` } : { files };
  } catch (error) {
    if (error instanceof SyntaxError) return { reason: "its manifest.json is not JSON" };
    const { code } = error as { readonly code?: string };
    const isAbsent = code === "ENOENT" || code === "ENOTDIR";
    return { reason: isAbsent ? "there is no manifest.json in it" : `its manifest.json cannot be read (${code})` };
  }
}

function isOutside(path: string): boolean {
  return path === "" || isAbsolute(path) || path.includes("\0") || normalize(path).startsWith("..");
}

/**
 * Holds the files of an export against its manifest: each is there, as long as it was, and has the same SHA-256. Files that the
 * manifest does not list are nobody's business.
 * @returns one `export-damaged` a file that differs; none where all is as it was
 * @throws {DiagnosticError} `export-unreadable`
 */
export async function verifyExport(folder: string): Promise<readonly Diagnostic[]> {
  const read = await readListing(folder);
  if ("reason" in read) fail("export-unreadable", { path: folder, reason: read.reason });
  const problems: Diagnostic[] = [];
  for (const file of read.files) {
    const problem = await problemOf(folder, file);
    if (problem) problems.push(diagnostic("export-damaged", { path: folder, file: file.path, problem }));
  }
  return problems;
}

async function problemOf(folder: string, { path, sha256, bytes }: ListedFile): Promise<string | undefined> {
  const file = join(folder, path);
  try {
    const real = await realpath(file);
    if (!isInside(real, await realpath(folder))) return "is a link that leads out of the folder";
    const info = await stat(real);
    if (!info.isFile()) return "is no file";
    if (info.size !== bytes) return `has ${info.size} bytes, and the manifest says ${bytes}`;
    return (await hashFile(real)) === sha256 ? undefined : "has the length that the manifest says, but other bytes";
  } catch (error) {
    const { code } = error as { readonly code?: string };
    return code === "ENOENT" || code === "ENOTDIR" ? "is missing" : `cannot be read (${code ?? String(error)})`;
  }
}

/** SHA-256 of a file, `sha256:` and hex digits, whatever its size. */
async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return `sha256:${hash.digest("hex")}`;
}
