import type { MimeBundle } from "../../outputs.js";
import { isMethod, type Kind, type Shape, shapeOf } from "../kind.js";
import { htmlTable } from "../table.js";
import { type ArrayValues, arrayText, decimalsOf, edges, valueText } from "./array-text.js";

/** Values that are read from a tensor at all: reading copies them. */
const MOST_VALUES = 4_000_000;

/** Rows and columns of the HTML table; longer ones show both ends. */
const TABLE_ROWS = 20;
const TABLE_COLUMNS = 10;

/** TF.js tensors and variables: shape, type and values, and a table where there are one or two dimensions. */
export const tensor: Kind = {
  name: "tensor",
  matches: (value) => isTensor(value),
  bundle: (value) => tensorBundle(shapeOf(value)),
};

/** Whether a value is a TF.js tensor, disposed or not, of whatever copy of TF.js. */
export function isTensor(value: object): boolean {
  const { shape, dtype, dataId, dataSync, isDisposed } = shapeOf(value);
  return (
    Array.isArray(shape) &&
    typeof dtype === "string" &&
    isMethod(dataSync) &&
    typeof isDisposed === "boolean" &&
    !!dataId
  );
}

function tensorBundle(value: Shape): MimeBundle {
  const shape = value.shape as readonly number[];
  const head = heading(value, shape);
  if (value.isDisposed === true) return text(`${head}  disposed: its values are gone`);
  const size = shape.reduce((product, length) => product * length, 1);
  if (size > MOST_VALUES) return text(`${head}  ${size.toLocaleString("en")} values, too many to show`);
  const values = valuesOf(value);
  const summary = [head, ...statistics(value.dtype, values)].join("  ");
  const shown = `${summary}\n${arrayText(values, shape)}`;
  const html = shape.length === 1 || shape.length === 2 ? { "text/html": table(values, shape, summary) } : {};
  return { data: { ...html, "text/plain": shown } };
}

function text(line: string): MimeBundle {
  return { data: { "text/plain": line } };
}

function heading({ dtype, name, trainable }: Shape, shape: readonly number[]): string {
  const kind = typeof trainable === "boolean" ? `Variable ${String(name)}` : "Tensor";
  return `${kind} ${String(dtype)} [${shape.join(", ")}]`;
}

/** Values in the order of the tensor. */
function valuesOf(value: Shape): ArrayValues {
  const read = value.dataSync as () => ArrayValues;
  const values = read.call(value);
  if (value.dtype === "bool") return Array.from(values, (each) => ({ shown: String(Boolean(each)) }));
  if (value.dtype !== "complex64") return values;
  return Array.from({ length: values.length / 2 }, (_, i) => {
    const [real, imaginary] = [Number(values[2 * i]), Number(values[2 * i + 1])];
    return { shown: `${valueText(real, 4)}${imaginary < 0 ? "-" : "+"}${valueText(Math.abs(imaginary), 4)}i` };
  });
}

/** Least, greatest and mean of the finite values of numbers, and how many are not finite. */
function statistics(dtype: unknown, values: ArrayValues): readonly string[] {
  if ((dtype !== "float32" && dtype !== "int32") || values.length < 2) return [];
  let [low, high, sum, finite] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (const value of values as ArrayLike<number> & Iterable<number>) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
    sum += value;
    finite++;
  }
  const rest = values.length - finite;
  const show = (value: number) => String(Number(value.toPrecision(4)));
  return [
    ...(finite > 0 ? [`min ${show(low)}`, `max ${show(high)}`, `mean ${show(sum / finite)}`] : []),
    ...(rest > 0 ? [`${rest.toLocaleString("en")} not finite`] : []),
  ];
}

function table(values: ArrayValues, shape: readonly number[], caption: string): string {
  const [rows, columns] = shape.length === 1 ? [1, shape[0] ?? 0] : [shape[0] ?? 0, shape[1] ?? 0];
  const across = edges(columns, TABLE_COLUMNS);
  const down = edges(rows, TABLE_ROWS);
  const picked = down.flatMap((row) =>
    row === undefined ? [] : across.flatMap((column) => (column === undefined ? [] : [values[row * columns + column]])),
  );
  const decimals = decimalsOf(picked);
  const cell = (row: number | undefined, column: number | undefined) =>
    row === undefined || column === undefined ? "…" : valueText(values[row * columns + column], decimals);
  return htmlTable(
    {
      head: ["", ...across.map((column) => (column === undefined ? "…" : String(column)))],
      rows: down.map((row) => [row === undefined ? "…" : String(row), ...across.map((column) => cell(row, column))]),
      right: new Set(across.map((_, i) => i + 1)),
    },
    caption,
  );
}
