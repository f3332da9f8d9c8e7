import type { SourceFile } from "../../base/span.js";
import { keepPrecisions } from "../checks/keep.js";
import type { ProgramHost, Vocabulary } from "../host.js";
import { vocabulary as everything } from "../vocabulary.js";
import { isToken, lineOf, type Place, placeAt } from "./context.js";
import { layerSummary } from "./describe.js";
import { experimentNames, triedBy } from "./experiments.js";
import { fileProposals } from "./files.js";
import { clauseDocs, statementDocs, wordDocs } from "./keywords.js";
import { type Lookup, lookupProgram } from "./lookup.js";
import {
  choiceProposals,
  entryOf,
  hostProposals,
  named,
  optionValues,
  type Proposal,
  unitProposals,
  valueProposals,
} from "./proposals.js";
import { experimentAround, type Surroundings } from "./surroundings.js";
import { type Wanted, wantedAt } from "./wanted.js";

/** What may stand at the cursor; a choice replaces [start, end), UTF-16 offsets. */
export interface Proposals {
  readonly start: number;
  readonly end: number;
  readonly items: readonly Proposal[];
}

/** What proposals are made from. */
interface Sight {
  readonly place: Place;
  readonly lookup: Lookup;
  readonly vocabulary: Vocabulary;
  readonly around: Surroundings;
}

/**
 * What may be typed at the cursor, from the registries and, through the host, from the real model, data and files.
 * The text may be broken anywhere.
 * @param offset UTF-16 offset of the cursor
 */
export async function completeProgram(
  source: SourceFile,
  offset: number,
  host: ProgramHost,
  earlier: readonly SourceFile[] = [],
  vocabulary: Vocabulary = everything,
): Promise<Proposals> {
  const place = placeAt(source.text, offset);
  if (place === undefined) return { start: offset, end: offset, items: [] };
  const { start, end, written } = place;
  const wanted = wantedAt(place);
  const path = place.kind === "string" ? wanted.find((each) => each.kind === "path") : undefined;
  if (path) return fileProposals(place, path.source, source.path, host);
  // A word where one is still missing keeps the parser from losing what stands around it.
  const whole =
    written === "" && place.kind === "word" ? `${source.text.slice(0, start)}zz${source.text.slice(end)}` : source.text;
  const lookup = await lookupProgram({ path: source.path, text: whole }, host, vocabulary, earlier);
  const sight = { place, lookup, vocabulary, around: experimentAround(source.text, offset) };
  const found = (await Promise.all(wanted.map((each) => proposalsFor(each, sight)))).flat();
  return { start, end, items: fitting(found, place) };
}

/** Those that begin as the text does; inside a string the quotes are there already. */
function fitting(found: readonly Proposal[], { kind, written }: Place): readonly Proposal[] {
  const shown = kind === "string" ? found.map((each) => ({ ...each, text: unquoted(each.text) })) : found;
  const begun = written.toLowerCase();
  const fits = shown.filter(
    ({ text }) => text.toLowerCase().startsWith(begun) || `"${begun}` === text.slice(0, begun.length + 1),
  );
  return [...new Map(fits.map((each) => [each.text, each])).values()];
}

const unquoted = (text: string) => (text.startsWith('"') ? text.slice(1, -1) : text);

const later = new Set(["keywords", "statement", "clause", "search-clause"]);

async function proposalsFor(wanted: Wanted, sight: Sight): Promise<readonly Proposal[]> {
  const { lookup, vocabulary, place } = sight;
  const { scope, checker } = lookup;
  if (place.kind !== "word" && later.has(wanted.kind)) return [];
  switch (wanted.kind) {
    case "keywords":
      return named(
        "keyword",
        wordDocs.filter(({ name }) => wanted.words.includes(name)),
      );
    case "statement":
      return named("keyword", statementDocs);
    case "clause":
      return named("keyword", clauseDocs);
    case "search-clause":
      return [];
    case "model":
      return [
        ...(wanted.names ? ofProgram("model", scope.models) : []),
        ...named("reader", vocabulary.frontends),
        ...hostProposals(checker.host.values.keys()),
      ];
    case "data":
      return [...(wanted.names ? ofProgram("data", scope.data) : []), ...named("reader", vocabulary.readers)];
    case "scheme":
      return [...ofProgram("scheme", scope.schemes), ...named("scheme", vocabulary.schemes)];
    case "measure":
      return named("measure", vocabulary.measures);
    case "view":
      return vocabulary.views.map(({ form, summary }) => ({ text: form, kind: "view", summary }));
    case "precision":
      return choiceProposals(keepPrecisions);
    case "layer":
      return layerProposals(sight);
    case "value":
      return valueProposals(lookup);
    default:
      return detailProposals(wanted, sight);
  }
}

type Detail = Exclude<
  Wanted,
  {
    readonly kind:
      | "keywords"
      | "statement"
      | "clause"
      | "search-clause"
      | "model"
      | "data"
      | "scheme"
      | "measure"
      | "view"
      | "precision"
      | "layer"
      | "value";
  }
