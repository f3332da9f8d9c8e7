import { fail } from "../base/diagnostic.js";
import { formatOf, integerOf, scaleKindOf } from "../tensor/store.js";
import type { Granularity, Precision, Scheme, WeightFormat } from "./scheme.js";
import { groupSizes } from "./vocabulary.js";

/** What a program says of its weights. */
export interface WeightWords {
  readonly dtype: string;
  readonly granularity?: Granularity | undefined;
  readonly group?: number | undefined;
  readonly symmetric?: boolean | undefined;
  readonly reduceRange?: boolean | undefined;
}

const DEFAULT_GROUP = 32;

/**
 * The format that words come to; where they leave open what shares a scale, `usual` does.
 * @param scheme its name, for the message
 * @throws {DiagnosticError} "scheme-conflict" or "group-size"
 */
export function weightFormatOf(scheme: string, words: WeightWords, usual: "per_channel" | "group"): WeightFormat {
  const { dtype, granularity, group } = words;
  const format = formatOf(dtype);
  const kind = scaleKindOf(format);
  const conflict = (first: string, second: string, reason: string): never =>
    fail("scheme-conflict", { scheme, first, second, reason });
  const more = { ...symmetryOf(words, conflict), ...reduceRangeOf(words, conflict) };
  if (kind !== "given") {
    const block = typeof format.block === "number" ? format.block : undefined;
    const reason =
      block === undefined ? `${dtype} has no scales` : `${dtype} has blocks of ${block} with scales of their own`;
    if (granularity !== undefined) conflict(`weights: ${dtype}`, granularity, reason);
    if (group !== undefined && group !== block) conflict(`weights: ${dtype}`, `group: ${group}`, reason);
    return block === undefined ? { dtype } : { dtype, granularity: "group", group: block };
  }
  if (granularity !== undefined) {
    const reason = "group and per_channel or per_tensor each say which weights share a scale";
    if (group !== undefined) conflict(`weights: ${dtype} ${granularity}`, `group: ${group}`, reason);
    return { dtype, granularity, ...more };
  }
  if (group === undefined && usual === "per_channel") return { dtype, granularity: usual, ...more };
  const size = group ?? DEFAULT_GROUP;
  if (!groupSizes.includes(size)) fail("group-size", { scheme, group: size, known: groupSizes });
  return { dtype, granularity: "group", group: size, ...more };
}

/** `symmetric` where it says something: integers alone can be either, and their own way goes without saying. */
function symmetryOf(
  { dtype, symmetric }: WeightWords,
  conflict: (first: string, second: string, reason: string) => never,
): Pick<WeightFormat, "symmetric"> {
  if (symmetric === undefined) return {};
  const word = symmetric ? "symmetric" : "asymmetric";
  if (!integerOf(dtype)) conflict(`weights: ${dtype}`, word, `${dtype} has no zero point to choose; integers have`);
  return symmetric === dtype.startsWith("int") ? {} : { symmetric };
}

function reduceRangeOf(
  { dtype, symmetric, reduceRange }: WeightWords,
  conflict: (first: string, second: string, reason: string) => never,
): Pick<WeightFormat, "reduceRange"> {
  if (reduceRange !== true) return {};
  if (dtype !== "int8" || symmetric === false) {
    const words = symmetric === false ? `${dtype} asymmetric` : dtype;
    conflict(`weights: ${words}`, "reduce_range: true", "reduce_range is a matter of symmetric int8 codes");
  }
  return { reduceRange: true };
}

/** The format of a layer that is kept at a precision, else of all layers; undefined where weights stay float32. */
export function layerFormat(scheme: Scheme, layer: string | undefined): WeightFormat | undefined {
  const kept = layer !== undefined && Object.hasOwn(scheme.keep, layer) ? scheme.keep[layer] : undefined;
  return kept === undefined ? scheme.weights : keptFormat(scheme, kept);
}

/** What shares a scale in a kept layer is what does in the others, where its format leaves that open. */
function keptFormat({ name, mode, weights }: Scheme, precision: Precision): WeightFormat | undefined {
  if (precision === "fp32") return undefined;
  if (precision === weights?.dtype) return weights;
  const usual = mode === "weight_only" ? "group" : "per_channel";
  const isOpen = (dtype: string | undefined) => dtype !== undefined && scaleKindOf(formatOf(dtype)) === "given";
  const shared = isOpen(precision) && isOpen(weights?.dtype) ? weights : undefined;
  const granularity = shared?.granularity === "group" ? undefined : shared?.granularity;
  const reduceRange = precision === "int8" && weights?.reduceRange === true;
  return weightFormatOf(name, { dtype: precision, granularity, group: shared?.group, reduceRange }, usual);
}
