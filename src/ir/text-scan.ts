/** A mistake in the text form of a graph, with the line it is on (from 1). */
export class GraphTextError extends Error {
  readonly line: number;
  constructor(line: number, message: string) {
    super(`line ${line}: ${message}`);
    this.name = "GraphTextError";
    this.line = line;
  }
}

/** One line's text and a place in it. */
export interface Scanner {
  /** Takes `text` if it comes next. */
  take(text: string): boolean;
  /** Takes what the pattern matches here; undefined when it does not match. */
  match(pattern: RegExp): string | undefined;
  /** Takes `text` or fails. */
  expect(text: string): void;
  /** Whether the line is used up. */
  atEnd(): boolean;
  /** "wanted expected, found ..." */
  fail(wanted: string): never;
  /** A message of its own. */
  refuse(message: string): never;
}

/** Scans one line; blanks between tokens are skipped. */
export function scanLine(text: string, line: number): Scanner {
  let at = 0;
  const skip = () => {
    while (text[at] === " " || text[at] === "\t" || text[at] === "\r") at++;
  };
  const scanner: Scanner = {
    take(wanted) {
      skip();
      if (!text.startsWith(wanted, at)) return false;
      at += wanted.length;
      return true;
    },
    match(pattern) {
      skip();
      const sticky = new RegExp(pattern.source, "y");
      sticky.lastIndex = at;
      const found = sticky.exec(text)?.[0];
      if (found !== undefined) at += found.length;
      return found;
    },
    expect(wanted) {
      if (!scanner.take(wanted)) scanner.fail(`"${wanted}"`);
    },
    atEnd() {
      skip();
      return at >= text.length;
    },
    fail(wanted) {
      skip();
      const rest = text.slice(at, at + 20);
      throw new GraphTextError(line, `${wanted} expected, ${rest === "" ? "the line ends" : `found "${rest}"`}`);
    },
    refuse(message) {
      throw new GraphTextError(line, message);
    },
  };
  return scanner;
}
