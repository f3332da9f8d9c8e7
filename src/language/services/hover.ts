import type { IToken } from "chevrotain";
import { parseText } from "../../../grammar/parse.js";
import * as t from "../../../grammar/tokens.js";
import { type Choice, type OptionKind, type OptionSpec, priceWords } from "../../base/option.js";
import type { SourceFile, Span } from "../../base/span.js";
import { keepPrecisions } from "../checks/keep.js";
import type { ProgramHost, Vocabulary } from "../host.js";
import { expandValue } from "../values/concrete.js";
import { unitsOf } from "../values/units.js";
import { vocabulary as everything } from "../vocabulary.js";
import { type Frame, frameBefore, isToken } from "./context.js";
import { dataText, modelText } from "./describe.js";
import { experimentStatement, triedBy } from "./experiments.js";
import { clauseDocs, type KeywordDoc, statementDocs, wordDocs } from "./keywords.js";
import { type Lookup, lookupProgram } from "./lookup.js";
import { choiceText, entryOf } from "./proposals.js";
import { experimentAround } from "./surroundings.js";
import { type Wanted, wantedAt } from "./wanted.js";

/** What is known of the word under the cursor. */
export interface Hover {
  readonly markdown: string;
  /** The same without marks. */
  readonly text: string;
  /** The word. */
  readonly span: Span;
}

/** A heading, and lines below it. */
interface Card {
  readonly title: string;
  readonly lines: readonly string[];
}

interface Sight {
  readonly lookup: Lookup;
  readonly vocabulary: Vocabulary;
  readonly tried: readonly string[];
}

/**
 * Documentation of the word at `offset`, from the registries; for names of the program what they stand for: layers of
 * the real model, rows of the real data, the value of a parameter. Undefined where there is nothing to say.
 */
export async function hoverProgram(
  source: SourceFile,
  offset: number,
  host: ProgramHost,
  earlier: readonly SourceFile[] = [],
  vocabulary: Vocabulary = everything,
): Promise<Hover | undefined> {
  const token = tokenAt(source.text, offset);
  if (token === undefined) return undefined;
  const frame = frameBefore(source.text.slice(0, token.startOffset));
  const lookup = await lookupProgram(source, host, vocabulary, earlier);
  const sight = { lookup, vocabulary, tried: experimentAround(source.text, offset).tried };
  const card = await cardOf(token, frame, sight);
  if (card === undefined) return undefined;
  const end = token.startOffset + token.image.length;
  return {
    markdown: [`**${card.title}**`, ...card.lines].join("\n\n"),
    text: [card.title, ...card.lines].join("\n").replaceAll("`", ""),
    span: { source: source.path, start: token.startOffset, end },
  };
}

