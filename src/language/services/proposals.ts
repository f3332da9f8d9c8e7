import { type Choice, type OptionSpec, priceWords } from "../../base/option.js";
import { exportOptions } from "../../plan/export-forms.js";
import type { Vocabulary } from "../host.js";
import type { Scope } from "../scope.js";
import { unitsOf } from "../values/units.js";
import { wordDocs } from "./keywords.js";
import type { Lookup } from "./lookup.js";
import type { Registry } from "./wanted.js";

/** Something that may stand at the cursor. */
export interface Proposal {
  readonly text: string;
  /** A word for an icon: "keyword", "scheme", "option", "value", "layer", "column", "file", "variable", ... */
  readonly kind: string;
  /** One line. */
  readonly summary: string;
}

type Named = { readonly name: string; readonly summary: string };

export const named = (kind: string, entries: readonly Named[]): readonly Proposal[] =>
  entries.map(({ name, summary }) => ({ text: name, kind, summary }));

/** A choice as it is written, with the usual argument: `percentile(99.9)`. */
export function choiceText({ name, argument }: Choice): string {
  return argument === undefined ? name : `${name}(${argument.default ?? argument.min})`;
}

export function choiceProposals(choices: readonly Choice[]): readonly Proposal[] {
  return choices.map((choice) => ({ text: choiceText(choice), kind: "value", summary: choice.summary }));
}

/** A name as it is written where any text may stand: quoted where it is no name of the language. */
export const asName = (name: string) => (/^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name));

/** The registry's entry behind a name, or behind the scheme that the program defines under it. */
export function entryOf(of: Registry, owner: string, vocabulary: Vocabulary, scope: Scope): EntryLike | undefined {
  const lists: Readonly<Record<Registry, readonly EntryLike[]>> = {
    frontend: vocabulary.frontends,
    reader: vocabulary.readers,
    scheme: vocabulary.schemes,
    measure: vocabulary.measures,
    export: [{ name: "export", summary: "writes a trial for where it will run", options: exportOptions }],
  };
  const seen = new Set<string>();
  let name: string | undefined = owner;
  while (name !== undefined && !seen.has(name)) {
    const found = lists[of].find((entry) => entry.name === name);
    if (found) return found;
    seen.add(name);
    name = of === "scheme" ? scope.schemes.get(name)?.base?.target.name : undefined;
  }
  return of === "frontend" && owner.startsWith("$") ? vocabulary.frontends[0] : undefined;
}

interface EntryLike extends Named {
  readonly options: readonly OptionSpec[];
}

/** Names of the program that a value may use: parameters and values of the host. */
export function valueProposals({ scope, checker }: Lookup): readonly Proposal[] {
  const params = [...scope.params.keys()].map((name) => ({ text: name, kind: "param", summary: "a parameter" }));
  return [...params, ...hostProposals(checker.host.values.keys())];
}

export function hostProposals(names: Iterable<string>): readonly Proposal[] {
  return [...names].map((name) => ({ text: `$${name}`, kind: "variable", summary: "a variable of the notebook" }));
}

/**
 * Legal values of an option. `columns` are those of the real data.
 * @param words what stands before the cursor in this value: a phrase takes one word of each group
 */
export function optionValues(
  spec: OptionSpec,
  words: readonly string[],
  columns: readonly string[],
): readonly Proposal[] {
  const { type } = spec;
  switch (type.kind) {
    case "choice":
      return words.length === 0 ? choiceProposals(type.choices) : [];
    case "phrase": {
      const open = type.groups.filter((group) => !group.some(({ name }) => words.includes(name)));
      return choiceProposals(open.flat());
    }
    case "price":
      return words.some((word) => priceWords.some(({ name }) => name === word)) ? [] : choiceProposals(priceWords);
    case "boolean":
      return ["true", "false"].map((text) => ({ text, kind: "value", summary: spec.summary }));
    case "column":
    case "columns":
      return columns
        .filter((name) => !words.includes(name))
        .map((name) => ({ text: asName(name), kind: "column", summary: "a column of the data" }));
    case "split": {
      const open = ["train", "test", "seed"].filter((name) => !words.includes(name));
      const docs = wordDocs.filter(({ name }) => open.includes(name));
      return /^[a-z]+$/.test(words.at(-1) ?? "") ? [] : named("keyword", docs);
    }
    default:
      return [];
  }
}

/** A number with each unit that fits: `2x`, `10ms`. */
export function unitProposals(written: string, unit: Parameters<typeof unitsOf>[0]): readonly Proposal[] {
  const digits = /^[+-]?[\d_]+(?:\.\d+)?/.exec(written)?.[0];
  if (digits === undefined) return [];
  return unitsOf(unit).map((suffix) => ({ text: `${digits}${suffix}`, kind: "unit", summary: unit ?? "" }));
}
