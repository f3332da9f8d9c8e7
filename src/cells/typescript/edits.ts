/** A piece of a text that is replaced; an insertion when `start` is `end`. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A text made from another by edits, and the way back. */
export interface EditedText {
  readonly text: string;
  /**
   * Position in the original of a position in `text`; undefined inside what an edit put there. The position right
   * behind an insertion belongs to the original.
   */
  toOriginal(position: number): number | undefined;
}

/** Applies edits; those that start at the same place stay in the order given. They must not overlap. */
export function applyEdits(original: string, edits: readonly Edit[]): EditedText {
  const sorted = [...edits].sort((a, b) => a.start - b.start || a.end - b.end);
  const parts: string[] = [];
  /** Where each kept piece begins: in the new text, in the original, and its length. */
  const kept: { at: number; from: number; length: number }[] = [];
  let at = 0;
  let from = 0;
  const keep = (to: number): void => {
    kept.push({ at, from, length: to - from });
    parts.push(original.slice(from, to));
    at += to - from;
    from = to;
  };
  for (const edit of sorted) {
    keep(edit.start);
    parts.push(edit.text);
    at += edit.text.length;
    from = edit.end;
  }
  keep(original.length);
  return {
    text: parts.join(""),
    toOriginal(position) {
      const piece = kept[lastAtOrBefore(kept, position)];
      if (piece === undefined) return undefined;
      const inside = position - piece.at;
      const isLast = piece === kept.at(-1);
      return inside < piece.length || (isLast && inside === piece.length) ? piece.from + inside : undefined;
    },
  };
}

/** Index of the last piece that begins at or before a position; -1 when none does. */
function lastAtOrBefore(pieces: readonly { readonly at: number }[], position: number): number {
  let low = 0;
  let high = pieces.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((pieces[middle]?.at ?? 0) <= position) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Offsets at which the lines of a text begin, as TypeScript and source maps count them. */
export function lineStarts(text: string): number[] {
  const starts = [0];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 13 && text.charCodeAt(i + 1) === 10) continue;
    if (code === 10 || code === 13 || code === 0x2028 || code === 0x2029) starts.push(i + 1);
  }
  return starts;
}

/** Line and column, both from 0, of an offset. */
export function lineAndColumn(starts: readonly number[], offset: number): { line: number; column: number } {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return { line: low - 1, column: offset - (starts[low - 1] ?? 0) };
}
