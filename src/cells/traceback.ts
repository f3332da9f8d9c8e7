import { sep } from "node:path";
import { styleText } from "node:util";
import type { CellPlace, CellTexts } from "./cell-texts.js";
import type { ErrorFacts } from "./child/frames.js";
import type { CellError } from "./outputs.js";

/** Most frames, and most characters of a line of code, that are shown. */
const MOST_FRAMES = 30;
const LONGEST_LINE = 160;
const LINES_BEFORE = 2;
const LONGEST_EVALUE = 500;

/** The caller of every cell, and what called that. */
const OWN_FRAMES = /\n {4}at (?:async )?runTypeScriptCell .*(?:\n {4}at .*)*/g;

const red = (text: string) => styleText(["red", "bold"], text, { validateStream: false });
const dim = (text: string) => styleText("dim", text, { validateStream: false });
const cyan = (text: string) => styleText("cyan", text, { validateStream: false });

/** Makes what the child tells of an error readable: places in cells, the line with a caret, causes. */
export interface Tracebacks {
  cellError(facts: ErrorFacts): CellError;
  /** Printed text in which a stack stands (`console.error(error)`), with its places in cells. */
  mapped(text: string): string;
}

export function createTracebacks(folder: string, texts: CellTexts): Tracebacks {
  const prefix = (folder.endsWith(sep) ? folder : folder + sep).replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const place = new RegExp(`(?:file://)?(?:${prefix})?<cell (\\d+)>:(\\d+):(\\d+)`, "g");

  const mapped = (text: string) =>
    text.includes("<cell ")
      ? text.replace(OWN_FRAMES, "").replace(place, (_, ...found) => shown(texts.original(placeOf(found))))
      : text;

  const lines = (facts: ErrorFacts, title: string): string[] => {
    const { frames, innermost } = readStack(facts, place, mapped, texts);
    return [
      title + red(facts.name) + (facts.message === "" ? "" : `: ${facts.message}`),
      ...(innermost ? codeFrame(innermost, texts) : []),
      ...frames.slice(0, MOST_FRAMES).map((frame) => (frame.includes("<cell ") ? cyan(frame) : dim(frame))),
      ...(frames.length > MOST_FRAMES ? [dim(`    ... ${frames.length - MOST_FRAMES} more`)] : []),
      ...(facts.errors ?? []).flatMap((error, i) => lines(error, `[${i + 1}] `)),
      ...(facts.cause ? lines(facts.cause, "Caused by ") : []),
    ];
  };
  return {
    mapped,
    cellError: (facts) => ({ ename: facts.name, evalue: firstLine(facts.message), traceback: lines(facts, "") }),
  };
}

function placeOf([cell, line, column]: readonly unknown[]): CellPlace {
  return { cell: Number(cell), line: Number(line), column: Number(column) };
}

function shown({ cell, line, column }: CellPlace): string {
  return `<cell ${cell}>:${line}:${column}`;
}

function firstLine(message: string): string {
  return (message.split("\n", 1)[0] ?? "").slice(0, LONGEST_EVALUE);
}

/** Frames of user code, and the first place in a cell. */
function readStack(
  { stack, message }: ErrorFacts,
  place: RegExp,
  mapped: (text: string) => string,
  texts: CellTexts,
): { frames: string[]; innermost?: CellPlace } {
  if (stack === undefined) return { frames: [] };
  const at = stack.indexOf("\n    at ", Math.max(0, stack.indexOf(message)));
  const all = at < 0 ? [] : stack.slice(at + 1).split("\n");
  const own = all.findIndex((frame) => frame.includes("runTypeScriptCell"));
  const frames = all.slice(0, own < 0 ? all.length : own).filter((frame) => !/\(?node:/.test(frame));
  // V8 puts the place of a syntax error before the message: "/folder/<cell 3>:2".
  const head = /<cell (\d+)>:(\d+)\n/.exec(at < 0 ? stack : stack.slice(0, at));
  place.lastIndex = 0;
  const found = place.exec(frames.find((frame) => frame.includes("<cell ")) ?? "");
  const raw = found ? placeOf(found.slice(1)) : head ? placeOf([head[1], head[2], 1]) : undefined;
  const shownFrames = frames.map((frame) => mapped(frame));
  return raw ? { frames: shownFrames, innermost: texts.original(raw) } : { frames: shownFrames };
}

/** The line with a caret below the column, and the lines before it. */
function codeFrame(place: CellPlace, texts: CellTexts): string[] {
  if (texts.line(place.cell, place.line) === undefined) return [];
  const width = String(place.line).length;
  const first = Math.max(1, place.line - LINES_BEFORE);
  const lines: string[] = [];
  // A line that is very long is shown around the column.
  const from = place.column > LONGEST_LINE - 40 ? place.column - 80 : 0;
  for (let line = first; line <= place.line; line++) {
    const text = (texts.line(place.cell, line) ?? "").replaceAll("\t", " ").slice(from, from + LONGEST_LINE);
    const number = String(line).padStart(width);
    lines.push(line === place.line ? `${red(">")} ${number} | ${text}` : dim(`  ${number} | ${text}`));
  }
  const caret = " ".repeat(Math.max(0, place.column - 1 - from));
  return [...lines, `  ${" ".repeat(width)} | ${caret}${red("^")}`];
}
