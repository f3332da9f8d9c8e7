import { randomUUID } from "node:crypto";
import type { HistoryFile } from "./file.js";
import { matchesGlob } from "./glob.js";

/** One cell of the past. */
export interface HistoryCell {
  /** Number of the session: that of this kernel is the highest. */
  readonly session: number;
  /** The cell's execution count. */
  readonly line: number;
  readonly input: string;
  /** Its result as plain text; known of this session only. */
  readonly output?: string | undefined;
}

/** The three ways of asking, as history_request has them. */
export type HistoryQuery =
  | { readonly kind: "tail"; readonly n: number }
  /** `session` 0 is this one, -1 the one before; `stop` is exclusive, absent for the end. */
  | { readonly kind: "range"; readonly session: number; readonly start: number; readonly stop?: number | undefined }
  /** `unique` keeps the newest of equal inputs; `n` keeps the last ones. */
  | { readonly kind: "search"; readonly pattern: string; readonly n?: number | undefined; readonly unique: boolean };

/** What was run, in this session and before. */
export interface History {
  add(line: number, input: string, output: string | undefined): void;
  /** Oldest first. */
  find(query: HistoryQuery): Promise<readonly HistoryCell[]>;
  /** Resolves when everything is on disk. */
  close(): Promise<void>;
}

/** Characters of a result that are kept. */
const LONGEST_OUTPUT = 10_000;

/** Cells of this session that are kept. */
const MOST_CELLS = 100_000;

type OwnCell = Omit<HistoryCell, "session">;

/** Reads the file when first asked; adding a cell costs the same however many there are. */
export function createHistory(file: HistoryFile): History {
  const kernel = randomUUID();
  const own: OwnCell[] = [];
  let past: Promise<readonly HistoryCell[]> | undefined;
  return {
    add(line, input, output) {
      own.push({ line, input, output: output?.slice(0, LONGEST_OUTPUT) });
      if (own.length > MOST_CELLS * 2) own.splice(0, MOST_CELLS);
      file.append({ kernel, line, input });
    },
    async find(query) {
      past ??= readPast(file, kernel);
      const before = await past;
      const session = (before.at(-1)?.session ?? 0) + 1;
      return select(query, [...before, ...own.map((cell) => ({ session, ...cell }))], session);
    },
    close: () => file.written(),
  };
}

/** Cells of earlier sessions, numbered from 1 in the order in which each began. */
async function readPast(file: HistoryFile, own: string): Promise<readonly HistoryCell[]> {
  const sessions = new Map<string, number>();
  const cells: HistoryCell[] = [];
  for (const { kernel, line, input } of await file.read()) {
    if (kernel === own) continue;
    const session = sessions.get(kernel) ?? sessions.size + 1;
    sessions.set(kernel, session);
    cells.push({ session, line, input });
  }
  // Sessions that ran at once are interleaved in the file; sorting is stable, so each keeps its order.
  return cells.sort((a, b) => a.session - b.session);
}

function select(query: HistoryQuery, cells: readonly HistoryCell[], current: number): readonly HistoryCell[] {
  switch (query.kind) {
    case "tail":
      return last(cells, query.n);
    case "range": {
      const session = query.session <= 0 ? current + query.session : query.session;
      const { start, stop } = query;
      return cells.filter(
        (cell) => cell.session === session && cell.line >= start && (stop === undefined || cell.line < stop),
      );
    }
    case "search": {
      const found = cells.filter(({ input }) => matchesGlob(query.pattern, input));
      const kept = query.unique ? newestOfEqual(found) : found;
      return query.n === undefined ? kept : last(kept, query.n);
    }
  }
}

function newestOfEqual(cells: readonly HistoryCell[]): readonly HistoryCell[] {
  const newest = new Map<string, HistoryCell>();
  for (const cell of cells) {
    newest.delete(cell.input);
    newest.set(cell.input, cell);
  }
  return [...newest.values()];
}

function last(cells: readonly HistoryCell[], n: number): readonly HistoryCell[] {
  return n > 0 ? cells.slice(-n) : [];
}
