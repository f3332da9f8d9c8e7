import { fail } from "../../base/diagnostic.js";
import type { DataPlace } from "../../base/diagnostics/data.js";
import type { OptionSpec } from "../../base/option.js";
import { elementCount } from "../../tensor/tensor.js";
import { assemble, labelSummary, type Samples } from "../assemble.js";
import { clipped, finite } from "../cells.js";
import { pathOf } from "../files.js";
import { flatten, type JsonObject, nestedShape, scanJsonLines } from "../json-lines.js";
import { classes, columns, ignore, labelColumn, shape, task, valueOptions } from "../options.js";
import type { DataReader } from "../reader.js";
import { type RowStore, rowStore } from "../rows.js";
import { type DataSettings, settingsOf } from "../settings.js";
import { sampleShape, type TableLayout, tableLayout } from "../table.js";

const options: readonly OptionSpec[] = [labelColumn, task, classes, columns, ignore, shape, ...valueOptions];

export const jsonl: DataReader = {
  name: "jsonl",
  summary: "one JSON object a line; fields hold numbers or nested arrays of numbers; also gzipped",
  source: "file",
  options,
  async summarize(ref) {
    const settings = settingsOf(ref, options);
    const path = pathOf(ref);
    const found: Table[] = [];
    await scanJsonLines(path, (object, line) => {
      found.push(startTable(object, line, path, settings));
      return false;
    });
    const { layout, shape: sizes } = found[0] ?? fail("data-empty", { path, what: "lines" });
    return { columns: layout.columns, inputShapes: [sizes], labels: labelSummary(settings) };
  },
  async open(ref) {
    const settings = settingsOf(ref, options);
    return assemble(ref, settings, await readLines(pathOf(ref), settings));
  },
};

/** The lines while they are read; the first one says what fields there are and of what shape. */
interface Table {
  readonly layout: TableLayout;
  /** Shapes of the features, in order; [] for a number. */
  readonly fieldShapes: readonly (readonly number[])[];
  readonly shape: readonly number[];
  readonly rows: RowStore;
  readonly row: Float32Array;
  readonly labels: (string | number)[];
  /** Values of one label with `task: regression`. */
  readonly labelWidth: number;
  readonly lines: number[];
}

async function readLines(path: string, settings: DataSettings): Promise<Samples> {
  const tables: Table[] = [];
  const real = settings.choice("task") === "regression";
  const hash = await scanJsonLines(path, (object, line) => {
    if (tables.length === 0) tables.push(startTable(object, line, path, settings));
    addRow(tables[0] as Table, object, { file: path, line }, real);
    return true;
  });
  const {
    layout,
    shape: sizes,
    rows,
    labels,
    labelWidth,
    lines,
  } = tables[0] ?? fail("data-empty", { path, what: "lines" });
  const labelName = layout.label === undefined ? undefined : layout.columns[layout.label];
  const values = () => Float32Array.from(labels as number[]);
  const raw = real
    ? ({ kind: "value", values: values(), width: labelWidth } as const)
    : ({ kind: "class", values: labels } as const);
  return {
    size: rows.size,
    inputs: [rows.input(sizes)],
    ...(labelName === undefined ? {} : { labels: raw }),
    keys: rows.keys(),
    place: (i) => ({ file: path, line: lines[i] as number, ...(labelName ? { column: labelName } : {}) }),
    hash: () => hash,
  };
}

function startTable(object: JsonObject, line: number, path: string, settings: DataSettings): Table {
  const layout = tableLayout(Object.keys(object), path, settings);
  const shapeOf = (i: number) => {
    const column = layout.columns[i] as string;
    return nestedShape(object[column], { file: path, line, column });
  };
  const fieldShapes = layout.features.map(shapeOf);
  const width = fieldShapes.reduce((sum, each) => sum + elementCount(each), 0);
  const [only] = fieldShapes;
  const natural = fieldShapes.length === 1 && only && only.length > 0 ? only : [width];
  const sizes = sampleShape(width, natural, path, settings, "line");
  const real = settings.choice("task") === "regression" && layout.label !== undefined;
  const labelWidth = real ? elementCount(shapeOf(layout.label)) : 1;
  const [rows, row] = [rowStore(width, path), new Float32Array(width)];
  return { layout, fieldShapes, shape: sizes, rows, row, labels: [], labelWidth, lines: [] };
}

function addRow(table: Table, object: JsonObject, line: DataPlace, real: boolean): void {
  const { layout, fieldShapes, row } = table;
  let at = 0;
  layout.features.forEach((position, i) => {
    const column = layout.columns[position] as string;
    at = flatten(fieldOf(object, column, line), fieldShapes[i] ?? [], row, at, { ...line, column });
  });
  table.rows.add(row);
  table.lines.push(line.line ?? 0);
  if (layout.label === undefined) return;
  const column = layout.columns[layout.label] as string;
  const label = fieldOf(object, column, line);
  if (real) table.labels.push(...realLabel(label, table.labelWidth, { ...line, column }));
  else table.labels.push(classLabel(label, { ...line, column }));
}

function fieldOf(object: JsonObject, column: string, line: DataPlace): unknown {
  return Object.hasOwn(object, column) ? object[column] : fail("data-value-missing", { place: { ...line, column } });
}

function classLabel(label: unknown, place: DataPlace): string | number {
  if (typeof label === "string" || typeof label === "number") return label;
  if (typeof label === "boolean") return Number(label);
  if (label === null) fail("data-label-missing", { place });
  fail("data-label-kind", { place, text: clipped(JSON.stringify(label)) });
}

function realLabel(label: unknown, width: number, place: DataPlace): number[] {
  const out = new Float32Array(width);
  const single = typeof label === "number" ? [finite(label, () => place)] : label;
  flatten(single, [width], out, 0, place);
  return [...out];
}
