import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import picomatch from "picomatch";
import { fail } from "../../base/diagnostic.js";
import { hashJson } from "../../base/hash.js";
import { readBytes, unreadable } from "../files.js";
import { mostBytes } from "../settings.js";
import type { Corpus, TextDocument } from "./declarations.js";

/** More files are not text that somebody wrote. */
const mostFiles = 100_000;

/** A document of one file is at least this long: a paragraph alone says little of how text goes on. */
const pieceLength = 2048;

/** The files of a text source: the file itself, or those of a folder that `pattern` names, links not followed. */
export async function textFiles(path: string, pattern: string): Promise<readonly string[]> {
  const info = await stat(path).catch((error: unknown) => unreadable(path, error));
  if (!info.isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch((e: unknown) =>
    unreadable(path, e),
  );
  const matches = picomatch(pattern);
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length).replaceAll("\\", "/").replace(/^\/+/, ""))
    .filter((name) => matches(name))
    .sort();
  if (names.length === 0) fail("data-empty", { path, what: `files that match "${pattern}"` });
  if (names.length > mostFiles) {
    fail("data-too-large", { what: path, size: names.length, most: mostFiles, unit: "files" });
  }
  return names.map((name) => join(path, name));
}

/**
 * The text of files. Several files are one document each, called by their path in the folder; a single file is cut at
 * blank lines into documents of some paragraphs, called by their own text.
 * @throws {DiagnosticError} for a file that is not UTF-8 text, and more bytes than fit
 */
export async function readTexts(path: string, files: readonly string[]): Promise<Corpus> {
  const documents: TextDocument[] = [];
  const hashes: string[] = [];
  let bytes = 0;
  for (const file of files) {
    const read = await readBytes(file);
    bytes += read.bytes.length;
    if (bytes > mostBytes / 8) fail("data-too-large", { what: path, size: bytes, most: mostBytes / 8, unit: "bytes" });
    const text = utf8(read.bytes, file);
    hashes.push(read.hash);
    if (files.length > 1) documents.push({ name: file.slice(path.length), text });
    else documents.push(...pieces(text).map((piece) => ({ name: piece, text: piece })));
  }
  if (documents.every(({ text }) => text === "")) fail("data-empty", { path, what: "text" });
  return {
    documents,
    hash: hashJson({ hashes, names: documents.length > 1 ? documents.map(({ name }) => name) : [] }),
  };
}

function utf8(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes).replaceAll("\r\n", "\n");
  } catch {
    return fail("data-corrupt", { path, format: "UTF-8", reason: "a sequence of bytes is no character" });
  }
}

/** Paragraphs one after another until a document is long enough. Equal documents stay together, as they have one name. */
function pieces(text: string): string[] {
  const found: string[] = [];
  let current = "";
  for (const paragraph of text.split(/\n(?=\n)/)) {
    current += current === "" ? paragraph : `\n${paragraph}`;
    if (current.length < pieceLength) continue;
    found.push(current);
    current = "";
  }
  return current === "" ? found : [...found, current];
}
