import stringWidth from "string-width";

/** Printable ASCII, and the dashes, dots and lines that tables are made of: a column each. */
const SIMPLE = /^[\x20-\x7e\u2013\u2026\u2500]*$/;

/** Columns of a terminal that a text takes: two for Chinese and most emoji, none for marks that combine. */
export function terminalWidth(text: string): number {
  return SIMPLE.test(text) ? text.length : stringWidth(text);
}
