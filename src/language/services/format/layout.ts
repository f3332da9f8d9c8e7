import * as t from "../../../../grammar/tokens.js";
import { type Alignment, alignmentOf } from "./alignment.js";
import { closes, type Element, elementsOf, opens } from "./elements.js";
import { spacesBetween } from "./spacing.js";

/** Columns of a line. */
export const LINE_WIDTH = 120;

const INDENT = 2;

/** Brackets that are open, innermost first. */
interface Open {
  readonly outer?: Open | undefined;
  readonly isBlock: boolean;
  /** Column at which lines inside begin. */
  readonly column: number;
  /** Column of the line that opened it. */
  readonly lineColumn: number;
  /** Column of what a clause is given; of a body alone. */
  readonly argumentColumn?: number;
}

interface Line {
  readonly code: string;
  readonly comment?: string;
  /** Whether an empty line stands before it. */
  readonly apart: boolean;
}

/** A program without mistakes in its canonical layout, as far as one pass gets: line ends that it makes may move columns. */
export function layOutOnce(text: string): string {
  const elements = elementsOf(text);
  const alignment = alignmentOf(elements);
  const lines: Line[] = [];
  let open: Open | undefined;
  for (let i = 0; i < elements.length; ) {
    const laid = layLine(elements, i, open, alignment);
    lines.push(laid.line);
    open = laid.open;
    i = laid.next;
  }
  return withComments(lines);
}

/** One line from the element at `start`; where it is too long its end moves to the next line. */
function layLine(
  elements: readonly Element[],
  start: number,
  outer: Open | undefined,
  alignment: Alignment,
): { readonly line: Line; readonly open: Open | undefined; readonly next: number } {
  const first = elements[start] as Element;
  const indent = lineColumn(first, elements[start - 1], outer);
  let end = start + 1;
  while (end < elements.length && elements[end]?.gap === 0) end++;
  let laid = lay(elements, start, end, indent, outer, alignment);
  if (laid.breakAt !== undefined) {
    breakBefore(elements, laid.breakAt);
    end = laid.breakAt;
    laid = lay(elements, start, end, indent, outer, alignment);
  }
  const { code, comment, open } = laid;
  const line = { code, ...(comment === undefined ? {} : { comment }), apart: first.gap === 2 && mayStandApart(outer) };
  return { line, open, next: end };
}

/** Ends a line before an element; behind an opening brace its partner goes to a line of its own, too. */
function breakBefore(elements: readonly Element[], at: number): void {
  (elements[at] as Element).gap = 1;
  const brace = elements[at - 1] as Element;
  if (brace.type !== t.LCurly || brace.partner === undefined) return;
  brace.isBlock = true;
  (elements[brace.partner] as Element).gap = 1;
}

/** Empty lines group statements, clauses and entries; a line that goes on is not torn. */
const mayStandApart = (open: Open | undefined) => open === undefined || open.isBlock;

/** The column of the first element of a line. */
function lineColumn(first: Element, before: Element | undefined, open: Open | undefined): number {
  if (closes(first)) return open?.isBlock ? open.lineColumn : (open?.column ?? 0);
  const begins = first.begins || first.kind !== "token" || before === undefined || opens(before);
  if (open === undefined) return begins ? 0 : INDENT;
  const isNext = begins || before?.type === t.Comma || !open.isBlock;
  if (open.argumentColumn !== undefined) return begins || beginsBody(before) ? open.column : open.argumentColumn;
  return isNext ? open.column : open.column + INDENT;
}

const beginsBody = (before: Element | undefined) => before !== undefined && before.kind !== "token";

function lay(
  elements: readonly Element[],
  start: number,
  end: number,
  indent: number,
  outer: Open | undefined,
  alignment: Alignment,
): { readonly code: string; readonly comment?: string; readonly open: Open | undefined; readonly breakAt?: number } {
  let code = " ".repeat(indent);
  let column = indent;
  let open = outer;
  let depth = 0;
  let best: { readonly at: number; readonly rank: number } | undefined;
  for (let i = start; i < end; i++) {
    const element = elements[i] as Element;
    const before = elements[i - 1];
    const gap = i === start || before === undefined ? 0 : (alignment.spaces.get(i) ?? spacesBetween(before, element));
    if (element.kind === "line-comment")
      return i === start ? { code: code + element.text, open } : { code, comment: element.text, open };
    const rank = i > start && before ? breakRank(before, element, depth, outer === undefined) : undefined;
    if (rank !== undefined && (best === undefined || rank <= best.rank)) best = { at: i, rank };
    if (closes(element)) {
      open = open?.outer;
      depth--;
    }
    code += " ".repeat(gap) + element.text;
    column += gap + [...element.text].length;
    if (column > LINE_WIDTH && best !== undefined) return { code, open, breakAt: best.at };
    if (opens(element)) {
      open = opened(element, i, column, indent, open, alignment);
      depth++;
    }
  }
  return { code, open };
}

function opened(
  element: Element,
  index: number,
  column: number,
  indent: number,
  outer: Open | undefined,
  { keywordWidths }: Alignment,
): Open {
  const inside = column + (element.type === t.LCurly ? 1 : 0);
  const width = keywordWidths.get(index);
  return {
    outer,
    isBlock: element.isBlock,
    column: element.isBlock ? indent + INDENT : inside,
    lineColumn: indent,
    ...(width === undefined ? {} : { argumentColumn: indent + INDENT + width }),
  };
}

const joins = new Set<unknown>([t.Pipe, t.And, t.Or]);
const keywords = new Set<unknown>([...t.statementKeywords, ...t.experimentKeywords, ...t.searchKeywords]);

/**
 * How good a place for a line's end is, the least the best; undefined where the grammar could take it for the end of
 * something: a keyword at the start of a line could begin a clause. The options of a definition go to lines of their
 * own, then come commas before other joints, and outer ones before inner ones.
 */
function breakRank(before: Element, after: Element, depth: number, isDefinition: boolean): number | undefined {
  if (before.kind !== "token" || after.kind !== "token" || keywords.has(after.type) || closes(after)) return undefined;
  if (before.type === t.LCurly && depth === 1 && isDefinition) return -1;
  if (before.type === t.Comma) return depth * 2;
  return joins.has(before.type) ? depth * 2 + 1 : undefined;
}

/** Lines as text; comments behind neighbouring lines begin in one column where there is room. */
function withComments(lines: readonly Line[]): string {
  const columns = commentColumns(lines);
  return lines
    .map(({ code, comment, apart }, i) => {
      const text = comment === undefined ? code : `${code.padEnd(columns[i] ?? 0)}${comment}`;
      return `${apart ? "\n" : ""}${text.replace(/[ \t]+$/, "")}\n`;
    })
    .join("");
}

function commentColumns(lines: readonly Line[]): readonly number[] {
  const columns: number[] = [];
  for (let start = 0; start < lines.length; ) {
    let end = start + 1;
    if (lines[start]?.comment !== undefined) {
      while (lines[end]?.comment !== undefined && lines[end]?.apart === false) end++;
    }
    const run = lines.slice(start, end);
    const shared = Math.max(...run.map(({ code }) => code.length)) + 2;
    const fits = run.every(({ comment = "" }) => shared + comment.length <= LINE_WIDTH);
    columns.push(...run.map(({ code }) => (fits ? shared : code.length + 2)));
    start = end;
  }
  return columns;
}
