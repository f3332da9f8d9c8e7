import { readFile, stat } from "node:fs/promises";
import { type Diagnostic, diagnostic } from "../base/diagnostic.js";
import type { CellLanguage } from "../cells/interpreter.js";
import { refusalOf } from "../run/failure.js";
import { replaceWhole } from "../run/whole-file.js";
import { isObject, type Json } from "./json-text.js";
import { MOST_BYTES, type Notebook, notebookText, readNotebook, UnreadableNotebook } from "./nbformat.js";

/** A notebook file with the language of a cell that does not say which it is in. */
export interface NotebookFile {
  readonly path: string;
  readonly notebook: Notebook;
  readonly language: CellLanguage;
}

/** Reads a notebook of ours, or says what is wrong with it. */
export async function openNotebook(path: string): Promise<NotebookFile | Diagnostic> {
  const unreadable = (reason: string) => diagnostic("notebook-unreadable", { path, reason });
  let notebook: Notebook;
  try {
    notebook = readNotebook(await readText(path));
  } catch (error) {
    if (error instanceof UnreadableNotebook) return unreadable(error.message);
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return unreadable(code === "ENOENT" ? "there is no such file" : message);
  }
  const language = languageOfNotebook(notebook);
  if (language === "typescript" || language === "nibble") return { path, notebook, language };
  return diagnostic("notebook-language", { path, language: language.other });
}

/** Writes a notebook whole or not at all; what went wrong, when something did. */
export async function saveNotebook(path: string, notebook: Notebook): Promise<Diagnostic | undefined> {
  try {
    await replaceWhole(path, notebookText(notebook));
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === "ENOENT" ? "no file can be made there" : (refusalOf(error) ?? message);
    return diagnostic("notebook-not-written", { path, reason });
  }
}

async function readText(path: string): Promise<string> {
  const info = await stat(path);
  if (!info.isFile()) throw new UnreadableNotebook("it is not a file");
  if (info.size > MOST_BYTES) throw new UnreadableNotebook(`it is larger than ${MOST_BYTES / 2 ** 20} MB`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(path));
  } catch (error) {
    if (error instanceof TypeError) throw new UnreadableNotebook("it is not UTF-8 text");
    throw error;
  }
}

const KERNELS: Readonly<Record<string, CellLanguage>> = {
  nibble: "nibble",
  "nibble-ts": "typescript",
  tslab: "typescript",
  jslab: "typescript",
  deno: "typescript",
};

/** By the kernel's name where we know it, else by the language that it or the notebook names; TypeScript where nothing does. */
function languageOfNotebook({ json }: Notebook): CellLanguage | { readonly other: string } {
  const { kernelspec, language_info: info } = isObject(json.metadata) ? json.metadata : {};
  const kernel = isObject(kernelspec) ? kernelspec : {};
  const name = word(kernel.name);
  if (name !== undefined && Object.hasOwn(KERNELS, name)) return KERNELS[name] ?? "typescript";
  const language = word(kernel.language) ?? (isObject(info) ? word(info.name) : undefined);
  if (language === "nibble") return "nibble";
  if (language === undefined && name !== undefined) return { other: `the kernel "${name}"` };
  return language === undefined || language === "typescript" || language === "javascript"
    ? "typescript"
    : { other: language };
}

function word(value: Json | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value.toLowerCase() : undefined;
}
