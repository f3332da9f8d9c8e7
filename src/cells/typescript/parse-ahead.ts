import ts from "typescript";
import type { CellProgram } from "./program.js";

/** Files that are parsed in one step: some 10 ms of work. */
const FILES = 8;

/**
 * Parses the declarations of packages, and all that they import, a step a call of `next`. A program that then needs them finds
 * them parsed: most of the second or two that the first check of a cell with TF.js takes, in pieces between which others
 * can be answered.
 * @param importer name of the file that imports the packages
 */
export function* parseAhead(packages: readonly string[], importer: string, program: CellProgram): Generator<void> {
  const seen = new Set<string>();
  const waiting: string[] = [];
  const need = (specifier: string, from: string): void => {
    const file = program.resolution.module(specifier, from).resolvedModule?.resolvedFileName;
    if (file === undefined || seen.has(file) || !/\.d\.[cm]?ts$/u.test(file)) return;
    seen.add(file);
    waiting.push(file);
  };
  for (const specifier of packages) need(specifier, importer);
  let parsed = 0;
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    const text = program.parse(file);
    if (text === undefined) continue;
    for (const { fileName } of ts.preProcessFile(text, true, false).importedFiles) need(fileName, file);
    if (++parsed % FILES === 0) yield;
  }
}
