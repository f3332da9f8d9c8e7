import { fail } from "../../base/diagnostic.js";
import { lineColumn } from "../../base/span.js";

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** Deeper than any Keras config; keeps every recursion over a model's JSON shallow. */
const MAX_DEPTH = 128;

/** Parses untrusted JSON. @param path what the message calls it */
export function parseJson(text: string, path: string): Json {
  let value: Json;
  try {
    value = JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text) as Json;
  } catch (error) {
    return fail("model-json-syntax", { path, detail: problemOf(text, error instanceof Error ? error.message : "") });
  }
  checkDepth(value, path);
  return value;
}

/** What is wrong with the text; V8's own words differ from version to version, the position in them does not. */
function problemOf(text: string, message: string): string {
  if (text.trim() === "") return "it is empty";
  const position = Number(/at position (\d+)/.exec(message)?.[1] ?? Number.NaN);
  if (/end of JSON|Unterminated/.test(message) || position >= text.length) return "it ends in the middle";
  const token = /^Unexpected token '?(.)/u.exec(message)?.[1];
  if (Number.isNaN(position)) return token === undefined ? "something is out of place" : `a "${token}" is out of place`;
  const { line, column } = lineColumn(text, position);
  return `something is out of place at line ${line}, column ${column}`;
}

/** Refuses values that nest too deeply for a recursion to be safe. Itself it does not recurse. */
export function checkDepth(value: Json, path: string): void {
  let level: Json[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) fail("model-json-depth", { path, limit: MAX_DEPTH });
    const next: Json[] = [];
    for (const item of level) {
      if (typeof item === "object" && item !== null) for (const child of Object.values(item)) next.push(child);
    }
    level = next;
  }
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** The object at `where`, or a diagnostic. */
export function objectAt(value: Json | undefined, where: string): JsonObject {
  return isObject(value) ? value : fail("model-json-shape", { where, expected: "an object", found: shown(value) });
}

/** The array at `where`, or a diagnostic. */
export function arrayAt(value: Json | undefined, where: string): readonly Json[] {
  return isArray(value) ? value : fail("model-json-shape", { where, expected: "an array", found: shown(value) });
}

/** The string at `where`, or a diagnostic. */
export function stringAt(value: Json | undefined, where: string): string {
  if (typeof value === "string") return value;
  return fail("model-json-shape", { where, expected: "a string", found: shown(value) });
}

/** Like `kernel_size` -> `kernelSize`, as TF.js converts Keras's keys. */
export function camelCase(text: string): string {
  return text.replace(/_+(\w|$)/g, (_, letter: string) => letter.toUpperCase());
}

/** Like `kernelSize` -> `kernel_size`, the spelling of files. */
export function snakeCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The value with every key of every object inside it in camel case. Strings that are values stay. */
export function camelKeys(value: Json): Json {
  if (isArray(value)) return value.map(camelKeys);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [camelCase(key), camelKeys(item)]));
}

/** A value as a message shows it: short, on one line. */
export function shown(value: Json | undefined): string {
  if (value === undefined) return "missing";
  return oneLine(JSON.stringify(value), 60);
}

function oneLine(text: string, most: number): string {
  const line = text.replace(/\s+/g, " ");
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}
