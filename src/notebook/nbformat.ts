import { isObject, type Json, type JsonObject, jsonText } from "./json-text.js";

/** One cell. Everything that we do not know stays in `json` as it was. */
export interface NotebookCell {
  readonly kind: "code" | "markdown" | "raw";
  readonly source: string;
  readonly tags: readonly string[];
  readonly json: JsonObject;
}

/** A notebook of nbformat 4. */
export interface Notebook {
  readonly cells: readonly NotebookCell[];
  /** Everything but the cells. */
  readonly json: JsonObject;
}

/** Most bytes of a notebook: outputs with pictures are large, not endless. */
export const MOST_BYTES = 256 * 1024 * 1024;
const MOST_CELLS = 100_000;

/** Thrown by `readNotebook`: the message is the reason, as a diagnostic shows it. */
export class UnreadableNotebook extends Error {}

/**
 * Reads a notebook and checks what we rely on: format 4, cells with a known type and text.
 * @throws {UnreadableNotebook}
 * @see https://nbformat.readthedocs.io/en/latest/format_description.html
 */
export function readNotebook(text: string): Notebook {
  const json = parsed(text);
  if (!isObject(json)) refuse("it is not a JSON object");
  const { cells, ...rest } = json;
  const { nbformat } = json;
  if (typeof nbformat !== "number") refuse("it has no nbformat");
  if (nbformat !== 4) {
    refuse(`its format is ${nbformat}, not 4; \`jupyter nbconvert --to notebook --nbformat 4\` converts it`);
  }
  if (!isObject(json.metadata ?? {})) refuse("its metadata are not an object");
  if (!Array.isArray(cells)) refuse("it has no list of cells");
  if (cells.length > MOST_CELLS) refuse(`it has more than ${MOST_CELLS} cells`);
  return { cells: (cells as readonly Json[]).map(readCell), json: rest };
}

/** The file's text, as Jupyter would write it. */
export function notebookText({ cells, json }: Notebook): string {
  return jsonText({ ...json, cells: cells.map((cell) => cell.json) });
}

/** The same cell with other text. */
export function withSource(cell: NotebookCell, source: string): NotebookCell {
  return { ...cell, source, json: { ...cell.json, source: lines(source) } };
}

/** The same cell with what a run gave. */
export function withOutputs(
  cell: NotebookCell,
  outputs: readonly JsonObject[],
  executionCount: number | null,
): NotebookCell {
  return { ...cell, json: { ...cell.json, outputs, execution_count: executionCount } };
}

/** A new code cell. `id` belongs to nbformat 4.5 and later, where cells must have one. */
export function codeCell(source: string, tags: readonly string[], id: string | undefined): NotebookCell {
  const json: JsonObject = {
    cell_type: "code",
    execution_count: null,
    metadata: { tags },
    outputs: [],
    source: lines(source),
    ...(id === undefined ? {} : { id }),
  };
  return { kind: "code", source, tags, json };
}

/** Whether cells of this notebook have ids. */
export function hasCellIds({ json }: Notebook): boolean {
  return typeof json.nbformat_minor === "number" && json.nbformat_minor >= 5;
}

/** Text as nbformat stores it: a list of lines with their ends. */
export function lines(text: string): readonly string[] {
  return text === "" ? [] : text.split(/(?<=\n)/);
}

function readCell(cell: Json, index: number): NotebookCell {
  const where = `cell ${index + 1}`;
  if (!isObject(cell)) refuse(`${where} is not an object`);
  const { cell_type: kind, source, metadata = {}, outputs } = cell;
  if (kind !== "code" && kind !== "markdown" && kind !== "raw") refuse(`${where} has an unknown type`);
  if (!isObject(metadata)) refuse(`the metadata of ${where} are not an object`);
  if (kind === "code" && outputs !== undefined && !Array.isArray(outputs)) refuse(`${where} has no list of outputs`);
  const { tags } = metadata;
  return {
    kind,
    source: textOf(source, where),
    tags: Array.isArray(tags) ? tags.filter((tag) => typeof tag === "string") : [],
    json: cell,
  };
}

function textOf(source: Json | undefined, where: string): string {
  if (typeof source === "string") return source;
  if (Array.isArray(source) && source.every((line) => typeof line === "string")) return source.join("");
  return refuse(`the source of ${where} is not text`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    return refuse(`it is not JSON (${(error as Error).message.slice(0, 120)})`);
  }
}

function refuse(reason: string): never {
  throw new UnreadableNotebook(reason);
}
