import { createHmac, timingSafeEqual } from "node:crypto";
import { nestedDeeperThan } from "./depth.js";

/** The fields of a header that the kernel reads. */
export interface Header {
  readonly msg_id: string;
  readonly msg_type: string;
  readonly session: string;
}

/** A message that came in: signature checked, JSON parsed. */
export interface Incoming {
  /** Routing frames of the sender; a reply begins with them. */
  readonly identities: readonly Uint8Array[];
  readonly header: Header;
  /** The header as it came: the parent header of every answer, byte for byte. */
  readonly rawHeader: Uint8Array;
  readonly parentHeader: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly content: Readonly<Record<string, unknown>>;
  readonly buffers: readonly Uint8Array[];
}

/** A message to send. */
export interface Outgoing {
  readonly identities: readonly Uint8Array[];
  readonly header: object;
  /** `rawHeader` of the message that caused this one; absent for `{}`. */
  readonly parent?: Uint8Array | undefined;
  readonly metadata?: unknown;
  readonly content: object;
  readonly buffers?: readonly Uint8Array[] | undefined;
}

/** Why frames are not a message that is served. With `request`, it was signed and its sender can be told. */
export interface Fault {
  readonly fault: string;
  readonly request?: Incoming;
}

const DELIMITER = Buffer.from("<IDS|MSG>");

/** Headers are a few hundred bytes. */
const LARGEST_HEADER_BYTES = 64 * 1024;

/** Content and metadata of one message, in bytes: a cell of this size is no cell. */
export const LARGEST_JSON_BYTES = 64 * 1024 * 1024;

/** V8 and what reads JSON after us recurse; no message that means something is nested deeper. */
const DEEPEST_JSON = 500;

/** Identities and buffers are few. */
const MOST_FRAMES = 10_000;

/**
 * Reads one message of Jupyter's wire protocol: identities, `<IDS|MSG>`, signature, header, parent header, metadata,
 * content, buffers. Never throws, whatever the frames hold.
 * @param key key of the signatures; empty when they are not checked
 */
export function decode(frames: readonly Uint8Array[], key: string): { readonly message: Incoming } | Fault {
  if (frames.length > MOST_FRAMES) return { fault: `it has ${frames.length} frames` };
  const start = frames.findIndex((frame) => DELIMITER.equals(frame));
  if (start === -1) return { fault: "it has no <IDS|MSG>" };
  const [signature, header, parent, metadata, content, ...buffers] = frames.slice(start + 1);
  if (!signature || !header || !parent || !metadata || !content) return { fault: "parts are missing" };
  if (key !== "" && !signed(signature, [header, parent, metadata, content], key)) {
    return { fault: "its signature is wrong" };
  }
  return read({ identities: frames.slice(0, start), header, parent, metadata, content, buffers });
}

interface Parts {
  readonly identities: readonly Uint8Array[];
  readonly header: Uint8Array;
  readonly parent: Uint8Array;
  readonly metadata: Uint8Array;
  readonly content: Uint8Array;
  readonly buffers: readonly Uint8Array[];
}

function read(parts: Parts): { readonly message: Incoming } | Fault {
  const header = parse("header", parts.header, LARGEST_HEADER_BYTES);
  if ("fault" in header) return header;
  const { msg_id, msg_type, session, version } = header.value;
  if (typeof msg_id !== "string" || typeof msg_type !== "string")
    return { fault: "its header has no msg_id or msg_type" };
  const bare: Incoming = {
    identities: parts.identities,
    header: { msg_id, msg_type, session: typeof session === "string" ? session : "" },
    rawHeader: parts.header,
    parentHeader: {},
    metadata: {},
    content: {},
    buffers: parts.buffers,
  };
  if (version !== undefined && !/^5(\.\d|$)/.test(String(version))) {
    const said = (JSON.stringify(version) ?? "").slice(0, 40);
    return { fault: `it is of protocol version ${said}, not 5`, request: bare };
  }
  const parent = parse("parent header", parts.parent, LARGEST_HEADER_BYTES);
  if ("fault" in parent) return { ...parent, request: bare };
  const metadata = parse("metadata", parts.metadata, LARGEST_JSON_BYTES);
  if ("fault" in metadata) return { ...metadata, request: bare };
  const content = parse("content", parts.content, LARGEST_JSON_BYTES);
  if ("fault" in content) return { ...content, request: bare };
  return { message: { ...bare, parentHeader: parent.value, metadata: metadata.value, content: content.value } };
}

function parse(what: string, bytes: Uint8Array, most: number): { readonly value: Record<string, unknown> } | Fault {
  if (bytes.length > most) return { fault: `its ${what} has ${bytes.length} bytes, more than ${most}` };
  if (nestedDeeperThan(DEEPEST_JSON, bytes))
    return { fault: `its ${what} is nested deeper than ${DEEPEST_JSON} levels` };
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return { fault: `its ${what} is not UTF-8` };
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { fault: `its ${what} is not JSON` };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { fault: `its ${what} is not a JSON object` };
  }
  return { value: value as Record<string, unknown> };
}

const EMPTY = Buffer.from("{}");

/**
 * The frames of a message. Text is made well-formed: half a surrogate pair would be refused by Python's UTF-8.
 * @throws {RangeError} when content is nested too deep for JSON
 */
export function encode(message: Outgoing, key: string): Uint8Array[] {
  const json = [
    toJson(message.header),
    message.parent ?? EMPTY,
    message.metadata === undefined ? EMPTY : toJson(message.metadata),
    toJson(message.content),
  ];
  const signature = Buffer.from(key === "" ? "" : signatureOf(json, key).toString("hex"));
  return [...message.identities, DELIMITER, signature, ...json, ...(message.buffers ?? [])];
}

function toJson(value: unknown): Buffer {
  const text = JSON.stringify(value);
  // JSON.stringify escapes nothing with \ud but halves of pairs; a user's own "\\ud" costs a second look only.
  if (!text.includes("\\ud")) return Buffer.from(text);
  return Buffer.from(
    JSON.stringify(value, (_, part: unknown) => (typeof part === "string" ? Buffer.from(part).toString() : part)),
  );
}

function signatureOf(parts: readonly Uint8Array[], key: string): Buffer {
  const hmac = createHmac("sha256", key);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

function signed(signature: Uint8Array, parts: readonly Uint8Array[], key: string): boolean {
  const expected = Buffer.from(signatureOf(parts, key).toString("hex"));
  return signature.length === expected.length && timingSafeEqual(signature, expected);
}
