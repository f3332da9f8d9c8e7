import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import lockfile from "proper-lockfile";
import { type Diagnostic, DiagnosticError, diagnostic, fail } from "../base/diagnostic.js";
import { makeFolder } from "../base/folder.js";
import { toRecordJson } from "./json.js";
import type { CompletedRecord, DiagnosisRecord, TrialRecord } from "./record.js";
import { readRecord, SCHEMA_VERSION } from "./schema.js";

/**
 * Records of one experiment, one JSON object a line, appended and never rewritten.
 *
 * A record counts once its newline is on disk. A last line without one is a write that was cut off: readers drop it
 * (unless it is whole), the next append repairs it.
 */
export interface Ledger {
  readonly path: string;
  /**
   * Writes one record and waits until the disk has it. Several processes may append at once.
   * @throws DiagnosticError `ledger-not-writable`, `ledger-locked`
   */
  append(record: TrialRecord | DiagnosisRecord): Promise<void>;
}

export interface LedgerOptions {
  /** How long an append waits for other writers, milliseconds; 30 s unless given. */
  readonly patienceMs?: number;
}

export interface LedgerContents {
  /** Every valid record of a trial, oldest first. */
  readonly records: readonly TrialRecord[];
  /** What `diagnose` found out, the latest of each trial, in the order in which they were written. */
  readonly diagnoses: readonly DiagnosisRecord[];
  /** Warnings about lines that were left out. */
  readonly diagnostics: readonly Diagnostic[];
}

/** A lock that nobody has touched for this long was left by a process that died. proper-lockfile allows no less than 2 s. */
const STALE_MS = 5_000;

/** Lines left out that are named one by one; the others are counted. */
const MOST_LINES_NAMED = 5;

/** Where the ledger of an experiment lies under the results folder (`.nibble/results`). */
export function ledgerPath(resultsFolder: string, experiment: string): string {
  return `${resultsFolder}/${experiment}/ledger.jsonl`;
}

/**
 * Opens a ledger for appending; makes its folder, and proves that it can be written to, before any work is done.
 * @throws DiagnosticError `ledger-not-writable`
 */
export function openLedger(path: string, options: LedgerOptions = {}): Ledger {
  writing(path, () => {
    makeFolder(dirname(path));
    refuseSpecial(path);
    closeSync(openSync(path, "a"));
  });
  return { path, append: (record) => appendLine(path, `${toRecordJson(record)}\n`, options) };
}

/** A pipe in the ledger's place would hold up whoever opens it, for ever. */
function refuseSpecial(path: string): void {
  const info = statSync(path, { throwIfNoEntry: false });
  if (info?.isDirectory()) fail("ledger-not-writable", { path, cause: "not-a-file", detail: "EISDIR" });
  if (info?.isFIFO()) fail("ledger-not-writable", { path, cause: "not-a-file", detail: "a pipe" });
}

async function appendLine(path: string, line: string, { patienceMs = 30_000 }: LedgerOptions): Promise<void> {
  const release = await lock(path, patienceMs);
  try {
    // Synchronous, so that nothing else of this process can hold up an append that owns the lock.
    writing(path, () => writeLine(path, Buffer.from(line)));
  } finally {
    await release().catch(() => undefined);
  }
}

async function lock(path: string, patienceMs: number): Promise<() => Promise<void>> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      // The section under lock is synchronous, so a lock that was taken over in it can no longer be acted on.
      return await lockfile.lock(path, { realpath: false, stale: STALE_MS, onCompromised: () => undefined });
    } catch (error) {
      if (codeOf(error) !== "ELOCKED") throw notWritable(path, error);
      if (Date.now() > deadline) fail("ledger-locked", { path, seconds: patienceMs / 1000 });
      await new Promise((done) => setTimeout(done, 5 + Math.random() * 20));
    }
  }
}

function writeLine(path: string, line: Buffer): void {
  const file = openSync(path, "a+");
  const size = repair(file);
  try {
    for (let written = 0; written < line.length; ) written += writeSync(file, line, written);
    fsyncSync(file);
  } catch (error) {
    truncateQuietly(file, size);
    throw error;
  } finally {
    closeSync(file);
  }
}

