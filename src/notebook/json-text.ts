/** A JSON value as it was read. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [name: string]: Json };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * JSON as Jupyter writes notebooks, so that a file that was only passed through shows no difference: names sorted,
 * indented by one space, a line feed at the end.
 * @see nbformat v4/nbjson.py: json.dumps(nb, ensure_ascii=False, indent=1, sort_keys=True, separators=(",", ": "))
 */
export function jsonText(value: Json): string {
  return `${written(value, "")}\n`;
}

function written(value: Json, indent: string): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = `${indent} `;
  if (Array.isArray(value)) {
    const items = (value as readonly Json[]).map((item) => inner + written(item, inner));
    return items.length === 0 ? "[]" : `[\n${items.join(",\n")}\n${indent}]`;
  }
  const object = value as JsonObject;
  const names = Object.keys(object).sort();
  const members = names.map((name) => `${inner}${JSON.stringify(name)}: ${written(object[name] ?? null, inner)}`);
  return members.length === 0 ? "{}" : `{\n${members.join(",\n")}\n${indent}}`;
}
