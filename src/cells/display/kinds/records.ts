import { inspected } from "../inspect.js";
import { isPlainObject, type Kind } from "../kind.js";
import { cellText, textTable } from "../table.js";

const MOST_ROWS = 50;
const MOST_COLUMNS = 12;
const WIDEST = 100;

/** An array of flat objects with the same few keys, as a table of text; whatever does not fit is shown as Node shows it. */
export const records: Kind = {
  name: "records",
  matches: (value) => Array.isArray(value) && value.length > 1 && isPlainObject(value[0]),
  bundle(value) {
    const rows = value as readonly unknown[];
    const shown = rows.slice(0, MOST_ROWS);
    const head = [...new Set(shown.flatMap((row) => (isPlainObject(row) ? Object.keys(row) : [])))];
    if (head.length === 0 || head.length > MOST_COLUMNS || !shown.every(isFlat)) return undefined;
    const cell = (row: Record<string, unknown>, key: string) => (key in row ? cellText(inspected(row[key]), 60) : "");
    const isNumeric = (key: string) => shown.every((row) => ["number", "bigint"].includes(typeof row[key]));
    const left = rows.length - shown.length;
    const text = textTable({
      head: ["", ...head.map((key) => cellText(key, 40))],
      rows: shown.map((row, i) => [String(i), ...head.map((key) => cell(row, key))]),
      right: new Set([0, ...head.flatMap((key, i) => (isNumeric(key) ? [i + 1] : []))]),
      ...(left > 0 ? { note: `... ${left.toLocaleString("en")} more rows` } : {}),
    });
    return text.split("\n").some((line) => line.length > WIDEST) ? undefined : { data: { "text/plain": text } };
  },
};

/** Own values alone, no getters, and nothing in them that has parts. */
function isFlat(row: unknown): row is Record<string, unknown> {
  return (
    isPlainObject(row) &&
    Object.values(Object.getOwnPropertyDescriptors(row)).every(
      ({ value, get }) => get === undefined && (typeof value !== "object" || value === null || value instanceof Date),
    )
  );
}
