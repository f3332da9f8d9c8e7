/** A value of an array: a number, text, or what is shown as it is. */
export type ArrayValue = number | string | { readonly shown: string };

/** Values of an array in row-major order. */
export type ArrayValues = ArrayLike<ArrayValue> & Iterable<ArrayValue>;

/** Above so many values every dimension longer than twice `EDGE` shows its ends alone, as numpy does. */
const THRESHOLD = 1000;
const EDGE = 3;
const WIDTH = 80;

/** The indices of a dimension that are shown: all, or those at both ends with an undefined between. */
export function edges(length: number, most: number): readonly (number | undefined)[] {
  if (length <= most) return Array.from({ length }, (_, i) => i);
  const side = Math.floor(most / 2);
  return [
    ...Array.from({ length: side }, (_, i) => i),
    undefined,
    ...Array.from({ length: side }, (_, i) => length - side + i),
  ];
}

/** Decimals that tell values of this size apart, four at most; undefined where a power of ten is better. */
export function decimalsOf(values: readonly unknown[]): number | undefined {
  const finite = values.filter((value) => typeof value === "number" && Number.isFinite(value)) as readonly number[];
  if (finite.every(Number.isInteger)) return 0;
  const sizes = finite.map(Math.abs).filter((size) => size > 0);
  const [low, high] = [Math.min(...sizes), Math.max(...sizes)];
  return high >= 1e6 || low < 1e-4 ? undefined : 4;
}

/** One value; text in quotes. */
export function valueText(value: ArrayValue | undefined, decimals: number | undefined): string {
  if (value === undefined) return "";
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "object") return value.shown;
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
  return decimals === undefined ? value.toExponential(4) : value.toFixed(decimals);
}

/**
 * An array as numpy prints it: nested brackets, values in columns, lines of at most 80 characters, and the ends alone
 * of what is long.
 * @param shape sizes of the dimensions; none for a single value
 */
export function arrayText(values: ArrayValues, shape: readonly number[]): string {
  if (values.length === 0) return "[]";
  const most = values.length > THRESHOLD ? 2 * EDGE : Number.POSITIVE_INFINITY;
  const picked: (ArrayValue | undefined)[] = [];
  eachShown(shape, most, (offset) => picked.push(values[offset]));
  const decimals = decimalsOf(picked);
  const texts = picked.map((value) => valueText(value, decimals));
  const width = texts.reduce((widest, text) => Math.max(widest, text.length), 0);
  let next = 0;
  const write = (depth: number): string => {
    if (depth === shape.length) return (texts[next++] ?? "").padStart(width);
    const parts = edges(shape[depth] ?? 0, most).map((i) => (i === undefined ? "..." : write(depth + 1)));
    return depth === shape.length - 1 ? row(parts, depth) : rows(parts, shape.length - depth, depth);
  };
  return write(0);
}

function eachShown(shape: readonly number[], most: number, visit: (offset: number) => void): void {
  const walk = (depth: number, offset: number): void => {
    if (depth === shape.length) {
      visit(offset);
      return;
    }
    const length = shape[depth] ?? 0;
    for (const i of edges(length, most)) if (i !== undefined) walk(depth + 1, offset * length + i);
  };
  walk(0, 0);
}

/** The last dimension: as many values a line as fit. */
function row(parts: readonly string[], depth: number): string {
  const indent = " ".repeat(depth + 1);
  const lines: string[] = [];
  let line = "";
  for (const part of parts) {
    const longer = line === "" ? part : `${line}, ${part}`;
    if (line !== "" && longer.length + indent.length > WIDTH) {
      lines.push(`${line},`);
      line = part;
    } else line = longer;
  }
  return `[${[...lines, line].join(`\n${indent}`)}]`;
}

function rows(parts: readonly string[], dimensions: number, depth: number): string {
  return `[${parts.join(`,${"\n".repeat(dimensions - 1)}${" ".repeat(depth + 1)}`)}]`;
}
