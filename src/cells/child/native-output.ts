import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

/** Longest wait for a marker, ms: user code may have closed the descriptor, or fill it without end. */
const MARKER_WAIT_MS = 300;
/** V8's last words begin with one of these; they are kept for the reason of the death, not shown. */
const LAST_WORDS = /<--- Last few GCs --->|FATAL ERROR: |----- Native stack trace -----/;

/** What native code writes to a descriptor of the child itself, past `process.stdout`. */
export interface NativeOutput {
  /** Resolves when everything before the marker has been shown. */
  drained(marker: string): Promise<void>;
  /** V8's words before it gave up, if it did. */
  lastWords(): string;
}

export function readNativeOutput(pipe: Readable, show: (text: string) => void): NativeOutput {
  const decoder = new StringDecoder("utf8");
  const seen = new Set<string>();
  let held = "";
  let words = "";
  let wake = () => {};

  const pass = (text: string) => {
    const dying = words === "" ? text.search(LAST_WORDS) : 0;
    if (dying >= 0) words = (words + text.slice(dying)).slice(0, 20_000);
    const rest = dying >= 0 ? text.slice(0, dying) : text;
    if (rest !== "") show(rest);
  };
  pipe.on("data", (bytes: Buffer) => {
    held += decoder.write(bytes);
    const { texts, markers, rest } = split(held);
    held = rest;
    for (const text of texts) pass(text);
    for (const marker of markers) seen.add(marker);
    if (markers.length > 0) wake();
  });
  pipe.on("end", () => {
    pass(held);
    held = "";
    wake();
  });
  pipe.on("error", () => wake());

  return {
    async drained(marker) {
      if (!seen.has(marker) && !pipe.readableEnded) {
        await new Promise<void>((resolve) => {
          const late = setTimeout(resolve, MARKER_WAIT_MS);
          wake = () => {
            if (!seen.has(marker) && !pipe.readableEnded) return;
            clearTimeout(late);
            resolve();
          };
        });
        wake = () => {};
      }
      seen.clear();
    },
    lastWords: () => words,
  };
}

/** A UUID between null characters, which no text holds. */
const NULL = String.fromCharCode(0);
const MARKER = new RegExp(`${NULL}[0-9a-f-]{36}${NULL}`);
const MARKER_START = new RegExp(`^${NULL}[0-9a-f-]*$`);
/** Length of a marker but for its last character. */
const PART = 37;

/** Text between markers, the markers, and an end that may be the beginning of one. */
function split(held: string): { texts: string[]; markers: string[]; rest: string } {
  const texts: string[] = [];
  const markers: string[] = [];
  let rest = held;
  for (let found = MARKER.exec(rest); found; found = MARKER.exec(rest)) {
    texts.push(rest.slice(0, found.index));
    markers.push(found[0]);
    rest = rest.slice(found.index + found[0].length);
  }
  const start = rest.indexOf(NULL, Math.max(0, rest.length - PART));
  const cut = start >= 0 && MARKER_START.test(rest.slice(start)) ? start : rest.length;
  texts.push(rest.slice(0, cut));
  return { texts: texts.filter((text) => text !== ""), markers, rest: rest.slice(cut) };
}
