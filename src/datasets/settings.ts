import { fail } from "../base/diagnostic.js";
import { nearestFact } from "../base/nearest.js";
import type { OptionSpec, SplitSetting } from "../base/option.js";
import { elementCount } from "../tensor/tensor.js";
import { type DataReference, defaultSplit } from "./dataset.js";

/** Most values of one sample, and most bytes of one data set in memory. */
export const mostValues = 2 ** 26;
export const mostBytes = 2 ** 31;

/**
 * Typed access to the settings of a reference. The language has checked its own programs already; callers from
 * TypeScript have not, so every access checks.
 */
export interface DataSettings {
  number(name: string): number | undefined;
  text(name: string): string | undefined;
  names(name: string): readonly string[] | undefined;
  choice(name: string): string | undefined;
  flag(name: string): boolean | undefined;
  shape(name: string): readonly number[] | undefined;
  split(): SplitSetting;
}

const given = (value: unknown) => JSON.stringify(value) ?? String(value);

/** @throws {DiagnosticError} on access to a setting of the wrong type, and at once for an unknown name. */
export function settingsOf(ref: DataReference, options: readonly OptionSpec[]): DataSettings {
  const known = options.map(({ name }) => name);
  for (const option of Object.keys(ref.settings)) {
    if (!known.includes(option)) {
      fail("data-option-unknown", { reader: ref.reader, option, known, ...nearestFact(option, known) });
    }
  }
  for (const { name, required, summary } of options) {
    if (required && ref.settings[name] === undefined) {
      fail("data-option-needed", { reader: ref.reader, option: name, why: summary });
    }
  }
  if (ref.settings.scale === 0) {
    fail("data-option-invalid", { option: "scale", expected: "a number other than 0", given: "0" });
  }
  function read<T>(name: string, expected: string, convert: (value: unknown) => T | undefined): T | undefined {
    const value = ref.settings[name];
    if (value === undefined) return undefined;
    return convert(value) ?? fail("data-option-invalid", { option: name, expected, given: given(value) });
  }
  return {
    number: (name) => readNumber(name, options, read),
    text: (name) => read(name, "a name", asText),
    names: (name) => read(name, "a list of names", asNames),
    choice: (name) => readChoice(name, options, read),
    flag: (name) => read(name, "true or false", (value) => (typeof value === "boolean" ? value : undefined)),
    shape: (name) => read(name, `whole sizes of at least 1 that multiply to at most ${mostValues}`, asShape),
    split: () => read("split", "fractions train and test, together at most 1, and a seed", asSplit) ?? defaultSplit,
  };
}

type Read = <T>(name: string, expected: string, convert: (value: unknown) => T | undefined) => T | undefined;

function readNumber(name: string, options: readonly OptionSpec[], read: Read): number | undefined {
  const type = options.find((option) => option.name === name)?.type;
  const [min, max] = type?.kind === "number" || type?.kind === "integer" ? [type.min, type.max] : [];
  const whole = type?.kind === "integer";
  const least = min === undefined ? "" : ` of at least ${min}`;
  const most = max === undefined ? "" : `${min === undefined ? " of" : " and"} at most ${max}`;
  return read(name, `a ${whole ? "whole " : ""}number${least}${most}`, (value) => {
    if (typeof value !== "number" || !Number.isFinite(value)) return undefined;
    if (whole && !Number.isSafeInteger(value)) return undefined;
    return (min !== undefined && value < min) || (max !== undefined && value > max) ? undefined : value;
  });
}

function readChoice(name: string, options: readonly OptionSpec[], read: Read): string | undefined {
  const type = options.find((option) => option.name === name)?.type;
  const names = type?.kind === "choice" ? type.choices.map((choice) => choice.name) : [];
  return read(name, `one of ${names.join(", ")}`, (value) => {
    const chosen = typeof value === "string" ? value : fieldOf(value, "name");
    return typeof chosen === "string" && names.includes(chosen) ? chosen : undefined;
  });
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[field] : undefined;
}

const asText = (value: unknown) =>
  typeof value === "string" ? value : typeof value === "number" ? String(value) : undefined;

function asNames(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const names = value.map(asText);
  return names.every((name) => name !== undefined) ? names : undefined;
}

function asShape(value: unknown): readonly number[] | undefined {
  if (!Array.isArray(value) || value.length > 8) return undefined;
  const whole = value.every((size) => Number.isSafeInteger(size) && size >= 1);
  return whole && elementCount(value) <= mostValues ? value : undefined;
}

function asSplit(value: unknown): SplitSetting | undefined {
  const [train, test, seed] = [fieldOf(value, "train"), fieldOf(value, "test"), fieldOf(value, "seed")];
  if (typeof train !== "number" || typeof test !== "number" || !Number.isSafeInteger(seed)) return undefined;
  // 1e-9: 0.7 + 0.3 need not be 1 in binary.
  return train >= 0 && test >= 0 && train + test <= 1 + 1e-9 ? { train, test, seed: seed as number } : undefined;
}