>;

async function detailProposals(wanted: Detail, sight: Sight): Promise<readonly Proposal[]> {
  const { lookup, vocabulary, place, around } = sight;
  switch (wanted.kind) {
    case "option": {
      const options = entryOf(wanted.of, wanted.owner, vocabulary, lookup.scope)?.options ?? [];
      return named(
        "option",
        options.filter(({ name }) => !wanted.given.includes(name)),
      );
    }
    case "option-value":
      return optionValueProposals(wanted, sight);
    case "path":
      return valueProposals(lookup);
    case "metric": {
      const view = vocabulary.views.find(({ name }) => name === wanted.view);
      const allowed = view?.arguments[wanted.argument ?? 0];
      if (wanted.view !== undefined && allowed === undefined) return [];
      return named(
        "metric",
        vocabulary.metrics.filter(({ name }) => allowed === undefined || allowed.includes(name)),
      );
    }
    case "metric-value":
      return unitProposals(place.written, vocabulary.metrics.find(({ name }) => name === wanted.metric)?.unit);
    case "experiment":
      return experimentNames(lookup.scope).map((text) => ({ text, kind: "experiment", summary: "an experiment" }));
    case "tried-scheme":
      return (wanted.of === undefined ? around.tried : triedBy(wanted.of, lookup.scope)).map((name) => ({
        text: name,
        kind: "scheme",
        summary: schemeSummary(name, sight),
      }));
    case "exported":
      return [
        { text: "best", kind: "keyword", summary: "the best trial by a metric: best(speedup)" },
        { text: "trial", kind: "keyword", summary: 'a trial by its label in the table: trial("static minmax")' },
        ...[...triedBy(wanted.of, lookup.scope), "fp32"].map((name) => ({
          text: name,
          kind: "scheme",
          summary: schemeSummary(name, sight),
        })),
      ];
    case "condition":
      return conditionNames(sight);
    case "condition-value":
      return conditionValues(wanted.option, sight);
  }
}

const ofProgram = (kind: string, names: ReadonlyMap<string, unknown>): readonly Proposal[] =>
  [...names.keys()].map((text) => ({
    text,
    kind,
    summary: `a ${kind === "data" ? "data set" : kind} of this program`,
  }));

function schemeSummary(name: string, { vocabulary, lookup }: Sight): string {
  return entryOf("scheme", name, vocabulary, lookup.scope)?.summary ?? "";
}

async function layerProposals({ lookup, around }: Sight): Promise<readonly Proposal[]> {
  const model = around.model === undefined ? undefined : await lookup.model(around.model);
  const layers = model?.layers ?? [];
  const sorted = [
    ...layers.filter(({ quantizable }) => quantizable),
    ...layers.filter(({ quantizable }) => !quantizable),
  ];
  return sorted.map((layer) => ({ text: JSON.stringify(layer.name), kind: "layer", summary: layerSummary(layer) }));
}

async function optionValueProposals(
  wanted: Extract<Wanted, { readonly kind: "option-value" }>,
  { lookup, vocabulary, place }: Sight,
): Promise<readonly Proposal[]> {
  const entry = entryOf(wanted.of, wanted.owner, vocabulary, lookup.scope);
  const spec = entry?.options.find(({ name }) => name === wanted.option);
  if (spec === undefined) return [];
  const { type } = spec;
  if (place.kind === "number") {
    if (type.kind === "split") return unitProposals(place.written, "fraction");
    return type.kind === "number" ? unitProposals(place.written, type.unit) : [];
  }
  const [, dataName] = lineOf(place.frame);
  const needsColumns = (type.kind === "column" || type.kind === "columns") && isToken(dataName);
  const columns = needsColumns ? ((await lookup.data(dataName.image))?.columns ?? []) : [];
  return [...optionValues(spec, wanted.words, columns), ...(wanted.words.length === 0 ? valueProposals(lookup) : [])];
}

/** Options of the schemes that the experiment tries; a name is `scheme` itself, too. */
function conditionNames({ around, vocabulary, lookup }: Sight): readonly Proposal[] {
  const options = around.tried.flatMap((name) => entryOf("scheme", name, vocabulary, lookup.scope)?.options ?? []);
  return [
    ...named("option", options),
    { text: "scheme", kind: "option", summary: "name of the scheme" },
    ...named(
      "keyword",
      wordDocs.filter(({ name }) => name === "not"),
    ),
  ];
}

function conditionValues(option: string, sight: Sight): readonly Proposal[] {
  const { around, vocabulary, lookup } = sight;
  if (option === "scheme")
    return around.tried.map((text) => ({ text, kind: "scheme", summary: schemeSummary(text, sight) }));
  if (/^keep(_\d+)?$/.test(option)) return choiceProposals(keepPrecisions);
  const specs = around.tried.flatMap(
    (name) => entryOf("scheme", name, vocabulary, lookup.scope)?.options.filter((spec) => spec.name === option) ?? [],
  );
  return specs.flatMap((spec) => optionValues(spec, [], []));
}
