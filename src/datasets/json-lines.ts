import { fail } from "../base/diagnostic.js";
import type { DataPlace } from "../base/diagnostics/data.js";
import type { ContentHash } from "../base/hash.js";
import { clipped, finite } from "./cells.js";
import { streamFile } from "./files.js";

export type JsonObject = Readonly<Record<string, unknown>>;

/** Longest line in characters, and deepest nesting of arrays. */
const longestLine = 2 ** 25;
const deepest = 8;

/**
 * Streams the objects of a file with one JSON object a line; empty lines are skipped.
 * @param onObject called with each object and its line, counted from 1; false stops the scan
 * @returns hash of the bytes read
 */
export async function scanJsonLines(
  path: string,
  onObject: (object: JsonObject, line: number) => boolean,
): Promise<ContentHash> {
  const stream = await streamFile(path);
  const decoder = new TextDecoder();
  let rest = "";
  let line = 0;
  const take = (text: string) => text.trim() === "" || onObject(parseObject(text, { file: path, line }), line);
  for await (const chunk of stream.chunks) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) {
      line++;
      if (!take(part)) return stream.hash();
    }
    if (rest.length > longestLine) {
      fail("data-too-large", { what: `line ${line + 1}`, size: rest.length, most: longestLine, unit: "characters" });
    }
  }
  line++;
  take(rest + decoder.decode());
  return stream.hash();
}

function parseObject(text: string, place: DataPlace): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
  } catch (error) {
    fail("data-row-syntax", { place, format: "JSON", reason: clipped((error as Error).message) });
  }
  fail("data-row-syntax", { place, format: "a JSON object", reason: `it is ${clipped(text.trim())}` });
}

/** Sizes of nested arrays, read along their first elements; [] for a number. */
export function nestedShape(value: unknown, place: DataPlace): readonly number[] {
  const sizes: number[] = [];
  let inner = value;
  while (Array.isArray(inner)) {
    sizes.push(inner.length);
    if (inner.length === 0) fail("data-value-missing", { place });
    if (sizes.length > deepest) {
      fail("data-too-large", {
        what: `the nesting of "${place.column}"`,
        size: sizes.length,
        most: deepest,
        unit: "levels",
      });
    }
    inner = inner[0];
  }
  return sizes;
}

/**
 * Writes nested arrays of exactly `shape`, row by row, from position `at`.
 * @returns the position after the last value
 */
export function flatten(
  value: unknown,
  shape: readonly number[],
  out: Float32Array,
  at: number,
  place: DataPlace,
): number {
  const [size, ...inner] = shape;
  if (size === undefined) {
    out[at] = numberIn(value, place);
    return at + 1;
  }
  if (!Array.isArray(value) || value.length !== size) {
    fail("data-sample-shape", { place, expected: shape, actual: Array.isArray(value) ? [value.length] : [] });
  }
  return value.reduce((position: number, each) => flatten(each, inner, out, position, place), at);
}

function numberIn(value: unknown, place: DataPlace): number {
  if (typeof value === "number") return finite(value, () => place);
  if (typeof value === "boolean") return Number(value);
  if (value === null) fail("data-value-missing", { place });
  fail("data-not-a-number", { place, text: clipped(JSON.stringify(value)), decimalComma: false });
}
