import { fail } from "../../base/diagnostic.js";
import type { OptionSpec } from "../../base/option.js";
import { assemble, labelSummary, type Samples } from "../assemble.js";
import { clipped, numberOf } from "../cells.js";
import { scanDelimited } from "../delimited.js";
import { pathOf } from "../files.js";
import type { RawLabels } from "../labels.js";
import { categories, classes, columns, ignore, labelColumn, shape, task, valueOptions } from "../options.js";
import type { DataReader } from "../reader.js";
import { type RowStore, rowStore } from "../rows.js";
import { type DataSettings, settingsOf } from "../settings.js";
import { sampleShape, type TableLayout, tableLayout } from "../table.js";

const options: readonly OptionSpec[] = [
  labelColumn,
  task,
  classes,
  columns,
  ignore,
  categories,
  shape,
  ...valueOptions,
  {
    name: "delimiter",
    type: {
      kind: "choice",
      choices: [
        { name: "comma", summary: "," },
        { name: "semicolon", summary: ";" },
        { name: "tab", summary: "tabulator" },
        { name: "pipe", summary: "|" },
      ],
    },
    summary: "what stands between cells; default the one that the first line has most of",
    sweeps: false,
  },
  {
    name: "header",
    type: { kind: "boolean" },
    summary: "whether the first line names the columns; without names they are column_1, column_2, ...",
    sweeps: false,
  },
];

/** Most columns of a table. */
const mostColumns = 2 ** 20;

export const csv: DataReader = {
  name: "csv",
  summary: "a table as text: comma, semicolon, tab or pipe between cells, quotes as in RFC 4180; also gzipped",
  source: "file",
  options,
  headerOptions: ["delimiter", "header"],
  async summarize(ref) {
    const settings = settingsOf(ref, options);
    const path = pathOf(ref);
    const found: TableLayout[] = [];
    await scanDelimited(path, settings.choice("delimiter"), (cells) => {
      found.push(tableLayout(headerOf(cells, path, settings).names, path, settings));
      return false;
    });
    const layout = found[0] ?? fail("data-empty", { path, what: "lines" });
    return { columns: layout.columns, inputShapes: [shapeOf(layout, path, settings)], labels: labelSummary(settings) };
  },
  async open(ref) {
    const settings = settingsOf(ref, options);
    return assemble(ref, settings, await readTable(pathOf(ref), settings));
  },
};

/** A table while it is read. */
interface Table {
  readonly layout: TableLayout;
  /** Value of each word of `categories`. */
  readonly categories: ReadonlyMap<string, number>;
  readonly rows: RowStore;
  readonly row: Float32Array;
  /** Texts of the labels, or real values with `task: regression`. */
  readonly labels: (string | number)[];
  /** Line of each row. */
  readonly lines: number[];
}

async function readTable(path: string, settings: DataSettings): Promise<Samples> {
  const real = settings.choice("task") === "regression";
  const tables: Table[] = [];
  const hash = await scanDelimited(path, settings.choice("delimiter"), (cells, line) => {
    const table = tables[0];
    if (table) addRow(table, cells, line, path, real);
    else {
      const { names, isData } = headerOf(cells, path, settings);
      const started = startTable(tableLayout(names, path, settings), path, settings.names("categories") ?? []);
      tables.push(started);
      if (isData) addRow(started, cells, line, path, real);
    }
    return true;
  });
  const table = tables[0] ?? fail("data-empty", { path, what: "lines" });
  if (table.rows.size === 0) fail("data-empty", { path, what: "rows under its header" });
  const { layout, rows, lines } = table;
  const labelName = layout.label === undefined ? undefined : layout.columns[layout.label];
  return {
    size: rows.size,
    inputs: [rows.input(shapeOf(layout, path, settings))],
    ...(labelName === undefined ? {} : { labels: labelsOf(table, real) }),
    keys: rows.keys(),
    place: (i) => ({ file: path, line: lines[i] as number, ...(labelName ? { column: labelName } : {}) }),
    hash: () => hash,
  };
}

function labelsOf({ labels }: Table, real: boolean): RawLabels {
  return real
    ? { kind: "value", values: Float32Array.from(labels as number[]), width: 1 }
    : { kind: "class", values: labels };
}

function startTable(layout: TableLayout, path: string, words: readonly string[]): Table {
  const width = layout.features.length;
  const categories = new Map(words.map((word, i) => [word, i]));
  return { layout, categories, rows: rowStore(width, path), row: new Float32Array(width), labels: [], lines: [] };
}

function addRow(table: Table, cells: readonly string[], line: number, path: string, real: boolean): void {
  const { layout, row, categories } = table;
  const expected = layout.columns.length;
  if (cells.length !== expected) {
    fail("data-row-length", { place: { file: path, line }, expected, actual: cells.length });
  }
  const place = (column: number) => () => ({ file: path, line, column: layout.columns[column] ?? "" });
  for (let i = 0; i < row.length; i++) {
    const column = layout.features[i] as number;
    const cell = cells[column] as string;
    row[i] = categories.get(cell) ?? numberOf(cell, place(column));
  }
  table.rows.add(row);
  table.lines.push(line);
  if (layout.label !== undefined) {
    const cell = cells[layout.label] as string;
    table.labels.push(real ? numberOf(cell, place(layout.label)) : cell);
  }
}

const shapeOf = (layout: TableLayout, path: string, settings: DataSettings) =>
  sampleShape(layout.features.length, [layout.features.length], path, settings, "row");

/** Column names, and whether the first line is itself data. */
function headerOf(
  cells: readonly string[],
  path: string,
  settings: DataSettings,
): { readonly names: readonly string[]; readonly isData: boolean } {
  if (cells.length > mostColumns) {
    fail("data-too-large", {
      what: `the first line of "${path}"`,
      size: cells.length,
      most: mostColumns,
      unit: "columns",
    });
  }
  const header = settings.flag("header");
  if (header === undefined && looksLikeData(cells)) fail("data-header-missing", { path, cells: cells.map(clipped) });
  const isData = header === false;
  const names = cells.map((cell, i) => (isData || cell === "" ? `column_${i + 1}` : cell));
  return { names, isData };
}

/** Numbers in the first line are data, except a run like 0, 1, 2, ...: pandas names columns so. */
function looksLikeData(cells: readonly string[]): boolean {
  const numbers = cells.filter((cell) => cell !== "" && Number.isFinite(Number(cell))).map(Number);
  const [first] = numbers;
  return first !== undefined && !numbers.every((value, i) => Number.isInteger(first) && value === first + i);
}
