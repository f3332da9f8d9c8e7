import type { TokenType } from "chevrotain";
import * as t from "../../../../grammar/tokens.js";
import { type Element, opens } from "./elements.js";

/** Blanks before an element, by its index, where columns line up; and the column of each body's arguments. */
export interface Alignment {
  readonly spaces: ReadonlyMap<number, number>;
  /** Width of the keyword's column, by index of the opening brace of a body. */
  readonly keywordWidths: ReadonlyMap<number, number>;
}

/** Definitions that share columns with their neighbours of the same family. */
const families: ReadonlyMap<TokenType | undefined, string> = new Map([
  [t.Model, "source"],
  [t.Data, "source"],
  [t.Param, "param"],
  [t.Scheme, "scheme"],
]);

/** Columns that line up: clause keywords of a body, braces of neighbouring `try` clauses, neighbouring definitions. */
export function alignmentOf(elements: readonly Element[]): Alignment {
  const spaces = new Map<number, number>();
  const keywordWidths = new Map<number, number>();
  elements.forEach((element, i) => {
    if (element.isBody) alignBody(elements, i, spaces, keywordWidths);
  });
  alignDefinitions(elements, spaces);
  return { spaces, keywordWidths };
}

/** Indices of the tokens that begin a line of the level that lies between two indices, brackets skipped. */
function beginningsIn(elements: readonly Element[], from: number, to: number): readonly number[] {
  const found: number[] = [];
  let first = true;
  for (let i = from; i < to; i++) {
    const element = elements[i] as Element;
    if (element.kind !== "token") continue;
    if (first || element.begins) found.push(i);
    first = false;
    if (opens(element) && element.partner !== undefined) i = element.partner;
  }
  return found;
}

function alignBody(
  elements: readonly Element[],
  brace: number,
  spaces: Map<number, number>,
  keywordWidths: Map<number, number>,
): void {
  const starts = beginningsIn(elements, brace + 1, elements[brace]?.partner ?? brace);
  const lengths = starts.map((i) => (elements[i] as Element).text.length);
  const width = Math.max(0, ...lengths) + (new Set(lengths).size > 1 ? 2 : 1);
  keywordWidths.set(brace, width);
  starts.forEach((i, n) => {
    if (elements[i + 1]?.kind === "token") spaces.set(i + 1, width - (lengths[n] ?? 0));
  });
  const tries = starts.filter((i) => elements[i]?.type === t.Try);
  const before = previousOf(starts);
  for (const run of runs(tries, (i) => follows(elements, before.get(i), i))) {
    const braces = run.filter((i) => elements[i + 2]?.type === t.LCurly && elements[i + 2]?.gap === 0);
    const longest = Math.max(0, ...braces.map((i) => (elements[i + 1] as Element).text.length));
    for (const i of braces) spaces.set(i + 2, longest - (elements[i + 1] as Element).text.length + 1);
  }
}

/** For each index the one before it. */
const previousOf = (starts: readonly number[]): ReadonlyMap<number, number | undefined> =>
  new Map(starts.map((start, n) => [start, starts[n - 1]]));

/** Whether a clause stands right below one of the same keyword. */
function follows(elements: readonly Element[], before: number | undefined, at: number): boolean {
  return before !== undefined && elements[before]?.type === elements[at]?.type && isRightBelow(elements, at);
}

/** No empty line and no comment of its own line before it. */
function isRightBelow(elements: readonly Element[], at: number): boolean {
  const before = elements[at - 1];
  return elements[at]?.gap === 1 && before !== undefined && (before.kind === "token" || before.gap === 0);
}

function runs(indices: readonly number[], continues: (index: number) => boolean): readonly (readonly number[])[] {
  const all: number[][] = [];
  for (const index of indices) {
    const last = all.at(-1);
    if (last && continues(index)) last.push(index);
    else all.push([index]);
  }
  return all;
}

/** `model a = ...` and `data  bcd = ...` on neighbouring lines, as long as each but the last is one line. */
function alignDefinitions(elements: readonly Element[], spaces: Map<number, number>): void {
  const starts = beginningsIn(elements, 0, elements.length);
  const previous = previousOf(starts);
  const isDefinition = (i: number | undefined) =>
    i !== undefined &&
    families.has(elements[i]?.type) &&
    elements[i + 2]?.type === t.Equals &&
    [1, 2].every((step) => elements[i + step]?.kind === "token" && elements[i + step]?.gap === 0);
  const continues = (i: number) => {
    const before = previous.get(i);
    if (before === undefined || !isDefinition(before) || !isRightBelow(elements, i)) return false;
    if (families.get(elements[before]?.type) !== families.get(elements[i]?.type)) return false;
    return elements.slice(before + 1, i).every(({ gap }) => gap === 0);
  };
  for (const run of runs(starts.filter(isDefinition), continues)) {
    const longest = (step: number) => Math.max(...run.map((i) => (elements[i + step] as Element).text.length));
    const [keyword, name] = [longest(0), longest(1)];
    for (const i of run) {
      spaces.set(i + 1, keyword - (elements[i] as Element).text.length + 1);
      spaces.set(i + 2, name - (elements[i + 1] as Element).text.length + 1);
    }
  }
}
