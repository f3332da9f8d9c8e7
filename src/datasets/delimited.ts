import { type CsvError, Parser } from "csv-parse";
import { fail } from "../base/diagnostic.js";
import type { ContentHash } from "../base/hash.js";
import { clipped } from "./cells.js";
import { streamFile } from "./files.js";

const delimiters: Readonly<Record<string, string>> = { comma: ",", semicolon: ";", tab: "\t", pipe: "|" };

/** The start of a file goes to the parser by itself: a scan that wants the header alone then pays for little more. */
const HEAD_BYTES = 4096;

/** Longest record in bytes; an unclosed quote ends there and not at the end of memory. */
const longestRecord = 2 ** 24;

/** Called with each record and the line of the file on which it ends, counted from 1; false stops the scan. */
export type OnRecord = (cells: readonly string[], line: number) => boolean;

/**
 * Streams the records of a delimited text (RFC 4180, any line ends, byte order mark skipped, empty lines skipped).
 * @param delimiter name of a delimiter; without it, the one that the first line has most of
 * @returns hash of the bytes read
 * @throws {DiagnosticError} for a quote that is never closed and the like, and whatever `onRecord` throws
 */
export async function scanDelimited(
  path: string,
  delimiter: string | undefined,
  onRecord: OnRecord,
): Promise<ContentHash> {
  const stream = await streamFile(path);
  const state = { going: true };
  let parser: Parser | undefined;
  for await (const chunk of stream.chunks) {
    const isFirst = parser === undefined;
    parser ??= recordParser(delimiters[delimiter ?? ""] ?? guessDelimiter(chunk, path), state, onRecord);
    const head = isFirst ? HEAD_BYTES : chunk.length;
    for (const part of [chunk.subarray(0, head), chunk.subarray(head)]) {
      if (part.length > 0) await step(path, (done) => parser?.write(part, done));
      if (!state.going) return stream.hash();
    }
  }
  if (parser) await step(path, (done) => parser?.end(done));
  return stream.hash();
}

function recordParser(delimiter: string, state: { going: boolean }, onRecord: OnRecord): Parser {
  const parser = new Parser({
    bom: true,
    delimiter,
    trim: true,
    skip_empty_lines: true,
    relax_column_count: true,
    max_record_size: longestRecord,
    on_record: (cells: string[], { lines }) => {
      if (state.going) state.going = onRecord(cells, lines);
      return null;
    },
  });
  parser.on("error", () => {
    // Reported through the callback of the write that met it.
  });
  return parser;
}

async function step(path: string, work: (done: (error?: Error | null) => void) => void): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      work((error) => (error ? reject(error) : resolve()));
    });
  } catch (error) {
    const { code, lines, message } = error as CsvError;
    if (!String(code).startsWith("CSV_")) throw error;
    const reasons: Record<string, string> = {
      CSV_QUOTE_NOT_CLOSED: "a quote is never closed",
      CSV_MAX_RECORD_SIZE: `a record is longer than ${longestRecord} bytes; a quote may not be closed`,
      CSV_INVALID_CLOSING_QUOTE: "text follows a closing quote",
      INVALID_OPENING_QUOTE: "a quote stands in the middle of a cell",
    };
    const reason = reasons[String(code)] ?? clipped(message);
    fail("data-row-syntax", {
      place: { file: path, ...(lines ? { line: Number(lines) } : {}) },
      format: "CSV",
      reason,
    });
  }
}

/** Counts outside quotes on the first line; a comma when there is none. */
function guessDelimiter(chunk: Uint8Array, path: string): string {
  const [first, second] = chunk;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    fail("data-corrupt", { path, format: "CSV", reason: "it is UTF-16 text; save it as UTF-8" });
  }
  if (chunk.includes(0)) fail("data-corrupt", { path, format: "CSV", reason: "it is binary, not text" });
  const text = new TextDecoder().decode(chunk).trimStart();
  const line = text.replaceAll(/"[^"]*"/g, "").split(/[\r\n]/, 1)[0] ?? "";
  const counts = Object.values(delimiters).map((sign) => [sign, line.split(sign).length - 1] as const);
  const most = Math.max(...counts.map(([, count]) => count));
  return counts.find(([, count]) => count === most && count > 0)?.[0] ?? ",";
}
