import type protobuf from "protobufjs/light.js";
import { messages } from "./messages.js";

/** Why bytes are not an ONNX file that can be read, as a sentence without a full stop. */
export class WireError extends Error {}

/** Bounds of what is read from untrusted bytes. Each message and each number becomes an object that is larger than its bytes. */
export interface WireLimits {
  /** Messages and texts of all kinds: nodes, attributes, tensors, names ... */
  readonly messages: number;
  /** Numbers in lists (`float_data`, `ints` ...): what is large belongs into `raw_data`. */
  readonly numbers: number;
  /** Messages in one another. */
  readonly depth: number;
}

const WIRE_LIMITS: WireLimits = { messages: 4_000_000, numbers: 50_000_000, depth: 60 };

/** Wire types of protobuf. */
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

interface FieldRule {
  readonly wire: number;
  /** The message in it. */
  readonly message?: string;
  /** A list of numbers, which may also be packed into bytes. */
  readonly list: boolean;
  readonly name: string;
}

const wireTypes: Readonly<Record<string, number>> = {
  int32: VARINT,
  int64: VARINT,
  uint64: VARINT,
  float: FIXED32,
  double: FIXED64,
  string: BYTES,
  bytes: BYTES,
};

const rules = new Map(Object.entries(messages).map(([name, { fields }]) => [name, rulesOf(fields)]));

function rulesOf(fields: Readonly<Record<string, protobuf.IField>>): ReadonlyMap<number, FieldRule> {
  return new Map(
    Object.entries(fields).map(([name, field]) => {
      const wire = wireTypes[field.type];
      const list = (field as { rule?: string }).rule === "repeated" && wire !== undefined && wire !== BYTES;
      return [field.id, wire === undefined ? { wire: BYTES, message: field.type, list, name } : { wire, list, name }];
    }),
  );
}

/**
 * Walks the bytes of an ONNX file without making anything of them: every length lies in the message around it, every
 * field has the wire type that onnx.proto gives it, and there is no more of anything than the limits say. What passes
 * can be decoded in memory proportional to the file.
 * @throws {WireError} saying what is wrong and at which byte
 */
export function checkWire(bytes: Uint8Array, limits: WireLimits = WIRE_LIMITS): void {
  const left = { messages: limits.messages, numbers: limits.numbers };
  const cursor = { at: 0 };
  const walk = (message: string, end: number, depth: number): void => {
    if (depth > limits.depth) throw new WireError(`messages lie in one another deeper than ${limits.depth} levels`);
    const fields = rules.get(message);
    while (cursor.at < end) {
      const start = cursor.at;
      const tag = varint(bytes, cursor, end);
      const wire = tag % 8;
      const rule = fields?.get(Math.floor(tag / 8));
      if (tag < 8) throw new WireError(`byte ${start} begins no field of ${message}`);
      const isPacked = rule?.list === true && wire === BYTES;
      if (rule && wire !== rule.wire && !isPacked) {
        throw new WireError(`byte ${start}: ${message}.${rule.name} has wire type ${wire}, not ${rule.wire}`);
      }
      if (wire !== BYTES) {
        skipNumber(bytes, cursor, end, wire, start);
        if (rule?.list) spend(left, "numbers", 1, limits);
        continue;
      }
      const length = varint(bytes, cursor, end);
      if (length > end - cursor.at) {
        throw new WireError(
          `byte ${start}: ${message}.${rule?.name ?? "an unknown field"} claims ${length} bytes, ${end - cursor.at} are left`,
        );
      }
      const until = cursor.at + length;
      if (isPacked) spend(left, "numbers", countPacked(bytes, cursor.at, until, rule.wire), limits);
      else spend(left, "messages", 1, limits);
      if (rule?.message !== undefined) walk(rule.message, until, depth + 1);
      cursor.at = until;
    }
  };
  walk("ModelProto", bytes.length, 0);
}

function spend(
  left: { messages: number; numbers: number },
  what: "messages" | "numbers",
  count: number,
  limits: WireLimits,
): void {
  left[what] -= count;
  if (left[what] < 0) throw new WireError(`it holds more than ${limits[what].toLocaleString("en-US")} ${what}`);
}

/** How many numbers a packed list holds. */
function countPacked(bytes: Uint8Array, start: number, end: number, wire: number): number {
  if (wire !== VARINT) {
    const size = wire === FIXED32 ? 4 : 8;
    if ((end - start) % size !== 0)
      throw new WireError(`byte ${start}: a packed list of ${end - start} bytes is cut short`);
    return (end - start) / size;
  }
  let count = 0;
  let run = 0;
  for (let i = start; i < end; i++) {
    run++;
    if ((bytes[i] as number) >= 128) {
      if (run >= 10) throw new WireError(`byte ${i}: a number is longer than 10 bytes`);
      continue;
    }
    count++;
    run = 0;
  }
  if (run > 0) throw new WireError(`byte ${end}: a packed list ends inside a number`);
  return count;
}

/** A varint of a tag or a length: at most 2^53. */
function varint(bytes: Uint8Array, cursor: { at: number }, end: number): number {
  const start = cursor.at;
  let value = 0;
  for (let i = 0; i < 10; i++) {
    if (cursor.at >= end) throw new WireError(`it ends inside a number at byte ${start}`);
    const byte = bytes[cursor.at++] as number;
    value += (byte % 128) * 2 ** (7 * i);
    if (byte < 128) return value;
  }
  throw new WireError(`byte ${start}: a number is longer than 10 bytes`);
}

function skipNumber(bytes: Uint8Array, cursor: { at: number }, end: number, wire: number, start: number): void {
  if (wire === VARINT) {
    varint(bytes, cursor, end);
    return;
  }
  if (wire !== FIXED32 && wire !== FIXED64)
    throw new WireError(`byte ${start} has wire type ${wire}, which ONNX has not`);
  cursor.at += wire === FIXED32 ? 4 : 8;
  if (cursor.at > end) throw new WireError(`it ends inside a number at byte ${start}`);
}
