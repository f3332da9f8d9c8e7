import { createHmac } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { nestedDeeperThan } from "../../../src/kernel/wire/depth.js";
import { decode, encode, LARGEST_JSON_BYTES, type Outgoing } from "../../../src/kernel/wire/frames.js";

const header = { msg_id: "1", msg_type: "execute_request", session: "s", version: "5.3" };
const message: Outgoing = { identities: [Buffer.from("client")], header, content: { code: "1" } };
const bytes = fc.uint8Array({ maxLength: 40 });

/** Four parts of a message, signed. */
function signedFrames(parts: readonly (string | Uint8Array)[], key = "k"): Uint8Array[] {
  const [head = "", parent = "{}", metadata = "{}", content = "{}"] = parts;
  const frames = encode({ ...message, parent: Buffer.from(parent) }, "");
  const json = [head, parent, metadata, content].map((part) => Buffer.from(part as string));
  const [, delimiter = Buffer.alloc(0)] = frames;
  return [Buffer.from("client"), delimiter, Buffer.from(signature(json, key)), ...json];
}

test("what is encoded is decoded, with identities, parent, metadata and buffers", () => {
  const object = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }));
  fc.assert(
    fc.property(
      fc.array(bytes),
      object,
      object,
      fc.array(bytes),
      fc.string(),
      (ids, metadata, content, buffers, key) => {
        const identities = ids.filter((id) => Buffer.from(id).toString("latin1") !== "<IDS|MSG>");
        const parent = Buffer.from('{"msg_id":"0"}');
        const read = decode(encode({ identities, header, parent, metadata, content, buffers }, key), key);
        const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;
        expect(read).toMatchObject({ message: { parentHeader: { msg_id: "0" } } });
        if (!("message" in read)) return;
        expect(plain([read.message.metadata, read.message.content])).toEqual(plain([metadata, content]));
        expect([read.message.identities, read.message.buffers].map((list) => list.map((b) => [...b]))).toEqual(
          [identities, buffers].map((list) => list.map((b) => [...b])),
        );
      },
    ),
  );
});

test("garbage is a fault, whatever it is, and never an exception", () => {
  const frame = fc.oneof(
    bytes,
    fc.constant(new Uint8Array(Buffer.from("<IDS|MSG>"))),
    fc.json().map((t) => new Uint8Array(Buffer.from(t))),
  );
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 9 }),
      (frames) => void expect(decode(frames, "k")).toHaveProperty("fault"),
    ),
  );
  fc.assert(fc.property(fc.array(frame, { maxLength: 9 }), (frames) => void decode(frames, "")));
});

test("one changed byte in any signed part is a wrong signature", () => {
  const frames = encode(message, "k");
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 6 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (part, at, change) => {
      const changed = frames.map((frame) => Uint8Array.from(frame));
      const frame = changed[part] as Uint8Array;
      frame[at % frame.length] = (frame[at % frame.length] as number) ^ change;
      expect(decode(changed, "k")).toEqual({ fault: "its signature is wrong" });
    }),
  );
  expect(decode(frames, "another key")).toEqual({ fault: "its signature is wrong" });
  expect(decode(encode(message, ""), "k")).toEqual({ fault: "its signature is wrong" });
});

test("the signature is the HMAC-SHA256 of the four parts, in hexadecimal", () => {
  const frames = encode(message, "k").map((frame) => Buffer.from(frame).toString());
  expect(frames).toEqual([
    "client",
    "<IDS|MSG>",
    signature(
      frames.slice(3).map((part) => Buffer.from(part)),
      "k",
    ),
    JSON.stringify(header),
    "{}",
    "{}",
    '{"code":"1"}',
  ]);
});

test.each([
  ["no JSON", ["{", "{}", "{}", "{}"], "its header is not JSON"],
  ["a header that is a list", ["[]", "{}", "{}", "{}"], "its header is not a JSON object"],
  ["a header without a type", ['{"msg_id":"1"}', "{}", "{}", "{}"], "its header has no msg_id or msg_type"],
  ["protocol version 4", ['{"msg_id":"1","msg_type":"x","version":"4.1"}'], 'it is of protocol version "4.1", not 5'],
  [
    "protocol version 50",
    ['{"msg_id":"1","msg_type":"x","version":"50.0"}'],
    'it is of protocol version "50.0", not 5',
  ],
  [
    "content that is not UTF-8",
    ['{"msg_id":"1","msg_type":"x"}', "{}", "{}", Buffer.from([0x22, 0xff, 0x22])],
    "its content is not UTF-8",
  ],
  [
    "deep content",
    ['{"msg_id":"1","msg_type":"x"}', "{}", "{}", `{"a":${"[".repeat(100_000)}`],
    "its content is nested deeper than 500 levels",
  ],
  ["a huge header", [" ".repeat(70_000)], "its header has 70000 bytes, more than 65536"],
  [
    "huge content",
    ['{"msg_id":"1","msg_type":"x"}', "{}", "{}", Buffer.alloc(LARGEST_JSON_BYTES + 1)],
    `its content has ${LARGEST_JSON_BYTES + 1} bytes, more than ${LARGEST_JSON_BYTES}`,
  ],
] as const)("%s is a fault that says so", (_, parts, fault) => {
  expect(decode(signedFrames(parts), "k")).toMatchObject({ fault });
});

test("a header without a version, as small clients send it, is served", () => {
  expect(decode(signedFrames(['{"msg_id":"1","msg_type":"x"}']), "k")).toHaveProperty("message");
});

test("halves of surrogate pairs leave as U+FFFD, whole pairs and a written \\ud as they are", () => {
  const content = { text: "a\ud83db", pair: "😀", written: "\\ud83d" };
  const read = decode(encode({ ...message, content }, ""), "");
  expect(read).toMatchObject({ message: { content: { ...content, text: "a\ufffdb" } } });
});

test("depth counts brackets outside of strings", () => {
  const deeper = (limit: number, text: string) => nestedDeeperThan(limit, Buffer.from(text));
  expect([
    deeper(2, "[[1], [2]]"),
    deeper(1, "[[1], [2]]"),
    deeper(1, '["[[[\\"[[", {}]'),
    deeper(1, '["[[[\\"[["]'),
  ]).toEqual([false, true, true, false]);
});

function signature(parts: readonly Uint8Array[], key: string): string {
  return createHmac("sha256", key).update(Buffer.concat(parts)).digest("hex");
}
