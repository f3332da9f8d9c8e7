import { Buffer } from "node:buffer";
import { Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import type { Reports } from "./reports.js";

/** Puts streams that report in place of `process.stdout` and `process.stderr`; `console` prints on them too. */
export function reportStandardStreams(reports: Reports): void {
  for (const name of ["stdout", "stderr"] as const) {
    const stream = standardStream(name, reports);
    Object.defineProperty(process, name, { get: () => stream, configurable: true, enumerable: true });
  }
}

type Written = (error?: Error | null) => void;

const { from } = Buffer;
const { nextTick } = process;

/**
 * A stream whose `write` reports at once and keeps no state: Stop may unwind a cell in the middle of a `console.log`, and Node's
 * own Writable would then believe for ever that a write is under way.
 */
function standardStream(name: "stdout" | "stderr", reports: Reports): Writable {
  const stream = new Writable({ decodeStrings: false });
  const decoder = new StringDecoder("utf8");
  const decode = decoder.write.bind(decoder);
  const write = (chunk: string | Uint8Array, encoding?: BufferEncoding | Written, written?: Written): boolean => {
    const named = typeof encoding === "string" ? encoding : "utf8";
    const plain = typeof chunk === "string" && (named === "utf8" || named === "utf-8");
    reports.print(name, plain ? chunk : decode(from(chunk as string, named)));
    const done = typeof encoding === "function" ? encoding : written;
    if (done) nextTick(done);
    return true;
  };
  // A cell that ends or destroys its stream must not silence the next one.
  const end = (chunk?: unknown, ...rest: [BufferEncoding?, Written?]) => {
    if (typeof chunk === "function") nextTick(chunk as Written);
    else if (chunk !== undefined && chunk !== null) write(chunk as string, ...rest);
    return stream;
  };
  // The descriptor is named, for libraries that ask; what they write there themselves arrives as well.
  const fd = name === "stdout" ? 1 : 2;
  // `console` adds a listener while it prints and takes it off after: of a cell that was stopped there it stays.
  return Object.assign(stream.setMaxListeners(0), { write, end, destroy: () => stream, fd, isTTY: false });
}
