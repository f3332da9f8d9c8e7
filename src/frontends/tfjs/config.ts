import { fail } from "../../base/diagnostic.js";
import { camelCase, isArray, type Json, shown } from "./json.js";
import type { LayerSite } from "./layer.js";

/** Readers of a layer's options: each checks what it reads, and gives TF.js's default where the file says nothing. */

/** Refuses an option that has the wrong type or range. */
export function badOption(site: LayerSite, option: string, expected: string): never {
  const { name: layer, className } = site;
  return fail("layer-option", { layer, className, option, expected, found: shown(site.config[option]) });
}

/** Refuses a legal option that cannot be lowered. */
export function unsupportedOption(site: LayerSite, option: string, reason: string): never {
  const { name: layer, className } = site;
  return fail("unsupported-option", { layer, className, option, value: shown(site.config[option]), reason });
}

function given(site: LayerSite, option: string): Json | undefined {
  return site.config[option] ?? undefined;
}

/** An option that is true or false. @throws {DiagnosticError} `layer-option` for anything else */
export function booleanOption(site: LayerSite, option: string, fallback: boolean): boolean {
  const value = given(site, option) ?? fallback;
  return typeof value === "boolean" ? value : badOption(site, option, "true or false");
}

/** An option that is a finite number. @throws {DiagnosticError} `layer-option` for anything else */
export function numberOption(site: LayerSite, option: string, fallback: number): number {
  const value = given(site, option) ?? fallback;
  return typeof value === "number" && Number.isFinite(value) ? value : badOption(site, option, "a number");
}

/** Larger counts and sizes are damage: no layer has them. */
const MAX_INTEGER = 2 ** 26;

const isInteger = (value: Json | undefined, min: number): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= min && value <= MAX_INTEGER;

/** An integer of at least `min` (1 unless said); required when there is no fallback. */
export function integerOption(site: LayerSite, option: string, fallback?: number, min = 1): number {
  const value = given(site, option) ?? fallback;
  return isInteger(value, min) ? value : badOption(site, option, `an integer from ${min} to ${MAX_INTEGER}`);
}

/** `rank` integers: one for each spatial dimension; a single number stands for all of them. */
export function sizesOption(site: LayerSite, option: string, rank: number, fallback?: number, min = 1): number[] {
  const value = given(site, option) ?? fallback;
  if (isInteger(value, min)) return new Array<number>(rank).fill(value);
  const sizes = isArray(value) ? value.filter((size): size is number => isInteger(size, min)) : [];
  if (!isArray(value) || sizes.length !== value.length || sizes.length !== rank) {
    return badOption(site, option, `${rank === 1 ? "an integer" : `${rank} integers`} from ${min} to ${MAX_INTEGER}`);
  }
  return sizes;
}

/** A list of integers, of which each may be negative; a single integer stands for a list of one. */
export function axesOption(site: LayerSite, option: string, fallback: number): number[] {
  const value = given(site, option) ?? fallback;
  const axes = isArray(value) ? value : [value];
  const integers = axes.filter((axis): axis is number => typeof axis === "number" && Number.isInteger(axis));
  return integers.length === axes.length && axes.length > 0
    ? integers
    : badOption(site, option, "an axis or a list of axes");
}

/** One of some words, however they are spelt: `channels_last` and `channelsLast` are one. */
export function wordOption<T extends string>(site: LayerSite, option: string, words: readonly T[], fallback: T): T {
  const value = given(site, option) ?? fallback;
  const word = words.find((candidate) => typeof value === "string" && camelCase(value) === candidate);
  return word ?? badOption(site, option, `one of ${words.join(", ")}`);
}

export type DataFormat = "channelsLast" | "channelsFirst";

/** Where the channels are. @throws {DiagnosticError} `layer-option` for an unknown word */
export function dataFormatOption(site: LayerSite): DataFormat {
  return wordOption(site, "dataFormat", ["channelsLast", "channelsFirst"], "channelsLast");
}

export type Padding = "valid" | "same";

/** How a window meets the border. @throws {DiagnosticError} `layer-option` for an unknown word */
export function paddingOption(site: LayerSite): Padding {
  if (site.config.padding === "causal") unsupportedOption(site, "padding", "TF.js has no causal padding either");
  return wordOption(site, "padding", ["valid", "same"], "valid");
}

/** The listed options whose value is not what TF.js assumes: what `LayerDefinition.ignored` gives. */
export function differing(site: LayerSite, assumed: Readonly<Record<string, Json>>): [string, string][] {
  return Object.entries(assumed).flatMap(([option, plain]): [string, string][] => {
    const value = given(site, option);
    if (value === undefined || JSON.stringify(value) === JSON.stringify(plain)) return [];
    if (isArray(value) && value.every((item) => item === plain)) return [];
    return [[option, shown(value)]];
  });
}
