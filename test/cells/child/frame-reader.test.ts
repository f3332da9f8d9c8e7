import { serialize } from "node:v8";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createFrameReader } from "../../../src/cells/child/frame-reader.js";
import { type FromChild, PREFIX } from "../../../src/cells/child/frames.js";

function framed(report: FromChild): Buffer {
  const body = serialize(report);
  const prefix = Buffer.alloc(PREFIX);
  prefix.writeUInt32LE(body.length);
  return Buffer.concat([prefix, body]);
}

test("reports come back whole and in order, however the pipe cuts them", () => {
  const report = fc.string({ unit: "binary" }).map(
    (text): FromChild => ({
      type: "output",
      output: { kind: "stream", name: "stdout", text },
    }),
  );
  fc.assert(
    fc.property(fc.array(report), fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (reports, sizes) => {
      const bytes = Buffer.concat(reports.map(framed));
      const seen: FromChild[] = [];
      const read = createFrameReader((frame) => seen.push(frame));
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const size = sizes[i % sizes.length] ?? 1;
        read(bytes.subarray(at, at + size));
        at += size;
      }
      expect(seen).toEqual(reports);
    }),
  );
});
