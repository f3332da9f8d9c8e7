import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, realpath, stat } from "node:fs/promises";
import { dirname, resolve, sep } from "node:path";
import { pipeline, Transform } from "node:stream";
import { createGunzip } from "node:zlib";
import { DiagnosticError, fail } from "../base/diagnostic.js";
import type { ContentHash } from "../base/hash.js";
import type { DataReference } from "./dataset.js";
import { mostBytes } from "./settings.js";

/** The path of a reference whose reader needs one. */
export function pathOf(ref: DataReference): string {
  return ref.path ?? fail("data-path-needed", { reader: ref.reader });
}

/** @throws {DiagnosticError} unless `path` is a readable file or folder; devices and pipes are neither. */
export async function checkSource(path: string, expected: "file" | "folder"): Promise<{ readonly bytes: number }> {
  const info = await stat(path).catch((error: unknown) => unreadable(path, error, expected));
  if (expected === "file" ? !info.isFile() : !info.isDirectory()) fail("data-source-kind", { path, expected });
  return { bytes: info.size };
}

/** Turns a failure of the file system into a diagnostic. */
export function unreadable(path: string, error: unknown, expected: "file" | "folder" = "file"): never {
  if (error instanceof DiagnosticError) throw error;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOENT" || code === "ENOTDIR") fail("data-source-missing", { path, expected });
  const known: Record<string, string> = { EACCES: "permission denied", EPERM: "permission denied", EIO: "disk error" };
  fail("data-source-unreadable", { path, reason: known[code ?? ""] ?? code ?? String(error) });
}

/**
 * Absolute path of a second file of the same data set, which must lie in the folder of the first or below it (links
 * followed), because only the first has been checked against the folders that a program may read.
 */
export async function siblingOf(path: string, name: string): Promise<string> {
  const folder = dirname(path);
  const target = resolve(folder, name);
  // Before anything is asked of the disk: a name outside may not even be tested for existence.
  if (!isBelow(target, folder)) fail("data-path-outside", { path: name, folder });
  await checkSource(target, "file");
  const [realFolder, realTarget] = await Promise.all([realpath(folder), realpath(target)]);
  if (!isBelow(realTarget, realFolder)) fail("data-path-outside", { path: name, folder });
  return target;
}

const isBelow = (path: string, folder: string) => path.startsWith(folder.endsWith(sep) ? folder : folder + sep);

/** A file's bytes as they arrive, unpacked when the file is gzipped. */
export interface ByteStream {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** SHA-256 of the file as it lies on disk; complete once the chunks are read to their end. */
  hash(): ContentHash;
}

/** @throws {DiagnosticError} while iterating: missing, unreadable, broken gzip, more than `mostBytes` unpacked. */
export async function streamFile(path: string): Promise<ByteStream> {
  await checkSource(path, "file");
  const digest = createHash("sha256");
  const packed = await isGzip(path);
  async function* chunks(): AsyncGenerator<Uint8Array> {
    const file = createReadStream(path, { highWaterMark: 2 ** 18 });
    const hashed = new Transform({
      transform(chunk: Uint8Array, _encoding, done) {
        digest.update(chunk);
        done(null, chunk);
      },
    });
    const last = packed ? pipeline(file, hashed, createGunzip(), () => {}) : pipeline(file, hashed, () => {});
    let bytes = 0;
    try {
      for await (const chunk of last) {
        bytes += (chunk as Uint8Array).length;
        if (bytes > mostBytes) fail("data-too-large", { what: path, size: bytes, most: mostBytes, unit: "bytes" });
        yield chunk as Uint8Array;
      }
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? "";
      if (code.startsWith("Z_")) fail("data-corrupt", { path, format: "gzip", reason: (error as Error).message });
      unreadable(path, error);
    }
  }
  return { chunks: chunks(), hash: () => `sha256:${digest.copy().digest("hex")}` };
}

/** The whole file, unpacked when gzipped. */
export async function readBytes(path: string): Promise<{ bytes: Uint8Array; hash: ContentHash }> {
  const stream = await streamFile(path);
  const parts: Uint8Array[] = [];
  for await (const chunk of stream.chunks) parts.push(chunk);
  return { bytes: Buffer.concat(parts), hash: stream.hash() };
}

/** At most the first `count` bytes, unpacked when gzipped: enough for a header. */
export async function readHead(path: string, count: number): Promise<Uint8Array> {
  const stream = await streamFile(path);
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream.chunks) {
    parts.push(chunk);
    bytes += chunk.length;
    if (bytes >= count) break;
  }
  return Buffer.concat(parts).subarray(0, count);
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path, "r").catch((error: unknown) => unreadable(path, error));
  try {
    const head = Buffer.alloc(2);
    await file.read(head, 0, 2, 0);
    return head[0] === 0x1f && head[1] === 0x8b;
  } finally {
    await file.close();
  }
}
