import { fail } from "../base/diagnostic.js";
import type { DataPlace } from "../base/diagnostics/data.js";
import { nearestFact } from "../base/nearest.js";
import type { Labels } from "./dataset.js";

/** Labels as the source has them: texts or numbers to be matched with classes; or real values, or next tokens, as they are. */
export type RawLabels =
  | { readonly kind: "class"; readonly values: readonly (string | number)[] }
  | Exclude<Labels, { readonly kind: "class" }>;

const mostClasses = 100_000;

/**
 * Labels as indices into classes.
 *
 * With `names` a label is one of them; whole numbers that are no name are indices of them. Without names, whole
 * numbers that begin at 0 are the indices themselves; other labels (1..n, texts) are sorted, and the position in that
 * order is the index, as scikit-learn's LabelEncoder does it.
 * @param place where sample i was read, for messages
 * @throws {DiagnosticError} for a missing label, one outside the classes, a real-valued one
 */
export function resolveLabels(
  raw: RawLabels,
  names: readonly string[] | undefined,
  place: (index: number) => DataPlace,
): Labels {
  if (raw.kind !== "class") return raw;
  const texts = raw.values.map((value, i) => labelText(value) ?? fail("data-label-missing", { place: place(i) }));
  return names === undefined ? inferred(texts, place) : named(texts, names, place);
}

/** "3", "3.0" and 3 are one label. Undefined for an empty cell or NaN. */
function labelText(value: string | number): string | undefined {
  const text = String(value).trim();
  if (text === "" || text === "NaN") return undefined;
  const number = Number(text);
  return Number.isFinite(number) && /^[-+]?[\d.]/.test(text) ? String(number) : text;
}

const whole = (text: string) => /^-?\d+$/.test(text);

function named(texts: readonly string[], names: readonly string[], place: (index: number) => DataPlace): Labels {
  const classes = names.map((name) => labelText(name) ?? name);
  const indices = new Map<string, number>();
  for (const [i, name] of classes.entries()) {
    if (indices.has(name)) fail("data-class-twice", { name });
    indices.set(name, i);
  }
  const byIndex = !classes.some(whole);
  const values = Int32Array.from(texts, (text, i) => {
    const index = indices.get(text) ?? (byIndex && whole(text) ? Number(text) : -1);
    if (index >= 0 && index < classes.length) return index;
    return fail("data-label-unknown", {
      place: place(i),
      text,
      classes,
      ...(whole(text) ? {} : nearestFact(text, classes)),
    });
  });
  return { kind: "class", values, classes };
}

function inferred(texts: readonly string[], place: (index: number) => DataPlace): Labels {
  const distinct = [...new Set(texts)];
  const numeric = distinct.every((text) => Number.isFinite(Number(text)));
  const real = numeric ? distinct.find((text) => !whole(text)) : undefined;
  if (real !== undefined) fail("data-label-real", { place: place(texts.indexOf(real)), text: real });
  const numbers = numeric ? distinct.map(Number).sort((a, b) => a - b) : [];
  const last = numbers.at(-1) ?? 0;
  const indexed = numbers[0] === 0;
  const count = indexed ? last + 1 : distinct.length;
  if (count > mostClasses) fail("data-too-many-classes", { classes: count, most: mostClasses });
  const classes = indexed
    ? Array.from({ length: count }, (_, i) => String(i))
    : numeric
      ? numbers.map(String)
      : distinct.sort((a, b) => (a < b ? -1 : 1));
  const indices = new Map(classes.map((name, i) => [name, i]));
  return { kind: "class", values: Int32Array.from(texts, (text) => indices.get(text) as number), classes };
}