/** Ends a last line without newline when it is a whole record, cuts it off otherwise; gives the file's size after. */
function repair(file: number): number {
  const { size } = fstatSync(file);
  const tail = lastLine(file, size);
  if (tail.length === 0) return size;
  if (parseLine(tail.toString("utf8")).kind === "record") return size + writeSync(file, "\n");
  ftruncateSync(file, size - tail.length);
  return size - tail.length;
}

/** The bytes after the last newline. */
function lastLine(file: number, size: number): Buffer {
  let tail: Buffer = Buffer.alloc(0);
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - 65_536);
    const chunk = Buffer.alloc(end - start);
    readSync(file, chunk, 0, chunk.length, start);
    const newline = chunk.lastIndexOf(10);
    tail = Buffer.concat([chunk.subarray(newline + 1), tail]);
    if (newline >= 0) break;
    end = start;
  }
  return tail;
}

function truncateQuietly(file: number, size: number): void {
  try {
    ftruncateSync(file, size);
  } catch {
    // The first failure is the one to report; the next append repairs the line.
  }
}

/**
 * Reads a ledger; a file that does not exist is an empty one.
 * @throws DiagnosticError `ledger-not-readable`
 */
export function readLedger(path: string): LedgerContents {
  const lines = readText(path).split("\n");
  const torn = lines.length - 1;
  const records: TrialRecord[] = [];
  const diagnoses = new Map<string, DiagnosisRecord>();
  const diagnostics: Diagnostic[] = [];
  const keep = (record: TrialRecord | DiagnosisRecord) => {
    if (record.status !== "diagnosed") return records.push(record);
    // Deleted first, so that the newest comes last.
    diagnoses.delete(record.trial);
    return diagnoses.set(record.trial, record);
  };
  lines.forEach((text, i) => {
    if (text.trim() === "") return;
    const outcome = parseLine(text);
    const line = i + 1;
    if (outcome.kind === "record") keep(outcome.record);
    else if (outcome.kind === "version") {
      const facts = { path, line, version: outcome.version, known: SCHEMA_VERSION };
      diagnostics.push(diagnostic("record-version", facts, { severity: "warning" }));
    } else if (i !== torn) {
      diagnostics.push(diagnostic("ledger-line", { path, line, reason: outcome.reason }, { severity: "warning" }));
    }
  });
  const more = diagnostics.length - MOST_LINES_NAMED;
  if (more > 0) {
    const rest = diagnostic("ledger-lines-more", { path, lines: more }, { severity: "warning" });
    diagnostics.splice(MOST_LINES_NAMED, more, rest);
  }
  return { records, diagnoses: [...diagnoses.values()], diagnostics };
}

function readText(path: string): string {
  const info = statSync(path, { throwIfNoEntry: false });
  // Some devices never end.
  if (info !== undefined && !info.isFile()) fail("ledger-not-readable", { path, detail: "it is no regular file" });
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return "";
    return fail("ledger-not-readable", { path, detail: codeOf(error) ?? String(error) });
  }
}

function parseLine(text: string): ReturnType<typeof readRecord> {
  try {
    return readRecord(JSON.parse(text));
  } catch {
    return { kind: "invalid", reason: "it is not JSON" };
  }
}

/** The last record of each trial, in the order in which trials first came. */
export function latestRecords(records: readonly TrialRecord[]): TrialRecord[] {
  return [...new Map(records.map((record) => [record.trial, record])).values()];
}

/** Trials that need not run again, by id: those whose last record is completed. */
export function completedTrials(records: readonly TrialRecord[]): ReadonlyMap<string, CompletedRecord> {
  const completed = latestRecords(records).filter((record) => record.status === "completed");
  return new Map(completed.map((record) => [record.trial, record]));
}

function writing(path: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    throw notWritable(path, error);
  }
}

const causes = {
  ENOSPC: "no-space",
  EDQUOT: "no-space",
  EROFS: "read-only",
  EACCES: "not-allowed",
  EPERM: "not-allowed",
  ENOTDIR: "not-a-folder",
  EEXIST: "not-a-folder",
  ENOENT: "no-such-folder",
  ENAMETOOLONG: "name-too-long",
} as const;

function notWritable(path: string, error: unknown): unknown {
  const code = codeOf(error);
  if (code === undefined) return error;
  const cause = Object.hasOwn(causes, code) ? causes[code as keyof typeof causes] : "other";
  return new DiagnosticError(diagnostic("ledger-not-writable", { path, cause, detail: code }));
}

/** The system's error code, "ENOSPC"; undefined for errors that are not the system's. */
function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}
