import { randomBytes } from "node:crypto";
import { type Diagnostic, diagnostic } from "../base/diagnostic.js";
import { nearest } from "../base/nearest.js";
import type { CellLanguage } from "../cells/interpreter.js";
import { languageOf } from "../cells/language-of.js";
import { codeCell, hasCellIds, type Notebook, type NotebookCell } from "./nbformat.js";

/** A notebook with its parameters set. */
export interface Parametrized {
  readonly notebook: Notebook;
  /** For `param` statements of Nibble cells. */
  readonly overrides: Readonly<Record<string, string>>;
}

/**
 * Sets parameters as papermill does: a cell tagged `injected-parameters` after the one tagged `parameters`, in place of
 * one from an earlier run; at the top where no cell has the tag. In its place, or beside it, `param` statements of
 * Nibble cells are overridden wherever they stand.
 * @returns mistakes when a name is declared nowhere
 * @see https://papermill.readthedocs.io/en/latest/usage-parameterize.html
 */
export function setParameters(
  notebook: Notebook,
  usual: CellLanguage,
  given: Readonly<Record<string, string>>,
): Parametrized | { readonly diagnostics: readonly Diagnostic[] } {
  const names = Object.keys(given);
  if (names.length === 0) return { notebook, overrides: {} };
  const cells = notebook.cells.filter(({ tags }) => !tags.includes("injected-parameters"));
  const { params, variables, isTagged } = declared(cells, usual);
  const unknown = names.filter((name) => !params.has(name) && !variables.has(name));
  // The words of untagged cells can be what was meant, but are no list of parameters.
  const known = isTagged ? [...variables, ...params] : [...params];
  if (unknown.length > 0)
    return { diagnostics: unknown.map((name) => unknownName(name, [...variables, ...params], known)) };

  const pick = (wanted: (name: string) => boolean) => Object.entries(given).filter(([name]) => wanted(name));
  const tagged = cells.findIndex(({ kind, tags }) => kind === "code" && tags.includes("parameters"));
  const nibble = pick((name) => params.has(name)).map(([name, value]) => `param ${name} = ${nibbleValue(value)}`);
  const typescript = pick((name) => !params.has(name)).map(([name, value]) => `const ${name} = ${tsValue(value)}`);
  const magic = { nibble: usual === "nibble" ? "" : "%%nibble\n", typescript: usual === "nibble" ? "%%ts\n" : "" };
  const injected = [
    ...(typescript.length === 0 ? [] : [`${magic.typescript}// Parameters\n${typescript.join("\n")}`]),
    ...(nibble.length === 0 ? [] : [`${magic.nibble}// Parameters\n${nibble.join("\n")}`]),
  ].map((source) => codeCell(source, ["injected-parameters"], hasCellIds(notebook) ? newId() : undefined));
  return {
    notebook: { ...notebook, cells: [...cells.slice(0, tagged + 1), ...injected, ...cells.slice(tagged + 1)] },
    overrides: Object.fromEntries(pick((name) => params.has(name))),
  };
}

/** Names that can be set: `param` statements of all Nibble cells, and variables of the TypeScript cells tagged `parameters`. */
function declared(
  cells: readonly NotebookCell[],
  usual: CellLanguage,
): { readonly params: ReadonlySet<string>; readonly variables: ReadonlySet<string>; readonly isTagged: boolean } {
  const params = new Set<string>();
  const variables = new Set<string>();
  const isTagged = cells.some(({ tags }) => tags.includes("parameters"));
  for (const { kind, source, tags } of cells) {
    if (kind !== "code") continue;
    const { language, code } = languageOf(source, usual);
    if (language === "nibble") for (const [, name = ""] of code.matchAll(PARAM)) params.add(name);
    else if (tags.includes("parameters")) for (const [, name = ""] of code.matchAll(VARIABLE)) variables.add(name);
    // Where no cell is tagged, what is injected at the top serves a notebook that uses a name without declaring it.
    else if (!isTagged) for (const [name] of code.matchAll(NAME)) variables.add(name);
  }
  return { params, variables, isTagged };
}

const PARAM = /^[ \t]*param[ \t]+([A-Za-z_]\w*)[ \t]*=/gm;
/** After its keyword, or after a comma where a value follows: `const a = 1, b: number = 2`. */
const VARIABLE =
  /(?:^[ \t]*(?:export[ \t]+)?(?:const|let|var)[ \t]+|,\s*(?=[\p{L}\p{N}_$]+\s*(?::[^,=\n]*)?=(?![=>])))([\p{L}_$][\p{L}\p{N}_$]*)/gmu;
const NAME = /(?<![\p{L}\p{N}_$.])[\p{L}_$][\p{L}\p{N}_$]*/gu;

/** Papermill's rule: what reads as a number, a truth value or nothing is one, everything else is text. */
function tsValue(value: string): string {
  if (/^[Tt]rue$|^[Ff]alse$/.test(value)) return value.toLowerCase();
  if (value === "null" || value === "None") return "null";
  return NUMBER.test(value) ? value : JSON.stringify(value);
}

/** A number with or without unit, or a word of the language, as it is; everything else is text. */
function nibbleValue(value: string): string {
  return /^-?\d+(?:\.\d+)?(?:e-?\d+)?[A-Za-z%]*$/.test(value) || /^[A-Za-z_]\w*$/.test(value)
    ? value
    : JSON.stringify(value);
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

function unknownName(name: string, names: readonly string[], known: readonly string[]): Diagnostic {
  const meant = nearest(name, names);
  return diagnostic("notebook-parameter-unknown", {
    name,
    known: known.slice(0, 12),
    ...(meant === undefined ? {} : { nearest: meant }),
  });
}

/** As Jupyter makes them. */
function newId(): string {
  return randomBytes(4).toString("hex");
}
