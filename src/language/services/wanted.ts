import type { IToken } from "chevrotain";
import * as t from "../../../grammar/tokens.js";
import { type Frame, type Item, isBody, isToken, lineOf, ownerOf, type Place } from "./context.js";

/** What the language takes at the cursor. */
export type Wanted =
  | { readonly kind: "keywords"; readonly words: readonly string[] }
  | { readonly kind: "statement" | "clause" | "search-clause" }
  /** A name of the program; `sources` also what makes one: frontends and readers. */
  | { readonly kind: "model" | "data"; readonly names: boolean }
  | { readonly kind: "scheme" | "measure" | "view" | "precision" | "layer" | "value" }
  | { readonly kind: "metric"; readonly view?: string; readonly argument?: number }
  | { readonly kind: "option"; readonly of: Registry; readonly owner: string; readonly given: readonly string[] }
  | {
      readonly kind: "option-value";
      readonly of: Registry;
      readonly owner: string;
      readonly option: string;
      readonly words: readonly string[];
    }
  | { readonly kind: "path"; readonly source: string }
  | { readonly kind: "metric-value"; readonly metric: string }
  | { readonly kind: "experiment" }
  | { readonly kind: "tried-scheme"; readonly of?: string }
  /** What `export` names behind an experiment: `best(metric)`, `trial("label")`, a scheme. */
  | { readonly kind: "exported"; readonly of: string }
  | { readonly kind: "condition" }
  | { readonly kind: "condition-value"; readonly option: string };

/** Whose options: the registry that an owner's name belongs to. */
export type Registry = "frontend" | "reader" | "scheme" | "measure" | "export";

const nothing: readonly Wanted[] = [];

/** What may stand at a place; several things where the language takes one of them. */
export function wantedAt({ frame, kind }: Place): readonly Wanted[] {
  if (frame.parent === undefined) return statementPart(frame.items, kind);
  if (isBody(frame)) return clausePart(frame.items, isSearch(frame));
  const line = lineOf(frame);
  const [head] = line;
  if (frame.open === "{") return entryPart(frame, head);
  if (frame.open === "[") return entryOf(frame) ?? [{ kind: "value" }];
  return argumentPart(frame, head);
}

const isSearch = ({ parent }: Frame) => {
  const [head] = parent?.items ?? [];
  return isToken(head) && head.tokenType === t.Search;
};

function statementPart(items: readonly Item[], place: Place["kind"]): readonly Wanted[] {
  const [head, , equals, ...rest] = items;
  if (head === undefined) return place === "word" ? [{ kind: "statement" }] : nothing;
  if (!isToken(head)) return nothing;
  if (head.tokenType === t.Import && items.length === 1) return [{ kind: "path", source: "import" }];
  if (head.tokenType === t.Diagnose) return diagnosePart(items.slice(1));
  if (head.tokenType === t.Export) return exportPart(items.slice(1));
  if (!isToken(equals) || equals.tokenType !== t.Equals) return nothing;
  if (head.tokenType === t.Param) return [{ kind: "value" }];
  if (rest.length > 0) return nothing;
  if (head.tokenType === t.Model) return [{ kind: "model", names: false }];
  if (head.tokenType === t.Data) return [{ kind: "data", names: false }];
  return head.tokenType === t.Scheme ? [{ kind: "scheme" }] : nothing;
}

/** `experiment.scheme` */
function diagnosePart(path: readonly Item[]): readonly Wanted[] {
  const [experiment, dot, ...rest] = path;
  if (experiment === undefined) return [{ kind: "experiment" }];
  const isScheme = isToken(experiment) && isToken(dot) && dot.tokenType === t.Dot && rest.length === 0;
  return isScheme ? [{ kind: "tried-scheme", of: experiment.image }] : nothing;
}

/** `experiment.best(metric) to "folder"` */
function exportPart(path: readonly Item[]): readonly Wanted[] {
  const [experiment, dot, chosen, ...rest] = path;
  const last = path.at(-1);
  if (experiment === undefined) return [{ kind: "experiment" }];
  if (isToken(last) && last.tokenType === t.To) return [{ kind: "path", source: "export" }];
  if (!isToken(experiment) || !isToken(dot) || dot.tokenType !== t.Dot) return nothing;
  if (chosen === undefined) return [{ kind: "exported", of: experiment.image }];
  return rest.some((item) => isToken(item)) ? nothing : [{ kind: "keywords", words: ["to"] }];
}

/** Whether a further name may stand behind these items. */
const atStart = (items: readonly Item[]) => {
  const last = items.at(-1);
  return items.length === 0 || (isToken(last) && (last.tokenType === t.Comma || last.tokenType === t.Pipe));
};

