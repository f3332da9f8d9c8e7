import type { CellLanguage, TypeErrors } from "./interpreter.js";

/** What a cell's first lines and first statement say about it. */
export interface CellHeader {
  readonly language: CellLanguage;
  /** The text with its magic lines blanked: every offset and line number stays. */
  readonly code: string;
  /** `%types` of the cell. */
  readonly types?: TypeErrors;
  /** A magic line that means nothing, with what there is instead. */
  readonly mistake?: string;
}

/** Magic lines and what they do, for messages and completion. */
export const MAGICS: Readonly<Record<string, string>> = {
  "%%nibble": "the cell is a Nibble program",
  "%%ts": "the cell is TypeScript",
  "%types off": "type errors are not looked for, from here on",
  "%types warn": "type errors are shown and the cell runs",
  "%types error": "a cell with a type error does not run",
};

const LANGUAGES: ReadonlyMap<string, CellLanguage> = new Map([
  ["%%nibble", "nibble"],
  ["%%ts", "typescript"],
  ["%%typescript", "typescript"],
]);

/** The one place that decides the language of a cell. `usual` is that of a cell that does not say. */
export function languageOf(text: string, usual: CellLanguage): CellHeader {
  let language: CellLanguage | undefined;
  let types: TypeErrors | undefined;
  let mistake: string | undefined;
  let code = text;
  for (const { line, start } of magicLines(text)) {
    const [name = "", ...words] = line.split(/\s+/);
    const [level = ""] = words;
    if (LANGUAGES.has(name) && words.length === 0) language ??= LANGUAGES.get(name);
    else if (name === "%types" && isTypeErrors(level) && words.length === 1) types ??= level;
    else mistake ??= unknownMagic(line);
    code = code.slice(0, start) + " ".repeat(line.length) + code.slice(start + line.length);
  }
  return {
    language: language ?? (usual === "nibble" || beginsWithNibble(code) ? "nibble" : "typescript"),
    code,
    ...(types === undefined ? {} : { types }),
    ...(mistake === undefined ? {} : { mistake }),
  };
}

/** Lines at the cell's head that begin with `%`; blank lines may stand before and between them. */
function magicLines(text: string): { line: string; start: number }[] {
  const found: { line: string; start: number }[] = [];
  const next = /[ \t\r\n\uFEFF]*(%[^\r\n]*)/y;
  for (let match = next.exec(text); match?.[1] !== undefined; match = next.exec(text)) {
    const line = match[1].trimEnd();
    found.push({ line, start: match.index + match[0].length - match[1].length });
  }
  return found;
}

function isTypeErrors(word: string): word is TypeErrors {
  return word === "off" || word === "warn" || word === "error";
}

function unknownMagic(line: string): string {
  const known = Object.entries(MAGICS).map(([magic, what]) => `  ${magic.padEnd(14)}${what}`);
  return `there is no magic "${line.slice(0, 80)}"; a cell may begin with\n${known.join("\n")}`;
}

/** Blank lines and comments that may stand before the first statement. */
const HEAD = /(?:[\s\uFEFF]|\/\/[^\r\n]*|\/\*[\s\S]*?\*\/)*/y;
/** `model net`, `experiment sweep`: two names side by side, which TypeScript has nowhere; words that may follow a name there excepted. */
const STATEMENT =
  /(?:model|data|param|scheme|experiment|search|diagnose)[ \t]+(?!(?:in|of|as|is|instanceof|satisfies)\b)[A-Za-z_]\w*/y;
/** `export sweep.static`: a name and a dot, which TypeScript's `export` never has. */
const EXPORT = /export[ \t]+[A-Za-z_]\w*[ \t]*\.[ \t]*[A-Za-z_]/y;
const IMPORT = /import[ \t]+(?:"[^"\r\n]*\.nib"|'[^'\r\n]*\.nib')/y;

function beginsWithNibble(code: string): boolean {
  HEAD.lastIndex = 0;
  HEAD.exec(code);
  const at = HEAD.lastIndex;
  return [STATEMENT, EXPORT, IMPORT].some((pattern) => {
    pattern.lastIndex = at;
    return pattern.test(code);
  });
}
