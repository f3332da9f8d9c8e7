import { createHash } from "node:crypto";
import stringify from "safe-stable-stringify";

/** A content hash as records show it: `sha256:` and 64 hex digits. */
export type ContentHash = `sha256:${string}`;

/** SHA-256 of bytes, in the order given. */
export function hashBytes(...parts: readonly Uint8Array[]): ContentHash {
  return hashParts(parts);
}

/** The same for any number of parts; a call takes no more than some ten thousand arguments. */
export function hashParts(parts: Iterable<Uint8Array>): ContentHash {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return `sha256:${hash.digest("hex")}`;
}

/** SHA-256 of plain data: its JSON with sorted keys, so that two equal values hash alike. */
export function hashJson(value: unknown): ContentHash {
  return hashBytes(Buffer.from(stringify(value) ?? "null"));
}

/** The first digits of a content hash, for names of files that a person may look at. */
export function shortHash(hash: string): string {
  return hash.replace("sha256:", "").slice(0, 12);
}
