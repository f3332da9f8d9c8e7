/** One text the user wrote: a `.nib` file, a notebook cell, a template string. */
export interface SourceFile {
  /** Path as the user would recognise it; `<cell 3>` for a notebook cell. */
  readonly path: string;
  readonly text: string;
}

/** Half-open range [start, end) in UTF-16 code units of the source called `source`. */
export interface Span {
  readonly source: string;
  readonly start: number;
  readonly end: number;
}

/** Position for people: both counted from 1, columns in Unicode code points. */
export interface LineColumn {
  readonly line: number;
  readonly column: number;
}

/** Line and column of a UTF-16 offset; an offset past the end gives the end. */
export function lineColumn(text: string, offset: number): LineColumn {
  const before = text.slice(0, Math.max(0, Math.min(offset, text.length)));
  const lineStart = before.lastIndexOf("\n") + 1;
  let line = 1;
  for (let i = 0; i < lineStart; i++) if (before.charCodeAt(i) === 10) line++;
  return { line, column: [...before.slice(lineStart)].length + 1 };
}

/** The smallest span that covers both; they must be of the same source. */
export function join(first: Span, last: Span): Span {
  return { source: first.source, start: Math.min(first.start, last.start), end: Math.max(first.end, last.end) };
}
