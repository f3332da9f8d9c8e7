import type { Diagnostic } from "../../base/diagnostic.js";
import type { SourceFile } from "../../base/span.js";
import { parseProgram } from "../parse-program.js";
import { layOutOnce } from "./format/layout.js";

/** Passes until nothing moves; each one after the first comes from a line that became too long. */
const MOST_PASSES = 10;

export type Formatted = { readonly text: string } | { readonly diagnostics: readonly Diagnostic[] };

/**
 * A program in its canonical layout: two blanks for each level, clauses and neighbouring definitions in columns, lines
 * of at most 120 columns where they can be broken. Line ends, comments and empty lines (one at most) of the author stay;
 * tokens never change. A program with mistakes of form is left alone; what they are is returned. The text ends with a
 * line end, and in a program with CR LF every line does so.
 */
export function formatProgram(text: string, path = "<program>"): Formatted {
  const source: SourceFile = { path, text };
  const { diagnostics } = parseProgram(source);
  if (diagnostics.some(({ severity }) => severity === "error")) return { diagnostics };
  let formatted = text;
  for (let pass = 0; pass < MOST_PASSES; pass++) {
    const next = layOutOnce(formatted);
    if (next === formatted) break;
    formatted = next;
  }
  if (!sameTokens(text, formatted)) throw new Error("format: the layout would change the program");
  return { text: text.includes("\r\n") ? formatted.replaceAll("\n", "\r\n") : formatted };
}

/** Whether two texts are one program: the same tokens but for line ends, and the same tree. */
function sameTokens(before: string, after: string): boolean {
  const [a, b] = [before, after].map((text) => parseProgram({ path: "", text }));
  const images = (parsed: typeof a) =>
    parsed?.tokens.flatMap(({ tokenType, image }) => (tokenType.name === "Newline" ? [] : [image]));
  return JSON.stringify(images(a)) === JSON.stringify(images(b)) && tree(a?.program) === tree(b?.program);
}

const tree = (program: unknown) =>
  JSON.stringify(program, (key, value) => (/span$|^keyword$/i.test(key) ? undefined : value));
