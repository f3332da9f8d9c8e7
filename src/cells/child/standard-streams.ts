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

/** The descriptor is named, for libraries that ask; what they write there themselves arrives as well. */
function standardStream(name: "stdout" | "stderr", reports: Reports): Writable {
  const decoder = new StringDecoder("utf8");
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: string | Uint8Array, encoding, done) {
      const plain = typeof chunk === "string" && (encoding === "utf8" || encoding === "utf-8");
      reports.print(name, plain ? chunk : decoder.write(Buffer.from(chunk as string, encoding)));
      done();
    },
  });
  // A cell that ends or destroys its stream must not silence the next one.
  stream.end = () => stream;
  stream.destroy = () => stream;
  return Object.assign(stream, { fd: name === "stdout" ? 1 : 2, isTTY: false });
}
