import { appendFile, mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** One cell of some session, as a line of the file holds it. */
export interface StoredCell {
  /** Which kernel process ran it; sessions are numbered when the file is read. */
  readonly kernel: string;
  readonly line: number;
  readonly input: string;
}

/** Cells of all sessions of this user. */
export interface HistoryFile {
  /** Oldest first; lines that are torn or not ours are left out. */
  read(): Promise<readonly StoredCell[]>;
  /** Adds a cell, in the order of the calls. Never fails: what cannot be written is remembered in this process alone. */
  append(cell: StoredCell): void;
  /** Resolves when all that was added is written. */
  written(): Promise<void>;
}

/** Above this the older half goes, in bytes. */
const LARGEST_BYTES = 8 * 1024 * 1024;

/** A longer cell is not worth its place in the file, in characters. */
const LONGEST_INPUT = 64 * 1024;

/** The user's folder of data: XDG_DATA_HOME, else its usual place. */
export function historyPath(env: NodeJS.ProcessEnv = process.env): string {
  return join(env.XDG_DATA_HOME || join(homedir(), ".local", "share"), "nibble", "history.jsonl");
}

/** Several kernels may write to one file: each line is one write to its end, so lines stay whole. */
export function openHistoryFile(file: string): HistoryFile {
  let writing: Promise<void> | undefined;
  let writable = true;
  const write = async (cell: StoredCell) => {
    if (!writable) return;
    try {
      await appendFile(file, `${JSON.stringify(cell)}\n`, { mode: 0o600 });
    } catch {
      writable = false;
    }
  };
  const prepare = async () => {
    try {
      await mkdir(dirname(file), { recursive: true });
      await shorten(file);
    } catch {
      writable = false;
    }
  };
  return {
    async read() {
      const text = await readFile(file, "utf8").catch(() => "");
      return text.split("\n").flatMap(parseLine);
    },
    append(cell) {
      if (cell.input.length > LONGEST_INPUT) return;
      writing = (writing ?? prepare()).then(() => write(cell));
    },
    async written() {
      await writing;
    },
  };
}

function parseLine(line: string): readonly StoredCell[] {
  try {
    const cell = JSON.parse(line) as Partial<StoredCell> | null;
    const { kernel, line: number, input } = cell ?? {};
    if (typeof kernel !== "string" || typeof number !== "number" || typeof input !== "string") return [];
    return [{ kernel, line: number, input }];
  } catch {
    return [];
  }
}

/** Replaces a file that has grown too large by its newer half, at once, so that no reader sees a part. */
async function shorten(file: string): Promise<void> {
  const size = await stat(file).then(
    (stats) => stats.size,
    () => 0,
  );
  if (size <= LARGEST_BYTES) return;
  const bytes = await readFile(file);
  const half = bytes.subarray(bytes.length - LARGEST_BYTES / 2);
  const shorter = `${file}.${process.pid}`;
  await writeFile(shorter, half.subarray(half.indexOf(0x0a) + 1), { mode: 0o600 });
  await rename(shorter, file);
}
