/** How `encode` may be told to go about it; what a format has no use for it does not read. */
export interface EncodeOptions {
  /** Values in a row: blocks and groups start anew with each row, whose last one may be short. Default: all are one row. */
  readonly rowLength?: number;
  /**
   * Low-bit floats. What becomes of values beyond the largest finite one, infinities included: true, the default, makes
   * them the largest; false makes them infinite, or NaN where the format has no infinity.
   * @see https://onnx.ai/onnx/operators/onnx__Cast.html, attribute `saturate`
   */
  readonly saturate?: boolean;
  /** Integers. Whether 0 lies in the middle of the codes. Default: true for signed types, false for unsigned ones. */
  readonly symmetric?: boolean;
  /** Integers. Values in a row that share a scale; `rowLength` is one scale a row. Default: one scale for everything. */
  readonly groupSize?: number;
}

/** Values in a format: every byte that would be stored, and what a reader must know to read them. */
export interface Encoded {
  /** Number of values. */
  readonly length: number;
  readonly rowLength: number;
  /** Values in a row that share a scale; `length` where one scale holds for everything or there is none. */
  readonly block: number;
  /** Codes, packed as `packCodes` does; of ggml's formats whole blocks, scales inside. */
  readonly codes: Uint8Array;
  /** One scale for each block, row by row, little-endian. Empty where there are none. */
  readonly scales: Uint8Array;
  /** Zero points of asymmetric integers, packed as the codes are. Empty where all are that of symmetric codes. */
  readonly zeroPoints: Uint8Array;
  /** Scales of the scales: of NVFP4 one for the tensor. Empty where there are none. */
  readonly outerScales: Float32Array;
}

/**
 * A number format: float32 values to stored bytes and back. `decode(encode(x))` is the simulation of a tensor in it.
 * Pure, and neither half throws on NaN or infinities. Low-bit floats keep them as their docs say; where a scale is chosen
 * from the values, every value that shares it with a NaN or an infinity reads as NaN.
 */
export interface Format {
  /** As a program would write it. */
  readonly name: string;
  /** One line of help. */
  readonly summary: string;
  /** Bits of one code. */
  readonly bits: number;
  /** Of floats that are no blocks: bits of the mantissa, without the leading one. */
  readonly mantissaBits?: number;
  /** Largest finite value of a code, before any scale. */
  readonly largest: number;
  /** Smallest value of a code above 0, subnormals included, before any scale. */
  readonly smallest: number;
  /** What codes can be besides finite numbers, e.g. "NaN". */
  readonly specials: string;
  /** How a value between two codes is rounded. */
  readonly rounding: string;
  /** Values that share a scale: a number, or "any" where `groupSize` says. */
  readonly block: number | "none" | "any";
  /** Type and choice of the scale; "" where there is none. */
  readonly scale: string;
  /** Stored bits per value of a long row of whole blocks, scales included. Exact sizes: `storedBytes`. */
  readonly bitsPerValue: number;
  /** Who defines the format. */
  readonly source: string;
  /** @throws {RangeError} when the values do not fill whole rows */
  encode(values: Float32Array, options?: EncodeOptions): Encoded;
  decode(encoded: Encoded): Float32Array;
}

/** Stored bytes of encoded values, by what they hold. ggml's scales lie among the codes and count there. */
export function storedBytes({ codes, scales, zeroPoints, outerScales }: Encoded): {
  readonly codes: number;
  readonly scales: number;
  readonly zeroPoints: number;
} {
  return {
    codes: codes.byteLength,
    scales: scales.byteLength + outerScales.byteLength,
    zeroPoints: zeroPoints.byteLength,
  };
}

/** An `Encoded` of codes alone, to which formats add what else they store. */
export function encodedCodes(codes: Uint8Array, layout: Pick<Encoded, "length" | "rowLength" | "block">): Encoded {
  const { length, rowLength, block } = layout;
  return {
    length,
    rowLength,
    block,
    codes,
    scales: new Uint8Array(0),
    zeroPoints: new Uint8Array(0),
    outerScales: new Float32Array(0),
  };
}

/**
 * The length of the rows of so many values.
 * @throws {RangeError} when the values do not fill whole rows
 */
export function rowLengthOf(length: number, { rowLength = length }: EncodeOptions): number {
  if (length > 0 && (!Number.isInteger(rowLength) || rowLength < 1 || length % rowLength !== 0)) {
    throw new RangeError(`${length} values do not fill rows of ${rowLength}`);
  }
  return rowLength;
}
