import { type PackedBits, unpackCodes } from "../../tensor/packing.js";
import { elementCount, type Tensor, tensor } from "../../tensor/tensor.js";
import {
  type Attributes,
  defineOperator,
  expectDType,
  expectRank,
  expectShape,
  float32Of,
  given,
  int,
  integersOf,
  type KnownInputs,
  normalAxis,
  numberOf,
} from "./define.js";
import { OperatorError } from "./operator.js";

/** Sizes of a table of rows whose codes have a scale a block. */
interface TableSizes {
  readonly rows: number;
  /** Elements of a row. */
  readonly width: number;
  readonly bits: number;
  readonly blockSize: number;
  /** ceil(width / blockSize) */
  readonly blocks: number;
}

function tableSizes(data: { readonly shape: readonly (number | string)[] }, attributes: Attributes): TableSizes {
  const [rows, bytes] = data.shape;
  const [bits, blockSize] = [numberOf(attributes, "bits"), numberOf(attributes, "block_size")];
  if (typeof rows !== "number" || typeof bytes !== "number") throw new OperatorError("data must have known sizes");
  if (![2, 4, 8].includes(bits)) throw new OperatorError(`bits = ${bits}; kernels exist for 2, 4 and 8`);
  if (blockSize < 16 || !Number.isInteger(Math.log2(blockSize))) {
    throw new OperatorError(`block_size = ${blockSize} is not a power of two >= 16`);
  }
  const width = (bytes * 8) / bits;
  return { rows, width, bits, blockSize, blocks: Math.ceil(width / blockSize) };
}

/**
 * Rows of a table of codes, read back as float32: data uint8 [rows, width * bits / 8] with the first code of a byte in
 * its lowest bits, indices, scales float32 [rows, blocks]: `value = (code - 2^(bits-1)) * scale`, blocks along a row.
 * Known here: two dimensions, gathered along the first, blocks along the second, no zero points. Only the rows that are
 * asked for are decoded, so a table takes the memory of its codes.
 * @see ONNX Runtime, docs/ContribOperators.md, com.microsoft.GatherBlockQuantized
 */
export const gatherBlockQuantized = defineOperator({
  opType: "GatherBlockQuantized",
  domain: "com.microsoft",
  inputs: [3, 3],
  attributes: { bits: int(4), block_size: int(128), gather_axis: int(0), quantize_axis: int(1) },
  infer(inputs, attributes) {
    const data = given(inputs, 0, "data").type;
    const indices = given(inputs, 1, "indices").type;
    expectDType(data, ["uint8"], "data");
    expectRank(data, 2, "data");
    expectDType(indices, ["int32", "int64"], "indices");
    if (normalAxis(numberOf(attributes, "gather_axis"), 2) !== 0) throw new OperatorError("gather_axis must be 0");
    if (normalAxis(numberOf(attributes, "quantize_axis"), 2) !== 1) throw new OperatorError("quantize_axis must be 1");
    const sizes = tableSizes(data, attributes);
    expectScales(inputs, sizes);
    return [{ dtype: "float32", shape: [...indices.shape, sizes.width] }];
  },
  evaluate(inputs, attributes) {
    const data = given(inputs, 0, "data");
    const indices = given(inputs, 1, "indices");
    const sizes = tableSizes(data, attributes);
    const wanted = integersOf(indices).map((index) => rowOf(index, sizes.rows));
    const y = new Float32Array(wanted.length * sizes.width);
    for (const [i, row] of wanted.entries()) y.set(decodedRow(data, inputs[2], row, sizes), i * sizes.width);
    return [tensor("float32", [...indices.shape, sizes.width], y)];
  },
});

function expectScales(inputs: KnownInputs, { rows, blocks }: TableSizes): void {
  const scales = given(inputs, 2, "scales").type;
  expectDType(scales, ["float32"], "scales");
  expectShape(scales, [rows, blocks], "scales");
}

/** A row counted from the front; negative indices count from the end. */
function rowOf(index: number, rows: number): number {
  const row = index < 0 ? index + rows : index;
  if (row < 0 || row >= rows) throw new OperatorError(`index ${index} lies outside of ${rows} rows`);
  return row;
}

function decodedRow(data: Tensor, scales: Tensor | undefined, row: number, sizes: TableSizes): Float32Array {
  const { width, bits, blockSize, blocks } = sizes;
  const bytes = elementCount(data.shape.slice(1));
  const packed = (data.data as Uint8Array).subarray(row * bytes, (row + 1) * bytes);
  const codes = bits === 8 ? packed : unpackCodes(packed, bits as PackedBits, width);
  const perBlock = float32Of(given([scales], 0, "scales"));
  const middle = 2 ** (bits - 1);
  return Float32Array.from(codes, (code, i) => {
    return (code - middle) * (perBlock[row * blocks + Math.floor(i / blockSize)] as number);
  });
}
