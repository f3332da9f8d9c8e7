import { readFile } from "node:fs/promises";
import sharp, { type Sharp } from "sharp";
import { fail } from "../../base/diagnostic.js";
import { type ContentHash, hashBytes, hashJson } from "../../base/hash.js";
import { clipped } from "../cells.js";
import { unreadable } from "../files.js";
import { mostBytes } from "../settings.js";
import type { ImageFile } from "./folder.js";

export interface ImageSize {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}

export type Fit = "fill" | "cover" | "contain";

/** Most pixels of one image before it is resized: a small file may claim any size. */
const mostPixels = 2 ** 26;

/** Images decoded at a time. */
const atOnce = 8;

/** The images that are used, decoded once and kept as bytes. */
export interface PixelStore {
  load(indices: Int32Array): Promise<void>;
  fill(index: number, out: Float32Array, at: number): void;
  hash(): ContentHash;
}

/** Decodes image files on demand into one size; each file's pixels are kept once decoded. */
export function pixelStore(files: readonly ImageFile[], size: ImageSize, fit: Fit): PixelStore {
  const width = size.height * size.width * size.channels;
  const slots = new Map<number, Uint8Array>();
  const hashes = new Map<string, ContentHash>();
  const loadOne = async (index: number) => {
    const file = files[index] as ImageFile;
    const bytes = await readFile(file.path).catch((error: unknown) => unreadable(file.path, error));
    hashes.set(file.name, hashBytes(bytes));
    slots.set(index, await decodeImage(bytes, file.path, size, fit));
  };
  return {
    async load(indices) {
      const bytes = indices.length * width;
      if (bytes > mostBytes)
        fail("data-too-large", { what: "the images", size: bytes, most: mostBytes, unit: "bytes" });
      for (let at = 0; at < indices.length; at += atOnce) {
        await Promise.all(Array.from(indices.subarray(at, at + atOnce), loadOne));
      }
    },
    fill: (index, out, at) => out.set(slots.get(index) as Uint8Array, at),
    hash: () => hashJson(Object.fromEntries(hashes)),
  };
}

/**
 * Pixels [height, width, channels], bytes 0..255: sRGB, or grey as libvips makes it (luminance of linear light). Alpha
 * is dropped before anything else and EXIF orientation ignored, as TensorFlow's decoders do; resized with a Lanczos
 * kernel of 3 lobes.
 */
async function decodeImage(bytes: Uint8Array, path: string, size: ImageSize, fit: Fit): Promise<Uint8Array> {
  const { height, width, channels } = size;
  try {
    const image = sharp(bytes, { failOn: "error", limitInputPixels: mostPixels });
    const { hasAlpha } = await image.metadata();
    return await (hasAlpha ? await opaque(image) : image)
      .resize(width, height, { fit, kernel: "lanczos3", background: "black" })
      .toColourspace(channels === 1 ? "b-w" : "srgb")
      .raw({ depth: "uchar" })
      .toBuffer();
  } catch (error) {
    fail("data-corrupt", { path, format: "an image", reason: clipped((error as Error).message) });
  }
}

/** Resizing multiplies colours with alpha; an image without alpha is left alone. */
async function opaque(image: Sharp): Promise<Sharp> {
  const pixels = image.removeAlpha().toColourspace("srgb").raw({ depth: "uchar" });
  const { data, info } = await pixels.toBuffer({ resolveWithObject: true });
  return sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } });
}