function clausePart(items: readonly Item[], search: boolean): readonly Wanted[] {
  const [head, ...rest] = items;
  if (head === undefined) return [{ kind: search ? "search-clause" : "clause" }];
  if (!isToken(head)) return nothing;
  switch (head.tokenType) {
    case t.Model:
      return atStart(rest) ? [{ kind: "model", names: true }] : nothing;
    case t.Data:
      return atStart(rest) ? [{ kind: "data", names: true }] : nothing;
    case t.Baseline:
    case t.Try:
      return atStart(rest) ? [{ kind: "scheme" }] : nothing;
    case t.Measure:
      return atStart(rest) ? [{ kind: "measure" }] : nothing;
    case t.Show:
      return atStart(rest) ? [{ kind: "view" }] : nothing;
    case t.Keep:
      return keepPart(rest);
    case t.Expect:
      return expectPart(rest);
    case t.Where:
      return conditionPart(rest);
    case t.Minimize:
    case t.Maximize:
      return rest.length === 0 ? [{ kind: "metric" }] : nothing;
    case t.SubjectTo:
      return expectPart(rest);
    default:
      return nothing;
  }
}

function keepPart(rest: readonly Item[]): readonly Wanted[] {
  if (rest.length === 0) return [{ kind: "keywords", words: ["layers"] }];
  const at = rest.findIndex((item) => isToken(item) && item.tokenType === t.At);
  if (at >= 0) return atStart(rest.slice(at + 1)) ? [{ kind: "precision" }] : nothing;
  return atStart(rest.slice(1)) ? [{ kind: "layer" }] : [{ kind: "keywords", words: ["at"] }];
}

const isComparator = (item: Item | undefined): item is IToken =>
  isToken(item) && (item.tokenType.CATEGORIES ?? []).includes(t.Comparator);

function expectPart(rest: readonly Item[]): readonly Wanted[] {
  const last = rest.at(-1);
  if (atStart(rest)) return [{ kind: "tried-scheme" }];
  if (isToken(last) && last.tokenType === t.Dot) return [{ kind: "metric" }];
  const metric = rest.at(-2);
  return isComparator(last) && isToken(metric) ? [{ kind: "metric-value", metric: metric.image }] : nothing;
}

function conditionPart(items: readonly Item[]): readonly Wanted[] {
  const last = items.at(-1);
  if (last === undefined) return [{ kind: "condition" }];
  if (!isToken(last)) return [{ kind: "keywords", words: ["and", "or"] }];
  if (last.tokenType === t.And || last.tokenType === t.Or || last.tokenType === t.Not) return [{ kind: "condition" }];
  if (last.tokenType === t.Dot) return [{ kind: "condition" }];
  const compared = items.findLastIndex(isComparator);
  const name = items[compared - 1];
  const isValue = compared >= 0 && (compared === items.length - 1 || last.tokenType === t.Pipe);
  if (isValue && isToken(name)) return [{ kind: "condition-value", option: name.image }];
  return compared >= 0 ? [{ kind: "keywords", words: ["and", "or"] }] : nothing;
}

/** The registry of an owner, by the statement or clause that it stands in. */
function registryOf(head: Item | undefined): Registry | undefined {
  if (!isToken(head)) return undefined;
  const registries: ReadonlyMap<unknown, Registry> = new Map<unknown, Registry>([
    [t.Model, "frontend"],
    [t.Data, "reader"],
    [t.Scheme, "scheme"],
    [t.Try, "scheme"],
    [t.Baseline, "scheme"],
    [t.Measure, "measure"],
    [t.Export, "export"],
  ]);
  return registries.get(head.tokenType);
}

function entryPart(frame: Frame, head: Item | undefined): readonly Wanted[] {
  const of = registryOf(head);
  const owner = of === "export" ? "export" : ownerOf(frame);
  if (of === undefined || owner === undefined) return nothing;
  if (frame.items.length === 0) return [{ kind: "option", of, owner, given: frame.given }];
  return entryOf(frame) ?? nothing;
}

/** The option whose value the cursor stands in, directly or in a list. */
function entryOf(frame: Frame): readonly Wanted[] | undefined {
  let at: Frame | undefined = frame;
  while (at && at.open !== "{") at = at.parent;
  if (at === undefined || isBody(at)) return undefined;
  const [key, colon, ...value] = at.items;
  const of = registryOf(lineOf(at)[0]);
  const owner = of === "export" ? "export" : ownerOf(at);
  if (!of || !owner || !isToken(key) || !isToken(colon) || colon.tokenType !== t.Colon) return undefined;
  const since = value.findLastIndex((item) => isToken(item) && item.tokenType === t.Pipe);
  const inner = at === frame ? [] : frame.items;
  const words = [...value.slice(since + 1), ...inner].flatMap((item) => (isToken(item) ? [item.image] : []));
  return [{ kind: "option-value", of, owner, option: key.image, words }];
}

function argumentPart(frame: Frame, head: Item | undefined): readonly Wanted[] {
  const owner = ownerOf(frame);
  if (!isToken(head)) return nothing;
  if (head.tokenType === t.Where) return conditionPart(frame.items);
  if (owner === undefined || !atStart(frame.items)) return nothing;
  if (head.tokenType === t.Export) return owner === "best" && frame.items.length === 0 ? [{ kind: "metric" }] : nothing;
  const argument = frame.items.filter((item) => isToken(item) && item.tokenType === t.Comma).length;
  if (head.tokenType === t.Show) return [{ kind: "metric", view: owner, argument }];
  const isSource = frame.parent?.open !== "{" || (frame.parent !== undefined && isBody(frame.parent));
  const takesPath = isSource && (head.tokenType === t.Model || head.tokenType === t.Data);
  return takesPath ? [{ kind: "path", source: owner }] : [{ kind: "value" }];
}
