import { randomUUID } from "node:crypto";
import { PassThrough } from "node:stream";
import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readNativeOutput } from "../../../src/cells/child/native-output.js";

test("the marker is taken out, what stands before it is shown first, however the pipe cuts it", async () => {
  const text = fc.string({ unit: "grapheme" }).map((s) => s.replaceAll("\0", ""));
  await fc.assert(
    fc.asyncProperty(text, text, fc.integer({ min: 1, max: 9 }), async (before, after, size) => {
      const pipe = new PassThrough();
      let shown = "";
      const native = readNativeOutput(pipe, (more) => {
        shown += more;
      });
      const marker = `\0${randomUUID()}\0`;
      const bytes = Buffer.from(before + marker + after);
      for (let at = 0; at < bytes.length; at += size) pipe.write(bytes.subarray(at, at + size));
      await native.drained(marker);
      expect(shown.startsWith(before)).toBe(true);
      pipe.end();
      await setImmediate();
      expect(shown).toBe(before + after);
    }),
    { numRuns: 50 },
  );
});

test("V8's last words are kept and not shown", async () => {
  const pipe = new PassThrough();
  let shown = "";
  const native = readNativeOutput(pipe, (text) => {
    shown += text;
  });
  pipe.end("mine\n<--- Last few GCs --->\n\nFATAL ERROR: heap out of memory");
  await setImmediate();
  await setImmediate();
  expect([shown, native.lastWords()]).toEqual(["mine\n", "<--- Last few GCs --->\n\nFATAL ERROR: heap out of memory"]);
});
