import type { Kind } from "../kind.js";

/** Bytes of a PNG, JPEG or GIF file. */
export const picture: Kind = {
  name: "picture",
  matches: (value) => value instanceof Uint8Array && imageType(value) !== undefined,
  bundle(value) {
    const bytes = value as Uint8Array;
    const type = imageType(bytes);
    if (type === undefined) return undefined;
    const size = `${bytes.byteLength.toLocaleString("en")} bytes`;
    return { data: { [type]: base64(bytes), "text/plain": `[${type.slice(6).toUpperCase()} picture, ${size}]` } };
  },
};

const starts = [
  ["image/png", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ["image/jpeg", [0xff, 0xd8, 0xff]],
  ["image/gif", [0x47, 0x49, 0x46, 0x38]],
] as const;

/** The MIME type of a picture's bytes by how they start. */
export function imageType(bytes: Uint8Array): string | undefined {
  return starts.find(([, start]) => start.every((byte, i) => bytes[i] === byte))?.[0];
}

/** Bytes as Jupyter carries them. */
export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
