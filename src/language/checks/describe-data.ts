import { type Diagnostic, DiagnosticError } from "../../base/diagnostic.js";
import { nearest } from "../../base/nearest.js";
import type { Span } from "../../base/span.js";
import type { DataReference } from "../../datasets/dataset.js";
import { type Checker, placed } from "../checker.js";
import type { DataDescription, ReaderVocabulary } from "../host.js";
import type { Use } from "../syntax/ast.js";
import { type GivenOptions, settingsOf } from "../values/options.js";

/** What the data is described for. */
interface About {
  readonly use: Use;
  readonly reader: ReaderVocabulary;
  /** Of its path, or of the whole use. */
  readonly span: Span;
  /** Whether the options are all that the program gives: one whose value is wrong is missing, and has been reported. */
  readonly asGiven: boolean;
}

type Facts = Readonly<Record<string, unknown>>;

/** Mistakes of what an option names in the source: they hold whatever the other options say. */
const namings: readonly string[] = ["data-unknown-column", "data-array-unknown"];
/** Mistakes of the path. */
const absences: readonly string[] = ["data-source-missing", "data-source-unreadable", "data-source-kind"];

/**
 * Asks the host about data, and reports what is wrong. A reader stops at the first option that it cannot take: that one is
 * left out and the reader asked again, so that all of them are told at once. As soon as an option is missing, only what
 * holds without it is reported.
 * @returns undefined where something is wrong
 */
export async function describeData(
  reference: DataReference,
  options: GivenOptions,
  about: About,
  checker: Checker,
): Promise<DataDescription | undefined> {
  const left = new Map(options);
  for (let asGiven = about.asGiven; ; asGiven = false) {
    try {
      const description = await checker.host.describeData({ ...reference, settings: settingsOf(left) });
      return left.size === options.size ? description : undefined;
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      const place = (facts: Facts) => placeOf(facts, left, about);
      const holds = (found: Diagnostic) => asGiven || isCertain(found, reference, left, about);
      checker.report(...placed(error, place).filter(holds));
      const wrong = error.diagnostics.flatMap(({ facts }) => givenIn(facts as Facts, left) ?? []);
      if (wrong.length === 0) return undefined;
      for (const option of wrong) left.delete(option);
    }
  }
}

/** The option that a mistake is about, where it is given. */
function givenIn({ option }: Facts, options: GivenOptions): string | undefined {
  return typeof option === "string" && options.has(option) ? option : undefined;
}

/** Whether a mistake is one even though options are missing. */
function isCertain(found: Diagnostic, { path }: DataReference, options: GivenOptions, about: About): boolean {
  const facts = found.facts as Facts;
  if (absences.includes(found.code)) return facts.path === path;
  return namings.includes(found.code) && givenIn(facts, options) !== undefined && namesAreClear(options, about);
}

/** Whether each option that decides how names are read is as the program gives it; a misspelt one may be meant for it. */
function namesAreClear(options: GivenOptions, { use, reader }: About): boolean {
  const { headerOptions = [] } = reader;
  const known = reader.options.map(({ name }) => name);
  return (use.options?.entries ?? []).every(({ key: { name }, value }) => {
    if (headerOptions.includes(name)) return options.get(name)?.span === value.span;
    return known.includes(name) || !headerOptions.includes(nearest(name, known) ?? "");
  });
}

/** Readers name the option that is wrong in their facts, and the name in its list; others are about the file. */
function placeOf(facts: Facts, options: GivenOptions, { use, span }: About): Span {
  const option = givenIn(facts, options);
  if (option === undefined) return span;
  const item = typeof facts.name === "string" ? itemSpan(use, option, facts.name) : undefined;
  return item ?? options.get(option)?.span ?? span;
}

/** Where in a list of names one of them stands. */
function itemSpan(use: Use, option: string, name: string): Span | undefined {
  const value = use.options?.entries.find(({ key }) => key.name === option)?.value;
  if (value?.kind !== "list") return undefined;
  return value.items.find(
    (item) => (item.kind === "string" && item.value === name) || (item.kind === "call" && item.name === name),
  )?.span;
}
