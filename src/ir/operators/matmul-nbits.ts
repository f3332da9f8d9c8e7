import { roundHalfEven } from "../../tensor/affine.js";
import { type PackedBits, unpackCodes } from "../../tensor/packing.js";
import { elementCount, tensor } from "../../tensor/tensor.js";
import {
  type Attributes,
  defineOperator,
  expectDType,
  expectRank,
  expectSameDim,
  expectShape,
  float32Of,
  given,
  int,
  type KnownInputs,
  numberOf,
  required,
  type TensorInputs,
} from "./define.js";
import { OperatorError } from "./operator.js";

/** Sizes of MatMulNBits: weights [N, K] in blocks along K. */
export interface BlockedSizes {
  readonly k: number;
  readonly n: number;
  readonly bits: number;
  readonly blockSize: number;
  /** ceil(K / blockSize) */
  readonly blocks: number;
}

/**
 * Sizes from the attributes.
 * @throws {OperatorError} when no kernel takes them */
export function blockedSizes(attributes: Attributes): BlockedSizes {
  const [k, n] = [numberOf(attributes, "K"), numberOf(attributes, "N")];
  const [bits, blockSize] = [numberOf(attributes, "bits"), numberOf(attributes, "block_size")];
  if (![2, 4, 8].includes(bits)) throw new OperatorError(`bits = ${bits}; kernels exist for 2, 4 and 8`);
  if (blockSize < 16 || !Number.isInteger(Math.log2(blockSize))) {
    throw new OperatorError(`block_size = ${blockSize} is not a power of two >= 16`);
  }
  if (k < 1 || n < 1) throw new OperatorError(`K = ${k} and N = ${n} must be >= 1`);
  return { k, n, bits, blockSize, blocks: Math.ceil(k / blockSize) };
}

/** The last row is filled up to whole bytes when zero points of `bits` bits are packed. */
const zeroPointBytes = ({ blocks, bits }: BlockedSizes) => Math.ceil((blocks * bits) / 8);

/**
 * Y = A * dequantize(B)', A [..., K] float32, B uint8 [N, blocks, blockSize * bits / 8] with the first code in the lowest bits,
 * scales float32 [N * blocks], zero points uint8 packed a row at a time [N * ceil(blocks * bits / 8)] (2^(bits-1) when
 * absent), bias [N]. `weight = (code - zeroPoint) * scale`.
 *
 * accuracy_level 4 also quantizes A: each block of a row to int8 with `scale = absmax / 127`, symmetric, round half to
 * even; products of codes are summed as integers within a block, blocks as floats. Other levels keep A in float32, and so
 * does level 4 where ONNX Runtime 1.30 has no int8 kernel: 2 bits with blocks other than 32, 64 and 128 (measured).
 * @see ONNX Runtime docs/ContribOperators.md, and mlas/lib/sqnbitgemm (CompInt8) for level 4
 */
export const matMulNBits = defineOperator({
  opType: "MatMulNBits",
  domain: "com.microsoft",
  inputs: [3, 6],
  attributes: {
    K: required(int()),
    N: required(int()),
    bits: int(4),
    block_size: required(int()),
    accuracy_level: int(0),
  },
  infer(inputs, attributes) {
    const a = given(inputs, 0, "A").type;
    const sizes = blockedSizes(attributes);
    expectDType(a, ["float32"], "A");
    expectRank(a, 1, "A", Number.POSITIVE_INFINITY);
    expectSameDim(a.shape.at(-1) ?? 1, sizes.k, "the last size of A and K");
    expectBlocks(inputs, sizes);
    if (inputs[4]) throw new OperatorError("g_idx is not supported: kernels fall back to a slow path with it");
    const level = numberOf(attributes, "accuracy_level");
    if (![0, 1, 4].includes(level)) throw new OperatorError(`accuracy_level = ${level}; 0, 1 and 4 are known on CPUs`);
    return [{ dtype: "float32", shape: [...a.shape.slice(0, -1), sizes.n] }];
  },
  evaluate(inputs, attributes) {
    const sizes = blockedSizes(attributes);
    const a = given(inputs, 0, "A");
    const rows = elementCount(a.shape.slice(0, -1));
    const weights = blockedWeights(inputs, sizes);
    const scales = float32Of(given(inputs, 2, "scales"));
    const bias = inputs[5] && float32Of(inputs[5]);
    const y = new Float32Array(rows * sizes.n);
    for (let row = 0; row < rows; row++) {
      const values = float32Of(a).subarray(row * sizes.k, (row + 1) * sizes.k);
      const left = takesInt8Rows(attributes) ? int8Blocks(values, sizes) : floatBlocks(values, sizes);
      for (let column = 0; column < sizes.n; column++) {
        y[row * sizes.n + column] = blockedDot(left, weights, scales, column, sizes) + (bias?.[column] ?? 0);
      }
    }
    return [tensor("float32", [...a.shape.slice(0, -1), sizes.n], y)];
  },
});

