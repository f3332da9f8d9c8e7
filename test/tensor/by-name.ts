import type { Format } from "../../src/tensor/format.js";
import { formats } from "../../src/tensor/formats.js";

/** A format of the registry. */
export function formatNamed(name: string): Format {
  const found = formats.find((format) => format.name === name);
  if (!found) throw new Error(`there is no format ${name}`);
  return found;
}

/** The bytes of a typed array as text, for a Python program to read. */
export function base64(array: ArrayBufferView): string {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString("base64");
}

/** The bytes of `base64`, at the start of a buffer of their own. */
export function fromBase64(text: string): ArrayBuffer {
  return Uint8Array.from(Buffer.from(text, "base64")).buffer;
}
