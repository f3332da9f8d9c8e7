import { inspected } from "../inspect.js";
import { isMethod, type Kind, type Shape, shapeOf } from "../kind.js";
import { cellText, htmlTable, type Table, textTable } from "../table.js";
import { edges } from "./array-text.js";

const MOST_ROWS = 20;
const MOST_COLUMNS = 20;

/** danfojs data frames and series: a table of the first and last rows. */
export const frame: Kind = {
  name: "data frame",
  matches(value) {
    const { $data, $index, $columns, print } = shapeOf(value);
    return Array.isArray($data) && Array.isArray($index) && Array.isArray($columns) && isMethod(print);
  },
  bundle(value) {
    const shape = shapeOf(value);
    const html = tableOf(shape, MOST_COLUMNS);
    // Text has the width of a terminal; what does not fit is counted.
    const fits = (table: Table) =>
      textTable(table)
        .split("\n")
        .every((line) => line.length <= 100);
    const widths = Array.from({ length: MOST_COLUMNS }, (_, i) => MOST_COLUMNS - i);
    const text = widths.map((columns) => tableOf(shape, columns)).find(fits) ?? tableOf(shape, 1);
    return { data: { "text/html": htmlTable(html), "text/plain": textTable(text) } };
  },
};

function tableOf(value: Shape, mostColumns: number): Table {
  const isSeries = value.$isSeries === true;
  const data = value.$data as readonly unknown[];
  const index = value.$index as readonly unknown[];
  const columns = value.$columns as readonly unknown[];
  const across = edges(columns.length, mostColumns);
  const at = (row: number, column: number) =>
    isSeries ? data[row] : (data[row] as readonly unknown[] | undefined)?.[column];
  const cell = (row: number | undefined, column: number | undefined) =>
    row === undefined || column === undefined ? "…" : valueText(at(row, column));
  const down = edges(data.length, MOST_ROWS);
  const isNumeric = (column: number | undefined) =>
    column !== undefined && down.every((row) => row === undefined || typeof at(row, column) !== "string");
  return {
    head: ["", ...across.map((column) => (column === undefined ? "…" : cellText(String(columns[column]), 40)))],
    rows: down.map((row) => [
      row === undefined ? "…" : cellText(String(index[row]), 40),
      ...across.map((column) => cell(row, column)),
    ]),
    right: new Set(across.flatMap((column, i) => (isNumeric(column) ? [i + 1] : []))),
    note: `${data.length.toLocaleString("en")} rows${isSeries ? "" : ` × ${columns.length.toLocaleString("en")} columns`}`,
  };
}

function valueText(value: unknown): string {
  if (typeof value === "string") return cellText(value, 60);
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(7)));
  return cellText(typeof value === "object" && value !== null ? inspected(value) : String(value), 60);
}