/** Whether the rows of A are quantized to int8 by blocks. */
export function takesInt8Rows(attributes: Attributes): boolean {
  const { bits, blockSize } = blockedSizes(attributes);
  return numberOf(attributes, "accuracy_level") === 4 && (bits !== 2 || (blockSize >= 32 && blockSize <= 128));
}

function expectBlocks(inputs: KnownInputs, sizes: BlockedSizes): void {
  const b = given(inputs, 1, "B").type;
  const scales = given(inputs, 2, "scales").type;
  expectDType(b, ["uint8"], "B");
  expectShape(b, [sizes.n, sizes.blocks, (sizes.blockSize * sizes.bits) / 8], "B");
  expectDType(scales, ["float32"], "scales");
  expectFlat(scales.shape, [sizes.n, sizes.blocks], "scales");
  const zeroPoints = inputs[3]?.type;
  if (zeroPoints) {
    expectDType(zeroPoints, ["uint8"], "zero_points");
    expectFlat(zeroPoints.shape, [sizes.n, zeroPointBytes(sizes)], "zero_points");
  }
  const bias = inputs[5]?.type;
  if (bias) {
    expectDType(bias, ["float32"], "bias");
    expectShape(bias, [sizes.n], "bias");
  }
}

/** Throws unless the shape is `sizes`, or flat with as many elements. */
function expectFlat(shape: readonly (number | string)[], sizes: readonly number[], name: string): void {
  const flat = shape.length === 1 && shape[0] === elementCount(sizes);
  if (!flat && !(shape.length === sizes.length && shape.every((dim, i) => dim === sizes[i]))) {
    throw new OperatorError(`${name} [${shape.join(", ")}] must be [${sizes.join(" * ")}]`);
  }
}

/** Codes minus zero points, [N, blocks * blockSize]; what lies beyond K is 0. */
export function blockedWeights(inputs: TensorInputs, sizes: BlockedSizes): Int16Array {
  const { n, k, bits, blocks, blockSize } = sizes;
  const bytes = given(inputs, 1, "B").data as Uint8Array;
  const codes = unpack(bytes, bits, n * blocks * blockSize);
  const packedPoints = inputs[3]?.data as Uint8Array | undefined;
  const perRow = zeroPointBytes(sizes);
  const weights = new Int16Array(codes.length);
  const middle = 2 ** (bits - 1);
  for (let row = 0; row < n; row++) {
    const points = packedPoints && unpack(packedPoints.subarray(row * perRow, (row + 1) * perRow), bits, blocks);
    for (let block = 0; block < blocks; block++) {
      const point = points?.[block] ?? middle;
      const start = (row * blocks + block) * blockSize;
      const end = start + Math.min(blockSize, k - block * blockSize);
      for (let at = start; at < end; at++) weights[at] = (codes[at] as number) - point;
    }
  }
  return weights;
}

function unpack(bytes: Uint8Array, bits: number, count: number): Uint8Array {
  return bits === 8 ? bytes.subarray(0, count) : unpackCodes(bytes, bits as PackedBits, count);
}

/** A row of A as blocks: `value = code * scale[block]`. */
interface BlockedRow {
  readonly codes: Float64Array;
  readonly scales: Float32Array;
}

function floatBlocks(values: Float32Array, { blocks, blockSize }: BlockedSizes): BlockedRow {
  const codes = new Float64Array(blocks * blockSize);
  codes.set(values);
  return { codes, scales: new Float32Array(blocks).fill(1) };
}

function int8Blocks(values: Float32Array, { blocks, blockSize }: BlockedSizes): BlockedRow {
  const codes = new Float64Array(blocks * blockSize);
  const scales = new Float32Array(blocks);
  for (let block = 0; block < blocks; block++) {
    const part = values.subarray(block * blockSize, (block + 1) * blockSize);
    const largest = part.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    scales[block] = largest / 127;
    const inverse = largest === 0 ? 0 : Math.fround(127 / largest);
    for (const [i, value] of part.entries()) codes[block * blockSize + i] = roundHalfEven(Math.fround(value * inverse));
  }
  return { codes, scales };
}

function blockedDot(
  row: BlockedRow,
  weights: Int16Array,
  scales: Float32Array,
  column: number,
  { blocks, blockSize }: BlockedSizes,
): number {
  let total = 0;
  for (let block = 0; block < blocks; block++) {
    const start = block * blockSize;
    const weightStart = (column * blocks + block) * blockSize;
    let sum = 0;
    for (let i = 0; i < blockSize; i++) sum += (row.codes[start + i] as number) * (weights[weightStart + i] as number);
    total += sum * (row.scales[block] as number) * (scales[column * blocks + block] as number);
  }
  return total;
}
