import type { MimeBundle } from "../outputs.js";
import { shapeOf } from "./kind.js";
import { isTensor } from "./kinds/tensor.js";

export interface ImageOptions {
  /** How many pixels wide one pixel of the tensor is shown; small pictures are enlarged unless given. */
  readonly scale?: number;
}

/** Most pixels of a picture, about 4000 x 4000. */
const MOST_PIXELS = 16_000_000;

/** Small pictures are enlarged to about this width. */
const COMFORTABLE_WIDTH = 160;

/**
 * A tensor as a PNG: [height, width] or [height, width, 1] in grey, [height, width, 3] in colour, [height, width, 4] with
 * opacity. int32 and bool values are 0 to 255 (bool: 0 and 255); float32 values are 0 to 1 where the greatest is at most 1, else 0 to 255.
 * @throws {TypeError} when it is no such tensor
 */
export async function tensorPng(value: unknown, options: ImageOptions = {}): Promise<MimeBundle> {
  const { height, width, channels, bytes } = pixelsOf(value);
  const { default: sharp } = await import("sharp");
  const automatic = Math.max(1, Math.floor(COMFORTABLE_WIDTH / Math.max(width, height)));
  const scale = Math.max(1, Math.min(32, Math.round(options.scale ?? automatic)));
  // Enlarged here, not by the frontend, which would blur the pixels.
  const picture = sharp(bytes, { raw: { width, height, channels } })
    .resize(width * scale, height * scale, { kernel: "nearest" })
    .toColourspace(channels === 1 ? "b-w" : "srgb");
  const png = await picture.png().toBuffer();
  const text = `[picture ${width} x ${height}, ${["", "grey", "", "colour", "colour and opacity"][channels]}]`;
  return { data: { "image/png": png.toString("base64"), "text/plain": text } };
}

interface Pixels {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3 | 4;
  readonly bytes: Uint8Array;
}

function pixelsOf(value: unknown): Pixels {
  if (typeof value !== "object" || value === null || !isTensor(value)) throw new TypeError("it is no tensor");
  const { shape, dtype, isDisposed, dataSync } = shapeOf(value);
  if (isDisposed === true) throw new TypeError("the tensor is disposed");
  const [height = 0, width = 0, depth = 1, ...rest] = shape as readonly number[];
  const isPicture = (shape as readonly number[]).length >= 2 && rest.length === 0 && [1, 3, 4].includes(depth);
  if (!isPicture)
    throw new TypeError(
      `a picture has the shape [height, width] or [height, width, 1, 3 or 4], not [${String(shape)}]`,
    );
  if (height * width === 0) throw new TypeError("it has no pixels");
  if (height * width > MOST_PIXELS) throw new TypeError(`it has more than ${MOST_PIXELS.toLocaleString("en")} pixels`);
  if (dtype === "string" || dtype === "complex64") throw new TypeError(`values of type ${dtype} are no colours`);
  const values = (dataSync as () => ArrayLike<number>).call(value);
  return { height, width, channels: depth as 1 | 3 | 4, bytes: colours(values, String(dtype)) };
}

/** Values as bytes; what lies outside the range is cut, what is not a number is black. */
function colours(values: ArrayLike<number>, dtype: string): Uint8Array {
  let greatest = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (value > greatest) greatest = value;
  }
  const factor = dtype === "bool" || (dtype === "float32" && greatest <= 1) ? 255 : 1;
  return Uint8ClampedArray.from(values, (value) => value * factor) as unknown as Uint8Array;
}
