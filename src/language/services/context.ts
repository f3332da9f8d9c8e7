import type { IToken } from "chevrotain";
import { parseText } from "../../../grammar/parse.js";
import * as t from "../../../grammar/tokens.js";

/** A bracketed part that is closed before the cursor. */
export interface Group {
  readonly open: string;
  readonly items: readonly Item[];
}

export type Item = IToken | Group;

/** One level of brackets that the cursor stands in. */
export interface Frame {
  /** The bracket that opened it; "" for the program itself. */
  readonly open: string;
  /** What stands at this level before the cursor since the statement, clause, entry or argument list began. */
  readonly items: readonly Item[];
  /** Keys of the entries before this one. */
  readonly given: readonly string[];
  readonly parent?: Frame;
}

/** Where the cursor stands, and what a choice would replace: [start, end). */
export interface Place {
  readonly kind: "word" | "number" | "string";
  /** The part before the cursor: of a string without its quote. */
  readonly written: string;
  readonly start: number;
  readonly end: number;
  readonly frame: Frame;
}

/** A word that stands for the one being typed, so that the lines around it are read as if it were there. */
const STAND_IN = "zz";

/**
 * The place of the cursor, from tokens alone: the text is broken nearly always while somebody types.
 * @returns undefined in a comment
 */
export function placeAt(text: string, cursor: number): Place | undefined {
  const offset = Math.max(0, Math.min(cursor, text.length));
  const before = text.slice(0, offset);
  const { tokens, comments } = parseText(before);
  const comment = comments.at(-1);
  if (comment && comment.startOffset + comment.image.length >= offset && !comment.image.endsWith("*/"))
    return undefined;
  const last = tokens.at(-1);
  if (last?.tokenType === t.OpenString && last.startOffset + last.image.length === offset) {
    return stringPlace(text, offset, last);
  }
  const number = /(?<![\w.$])[+-]?\d[\w.]*$/.exec(before)?.[0];
  if (number !== undefined) return wordPlace("number", text, offset, number);
  return wordPlace("word", text, offset, /(?:\$\w*|\w+)$/.exec(before)?.[0] ?? "");
}

function wordPlace(kind: "word" | "number", text: string, offset: number, written: string): Place {
  const start = offset - written.length;
  const rest = /^\w*/.exec(text.slice(offset))?.[0] ?? "";
  return { kind, written, start, end: offset + rest.length, frame: frameBefore(text.slice(0, start)) };
}

function stringPlace(text: string, offset: number, token: IToken): Place {
  const start = token.startOffset + 1;
  const rest = /^[^"\n\r]*/.exec(text.slice(offset))?.[0] ?? "";
  // Without a closing quote the rest of the line is no part of the string.
  const closed = text[offset + rest.length] === '"';
  const end = closed ? offset + rest.length : offset;
  const frame = frameBefore(text.slice(0, token.startOffset));
  return { kind: "string", written: token.image.slice(1), start, end, frame };
}

interface OpenFrame {
  open: string;
  items: Item[];
  given: string[];
  parent?: OpenFrame;
}

/** The brackets that are open at the end of a text. */
export function frameBefore(text: string): Frame {
  const { tokens } = parseText(`${text}${STAND_IN}`);
  let frame: OpenFrame = { open: "", items: [], given: [] };
  for (const token of tokens) {
    if (token.startOffset >= text.length) break;
    const { tokenType, image } = token;
    if (tokenType === t.LCurly || tokenType === t.LParen || tokenType === t.LSquare) {
      frame = { open: image, items: [], given: [], parent: frame };
    } else if (tokenType === t.RCurly || tokenType === t.RParen || tokenType === t.RSquare) {
      const { open, items, parent } = frame;
      if (parent === undefined) continue;
      parent.items.push({ open, items });
      frame = parent;
    } else if (tokenType === t.Newline || (tokenType === t.Comma && frame.open === "{" && !isBody(frame))) {
      endEntry(frame);
    } else {
      frame.items.push(token);
    }
  }
  return frame;
}

function endEntry(frame: OpenFrame): void {
  const [key, colon] = frame.items;
  if (key && colon && isToken(key) && isToken(colon) && colon.tokenType === t.Colon) frame.given.push(key.image);
  frame.items = [];
}

export function isToken(item: Item | undefined): item is IToken {
  return item !== undefined && "image" in item;
}

/** Whether a frame is the body of an experiment or a search: its lines are clauses. */
export function isBody(frame: Frame): boolean {
  const [head] = frame.parent?.items ?? [];
  const isProgram = frame.parent !== undefined && frame.parent.parent === undefined;
  return (
    frame.open === "{" && isProgram && isToken(head) && (head.tokenType === t.Experiment || head.tokenType === t.Search)
  );
}

/** The statement or clause that a frame belongs to: its items up to the cursor or to the bracket that leads there. */
export function lineOf(frame: Frame): readonly Item[] {
  let at = frame;
  while (at.parent !== undefined && !isBody(at)) at = at.parent;
  return at.items;
}

/** The last name before a bracket: whose options, arguments or items it holds. */
export function ownerOf(frame: Frame): string | undefined {
  const items = frame.parent?.items ?? [];
  const owner = items.findLast((item) => isToken(item));
  return isToken(owner) && /^\$?[A-Za-z_]/.test(owner.image) ? owner.image : undefined;
}
