import { Buffer } from "node:buffer";
import { writeSync } from "node:fs";
import { serialize } from "node:v8";
import { DESCRIPTORS, type FromChild, PREFIX } from "./frames.js";
import type { MainGate } from "./gate.js";

/** Characters of a stream that are sent at once. */
const FULL = 8192;
/** Longest time that printed text waits for more, ms. */
const LATEST_MS = 20;
/** Prints that are sent at once within that time; a loop that then computes without yielding has shown what it said. */
const BURST = 10;

const { now } = performance;
const clock = now.bind(performance);
const { setTimeout } = globalThis;

/** Sends reports in order. Writing blocks, so a cell that prints forever is held back by a slow reader, not stored. */
export interface Reports {
  /** Printed text; gathered when much is printed, and sent before any other report. */
  print(name: "stdout" | "stderr", text: string): void;
  send(report: FromChild): void;
  flush(): void;
}

export function createReports(gate: MainGate): Reports {
  let name: "stdout" | "stderr" = "stdout";
  let text = "";
  let since = 0;
  let burst = 0;
  let burstBegan = 0;
  let timer = false;

  const flush = () => {
    if (text === "") return;
    const output = { kind: "stream", name, text } as const;
    text = "";
    writeFrame({ type: "output", output });
  };
  const guarded = (run: () => void) => {
    gate.enter();
    try {
      run();
    } finally {
      gate.leave();
    }
  };
  const late = () => {
    timer = false;
    guarded(flush);
  };
  const print = (to: "stdout" | "stderr", more: string) => {
    if (to !== name) flush();
    name = to;
    const time = clock();
    if (time - burstBegan >= LATEST_MS) {
      burstBegan = time;
      burst = 0;
    }
    if (text === "") since = time;
    text += more;
    burst++;
    // A loop that never yields lets no timer run, so the clock is asked here too.
    if (burst <= BURST || text.length >= FULL || time - since >= LATEST_MS) flush();
    else if (!timer) {
      timer = true;
      setTimeout(late, LATEST_MS);
    }
  };
  return {
    print: (to, more) => guarded(() => print(to, more)),
    send: (report) =>
      guarded(() => {
        flush();
        // The next cell may begin within the window of this one's last prints, and then compute without yielding.
        burst = 0;
        writeFrame(report);
      }),
    flush: () => guarded(flush),
  };
}

function writeFrame(report: FromChild): void {
  const body = serialize(report);
  const frame = Buffer.allocUnsafe(PREFIX + body.length);
  frame.writeUInt32LE(body.length, 0);
  frame.set(body, PREFIX);
  writeWhole(DESCRIPTORS.reports, frame);
}

/** Writes all bytes to a descriptor, however full it is. */
export function writeWhole(descriptor: number, bytes: Buffer): void {
  let sent = 0;
  while (sent < bytes.length) {
    try {
      sent += writeSync(descriptor, bytes, sent, bytes.length - sent);
    } catch (error) {
      if ((error as { code?: string }).code !== "EAGAIN") throw error;
      Atomics.wait(napping, 0, 0, 1);
    }
  }
}

const napping = new Int32Array(new SharedArrayBuffer(4));