/** The word or string at an offset; just behind a word counts. */
function tokenAt(text: string, offset: number): IToken | undefined {
  const { tokens } = parseText(text);
  const holds = ({ startOffset, image }: IToken) => startOffset <= offset && offset <= startOffset + image.length;
  return tokens.filter(holds).find(({ image }) => /^["$A-Za-z_]/.test(image));
}

async function cardOf(token: IToken, frame: Frame, sight: Sight): Promise<Card | undefined> {
  const { image } = token;
  if (image.startsWith("$")) return { title: image, lines: ["a variable of the notebook, or a value given with `-p`"] };
  const [head] = frame.items;
  const defines = frame.parent === undefined && frame.items.length === 1 && isToken(head);
  if (defines) return definitionCard(head.image, image, sight);
  for (const wanted of wantedAt({ kind: "word", written: "", start: 0, end: 0, frame })) {
    const card = await cardFor(wanted, image, sight);
    if (card) return card;
  }
  const isKeyword = [t.At, t.And, t.Or, t.Not].includes(token.tokenType);
  return isKeyword ? keywordCard(wordDocs, image) : undefined;
}

function keywordCard(docs: readonly KeywordDoc[], image: string): Card | undefined {
  const doc = docs.find(({ name }) => name === image);
  return doc && { title: doc.name, lines: [doc.summary, `\`${doc.form}\``] };
}

/** A name that the program gives. */
async function definitionCard(kind: string, name: string, { lookup, vocabulary }: Sight): Promise<Card | undefined> {
  if (kind === "model") {
    const model = await lookup.model(name);
    return lookup.scope.models.has(name) ? { title: `model ${name}`, lines: modelText(model) } : undefined;
  }
  if (kind === "data") {
    const data = await lookup.data(name);
    return lookup.scope.data.has(name) ? { title: `data ${name}`, lines: dataText(data) } : undefined;
  }
  if (kind === "experiment" || kind === "diagnose" || kind === "export") {
    const tried = triedBy(name, lookup.scope);
    if (experimentStatement(name, lookup.scope) === undefined) return undefined;
    return { title: `experiment ${name}`, lines: tried.length > 0 ? [`tries ${tried.join(", ")}`] : [] };
  }
  if (kind === "param") return paramCard(name, lookup);
  const base = kind === "scheme" ? lookup.scope.schemes.get(name)?.base : undefined;
  if (base === undefined) return undefined;
  const entry = entryOf("scheme", name, vocabulary, lookup.scope);
  const written = lookup.checker.sources.get(base.span.source)?.text.slice(base.span.start, base.span.end);
  return {
    title: `scheme ${name}`,
    lines: [...(entry ? [entry.summary] : []), `\`${(written ?? "").replace(/\s+/g, " ")}\``],
  };
}

function paramCard(name: string, { scope, checker }: Lookup): Card | undefined {
  const statement = scope.params.get(name);
  if (statement === undefined) return undefined;
  const values = checker.environment.parameter(name) ?? [];
  const written = statement.value ? expandValue(statement.value, checker.environment).map(({ text }) => text) : [];
  const [now, given] = [values.map(({ text }) => text).join(" | "), written.join(" | ")];
  return { title: `param ${name}`, lines: [`\`${now}\`${now === given ? "" : `; the program says \`${given}\``}`] };
}

async function cardFor(wanted: Wanted, image: string, sight: Sight): Promise<Card | undefined> {
  const { lookup, vocabulary } = sight;
  const listed = (title: string, entries: readonly { readonly name: string; readonly summary: string }[]) => {
    const entry = entries.find(({ name }) => name === image);
    return entry && { title: `${title} ${image}`, lines: [entry.summary] };
  };
  switch (wanted.kind) {
    case "statement":
      return keywordCard(statementDocs, image);
    case "clause":
      return keywordCard(clauseDocs, image);
    case "keywords":
      return keywordCard(wordDocs, image);
    case "model":
      return (await definitionCard("model", image, sight)) ?? entryCard("model format", "frontend", image, sight);
    case "data":
      return (await definitionCard("data", image, sight)) ?? entryCard("data reader", "reader", image, sight);
    case "scheme":
    case "tried-scheme":
      return (await definitionCard("scheme", image, sight)) ?? entryCard("scheme", "scheme", image, sight);
    case "measure":
      return entryCard("measure", "measure", image, sight);
    case "metric":
      return listed(
        "metric",
        vocabulary.metrics.map(({ name, summary, unit }) => ({ name, summary: `${summary} (${unitText(unit)})` })),
      );
    case "view":
      return listed("view", vocabulary.views);
    case "precision":
      return listed("precision", keepPrecisions);
    case "option":
      return optionCard(optionOf(wanted.of, wanted.owner, image, sight));
    case "exported":
      return exportedCard(image) ?? entryCard("scheme", "scheme", image, sight);
    case "condition":
      return conditionCard(image, sight) ?? keywordCard(wordDocs, image);
    case "option-value":
      return (
        choiceCard(optionOf(wanted.of, wanted.owner, wanted.option, sight)?.type, image) ?? paramCard(image, lookup)
      );
    case "condition-value":
      return sight.tried
        .map((name) => choiceCard(optionOf("scheme", name, wanted.option, sight)?.type, image))
        .find(Boolean);
    case "value":
      return paramCard(image, lookup);
    default:
      return undefined;
  }
}

function unitText(unit: Parameters<typeof unitsOf>[0]): string {
  const suffixes = unitsOf(unit);
  return suffixes.length > 0 ? `written with ${suffixes.join(", ")}` : "a plain number";
}

type Registry = Parameters<typeof entryOf>[0];

function optionOf(of: Registry, owner: string, option: string, { vocabulary, lookup }: Sight): OptionSpec | undefined {
  return entryOf(of, owner, vocabulary, lookup.scope)?.options.find(({ name }) => name === option);
}

function entryCard(title: string, of: Registry, image: string, { vocabulary, lookup }: Sight): Card | undefined {
  const entry = entryOf(of, image, vocabulary, lookup.scope);
  if (entry?.name !== image) return undefined;
  const options = entry.options.map(
    ({ name, summary, required }) => `- \`${name}\`${required ? " (required)" : ""}: ${summary}`,
  );
  return { title: `${title} ${image}`, lines: [entry.summary, ...(options.length > 0 ? [options.join("\n")] : [])] };
}

function exportedCard(image: string): Card | undefined {
  if (image === "best") {
    return {
      title: "best",
      lines: ["the best quantized trial by a metric, of those that meet the expectations", "`best(speedup)`"],
    };
  }
  if (image !== "trial") return undefined;
  return { title: "trial", lines: ["a trial by its label in the table, or its id", '`trial("static minmax")`'] };
}

function conditionCard(image: string, sight: Sight): Card | undefined {
  if (image === "scheme") return { title: "scheme", lines: ["name of the scheme"] };
  return sight.tried.map((name) => optionCard(optionOf("scheme", name, image, sight))).find(Boolean);
}

function optionCard(spec: OptionSpec | undefined): Card | undefined {
  if (spec === undefined) return undefined;
  const needed = spec.required ? "; has to be given" : "";
  return { title: `option ${spec.name}`, lines: [spec.summary, `${legal(spec.type)}${needed}`] };
}

function choicesOf(type: OptionKind | undefined): readonly Choice[] {
  switch (type?.kind) {
    case "choice":
      return type.choices;
    case "phrase":
      return type.groups.flat();
    case "price":
      return priceWords;
    default:
      return [];
  }
}

function choiceCard(type: OptionKind | undefined, image: string): Card | undefined {
  const choices = choicesOf(type);
  const choice = choices.find(({ name }) => name === image);
  if (choice === undefined) return type?.kind === "split" ? keywordCard(wordDocs, image) : undefined;
  const { argument } = choice;
  const range =
    argument && `${argument.name} from ${argument.min} to ${argument.max}; \`${choiceText(choice)}\` unless said`;
  return { title: choice.name, lines: [choice.summary, ...(range ? [range] : [])] };
}

/** The legal values of an option in one line. */
function legal(type: OptionKind): string {
  const choices = (list: readonly Parameters<typeof choiceText>[0][]) =>
    list.map((each) => `\`${choiceText(each)}\``).join(", ");
  switch (type.kind) {
    case "integer":
      return `a whole number${rangeText(type)}`;
    case "number":
      return `a number${rangeText(type)}`;
    case "boolean":
      return "`true` or `false`";
    case "choice":
      return `one of ${choices(type.choices)}`;
    case "phrase":
      return type.groups.map((group) => `one of ${choices(group)}`).join("; and ");
    case "column":
      return "name of a column";
    case "columns":
      return "names of columns: `[a, b]`";
    case "names":
      return "names: `[cat, dog]`";
    case "shape":
      return "sizes without batch: `[8, 8, 1]`";
    case "price":
      return "a number and what it is for: `0.34 per_hour`";
    case "split":
      return "shares and a seed: `train 80% test 20% seed 7`";
    case "string":
      return "a string";
  }
}

function rangeText({ min, max }: { readonly min?: number; readonly max?: number }): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max.toLocaleString("en")}`;
  if (min !== undefined) return `, at least ${min}`;
  return max === undefined ? "" : `, at most ${max.toLocaleString("en")}`;
}
