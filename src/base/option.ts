/**
 * Vocabulary of the language as data. Registries (schemes, readers, measures) describe their options with these
 * records; the checker, completion, hover and "did you mean" read them; the grammar knows none of the names.
 */
export type OptionKind =
  | { readonly kind: "integer"; readonly min?: number; readonly max?: number }
  /** A plain number; `unit` says which unit a suffix may give ("ms", "bytes", "ratio", "fraction"). */
  | { readonly kind: "number"; readonly min?: number; readonly max?: number; readonly unit?: Unit }
  | { readonly kind: "boolean" }
  | { readonly kind: "string" }
  /** A name of a column of the data. */
  | { readonly kind: "column" }
  | { readonly kind: "columns" }
  /** Names the user chooses, not checked against anything, in order: `[cat, dog]`; numbers count as names. */
  | { readonly kind: "names" }
  /** Sizes of one sample, without batch: `[8, 8, 1]`. */
  | { readonly kind: "shape" }
  /** One of a list of names, some of which take a number: `percentile(99.9)`. */
  | { readonly kind: "choice"; readonly choices: readonly Choice[] }
  /** Words in any order, each from one group: `int8 per_channel`. The first group is required. */
  | { readonly kind: "phrase"; readonly groups: readonly (readonly Choice[])[] }
  /** `0.34 per_hour`: a number above 0 and a word of {@link priceWords}; the setting is the price of an hour. */
  | { readonly kind: "price" }
  /** `train 80% test 20% seed 7`: fractions in 0..1 that add up to at most 1, and a seed. */
  | { readonly kind: "split" };

/** What a price may be for, with what makes it the price of an hour. A month has 730 hours, as clouds bill it. */
export const priceWords: readonly (Choice & { readonly perHour: number })[] = [
  { name: "per_hour", summary: "price of an hour of the machine", perHour: 1 },
  { name: "per_minute", summary: "price of a minute of the machine", perHour: 60 },
  { name: "per_second", summary: "price of a second of the machine", perHour: 3600 },
  { name: "per_month", summary: "price of a month of the machine, 730 hours", perHour: 1 / 730 },
];

export type Unit = "ms" | "bytes" | "ratio" | "fraction";

export interface Choice {
  readonly name: string;
  readonly summary: string;
  /** Present when the name takes one number in parentheses. */
  readonly argument?: { readonly name: string; readonly min: number; readonly max: number; readonly default?: number };
}

export interface OptionSpec {
  readonly name: string;
  readonly type: OptionKind;
  readonly summary: string;
  readonly required?: boolean;
  /** Whether `a | b` makes a sweep axis; false where an axis makes no sense (labels, paths). */
  readonly sweeps?: boolean;
}

/**
 * A checked option value. Units are gone: milliseconds, bytes, ratios (2x = 2) and fractions (1% = 0.01) are numbers.
 * A choice is `{ name, argument? }`; a phrase is the list of its choices in group order; a split is its record.
 */
export type Setting =
  | number
  | boolean
  | string
  | readonly number[]
  | readonly string[]
  | ChoiceSetting
  | readonly ChoiceSetting[]
  | SplitSetting;

export interface ChoiceSetting {
  readonly name: string;
  readonly argument?: number;
}

export interface SplitSetting {
  readonly train: number;
  readonly test: number;
  readonly seed: number;
}

/** Checked options of one entry, by name. */
export type Settings = Readonly<Record<string, Setting>>;
