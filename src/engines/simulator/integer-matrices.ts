import { float32Of, given, numberOf, type TensorInputs } from "../../ir/operators/define.js";
import { scaleOf, scalesOf, zeroPointOf } from "../../ir/operators/quantized.js";
import { requantizeMultiplier } from "../../tensor/affine.js";
import { elementCount, type Tensor, tensor, zeros } from "../../tensor/tensor.js";
import { dynamicCodes } from "./codes.js";
import { requantize, scaleSums } from "./finish.js";
import {
  copyRows,
  isEmpty,
  type MatrixSizes,
  matrixPacker,
  matrixSizes,
  multiplyRows,
  type PackOptions,
} from "./matrix.js";
import type { NodeContext, PrepareNode, RunNode } from "./node.js";

/**
 * Matrix products of 8-bit codes. Codes minus zero points are int16, sums int32: the arithmetic of the operators, in which
 * the order of a sum does not matter. Each falls back to its operator where there is nothing to sum.
 */

/** The rows of a product: codes, and their zero point. */
interface CodeRows {
  readonly codes: Tensor;
  readonly zeroPoint: number;
}

/** What makes a result of sums [count, width] that begin at row `first`. */
type Store = (sums: number, first: number, count: number, width: number) => void;

/**
 * Prepares a product with the codes at `options.b`. With pair sums of int16 the rows keep their zero point, as the kernels
 * have it, and each column starts with what that adds too much; weights of uint8 have kernels that do not saturate.
 */
function integerProduct(context: NodeContext, options: PackOptions) {
  const packed = matrixPacker(context, "i16", options);
  return (
    inputs: TensorInputs,
    { codes, zeroPoint }: CodeRows,
    { rows, inner, columns, starts }: MatrixSizes,
    bias: ArrayLike<number> | undefined,
    store: Store,
  ) => {
    const { memory } = context;
    const saturates = pairsSaturate(context, given(inputs, options.b, "b"), inputs, options.points);
    const point = saturates ? rawPoint(codes) : zeroPoint;
    const own = saturates ? context : { ...context, pairSums: "int32" as const };
    for (const [i, { a, b }] of starts.entries()) {
      const mark = memory.mark();
      const { columns: right, sums: ofColumns } = packed(inputs, b);
      const begin = startOfColumns(columns, bias, ofColumns, zeroPoint - point);
      const left = { a: codes.data as Uint8Array, start: a, rows, inner, point };
      multiplyRows(own, left, right, begin, (sums, first, count) => store(sums, i * rows + first, count, right.width));
      memory.release(mark);
    }
  };
}

/** Whether neighbouring products are summed in 16 bits: where the kernel takes signed weights with zero points of 0. */
export function pairsSaturate(
  { pairSums }: NodeContext,
  weights: Tensor,
  inputs: TensorInputs,
  points: number | undefined,
): boolean {
  const zeroPoints = points === undefined ? undefined : inputs[points];
  return pairSums === "int16" && weights.dtype === "int8" && !zeroPoints?.data.some((point) => Number(point) !== 0);
}

/** What is subtracted from codes to get the unsigned ones that kernels multiply: int8 is moved up by 128. */
export const rawPoint = ({ dtype }: Tensor) => (dtype === "int8" ? -128 : 0);

/** What the int32 sums of columns begin with: the bias, and minus what rows with a zero point of `extra` add too much. */
export function startOfColumns(
  columns: number,
  bias: ArrayLike<number> | undefined,
  sums: Int32Array,
  extra: number,
): Int32Array {
  const begin = new Int32Array(columns);
  for (let j = 0; j < columns; j++) begin[j] = (bias?.[j] ?? 0) - Math.imul(extra, sums[j] as number);
  return begin;
}

/** Stores codes into a new tensor. */
function storeCodes(
  { memory }: NodeContext,
  { shape, columns }: MatrixSizes,
  output: { readonly multiplier: Float32Array; readonly zeroPoint: Tensor },
): { readonly y: Tensor; readonly store: Store } {
  const { dtype, data } = output.zeroPoint;
  const y: Tensor = zeros(dtype, shape);
  const store: Store = (sums, first, count, width) => {
    const requantization = { multiplier: output.multiplier, zeroPoint: Number(data[0]), dtype };
    const address = requantize(memory, sums, { rows: count, width }, requantization);
    const bytes = memory.u8(address, count * width);
    const from = dtype === "int8" ? new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length) : bytes;
    copyRows(from, width, y.data as Uint8Array, { start: first * columns, columns, count });
  };
  return { y, store };
}

/** Stores float32(sum) * scale + bias into a new tensor. */
function storeFloats(
  { memory }: NodeContext,
  { shape, columns }: MatrixSizes,
  scales: Float32Array,
  bias?: Float32Array,
): { readonly y: Tensor; readonly store: Store } {
  const y = zeros("float32", shape);
  const store: Store = (sums, first, count, width) => {
    const address = scaleSums(memory, sums, { rows: count, width }, scales, bias);
    copyRows(memory.f32(address, count * width), width, y.data, { start: first * columns, columns, count });
  };
  return { y, store };
}

const productScales = (a: number, b: Float32Array) => b.map((scale) => a * scale);

/** Runs `fast` unless the product is empty; then the operator itself gives the empty or constant result. */
function unlessEmpty(
  fast: (inputs: TensorInputs, sizes: MatrixSizes) => Tensor,
  sizesOf: (inputs: TensorInputs) => MatrixSizes,
  plain: RunNode,
): RunNode {
  return (inputs) => {
    const sizes = sizesOf(inputs);
    return isEmpty(sizes) ? plain(inputs) : [fast(inputs, sizes)];
  };
}

const sizesOfInputs = (a: number, b: number) => (inputs: TensorInputs) =>
  matrixSizes(given(inputs, a, "a").shape, given(inputs, b, "b").shape);

export const qLinearMatMul: PrepareNode = (context) => {
  const product = integerProduct(context, { b: 3, points: 5 });
  return unlessEmpty(
    (inputs, sizes) => {
      const [aScale, yScale] = [scaleOf(inputs, 1, "a_scale"), scaleOf(inputs, 6, "y_scale")];
      const multiplier = scalesOf(inputs, 4, "b_scale").map((scale) => requantizeMultiplier(aScale, scale, yScale));
      const { y, store } = storeCodes(context, sizes, { multiplier, zeroPoint: given(inputs, 7, "y_zero_point") });
      const rows = { codes: given(inputs, 0, "a"), zeroPoint: zeroPointOf(inputs, 2) };
      product(inputs, rows, sizes, undefined, store);
      return y;
    },
    sizesOfInputs(0, 3),
    context.plain,
  );
};

export const matMulInteger: PrepareNode = (context) => {
  const product = integerProduct(context, { b: 1, points: 3 });
  return unlessEmpty(
    (inputs, sizes) => {
      const y = zeros("int32", sizes.shape);
      const { columns } = sizes;
      const rows = { codes: given(inputs, 0, "A"), zeroPoint: zeroPointOf(inputs, 2) };
      product(inputs, rows, sizes, undefined, (sums, first, count, width) => {
        const from = context.memory.i32(sums, count * width);
        copyRows(from, width, y.data, { start: first * columns, columns, count });
      });
      return y;
    },
    sizesOfInputs(0, 1),
    context.plain,
  );
};

export const matMulIntegerToFloat: PrepareNode = (context) => {
  const product = integerProduct(context, { b: 1, points: 5 });
  return unlessEmpty(
    (inputs, sizes) => {
      const scales = productScales(scaleOf(inputs, 2, "a_scale"), scalesOf(inputs, 3, "b_scale"));
      const { y, store } = storeFloats(context, sizes, scales, inputs[6] && float32Of(inputs[6]));
      const rows = { codes: given(inputs, 0, "A"), zeroPoint: zeroPointOf(inputs, 4) };
      product(inputs, rows, sizes, undefined, store);
      return y;
    },
    sizesOfInputs(0, 1),
    context.plain,
  );
};

export const dynamicQuantizeMatMul: PrepareNode = (context) => {
  const product = integerProduct(context, { b: 1, points: 3 });
  return unlessEmpty(
    (inputs, sizes) => {
      const a = given(inputs, 0, "A");
      const { codes, scale, zeroPoint } = dynamicCodes(float32Of(a));
      const scales = productScales(scale, scalesOf(inputs, 2, "b_scale"));
      const { y, store } = storeFloats(context, sizes, scales, inputs[4] && float32Of(inputs[4]));
      product(inputs, { codes: tensor("uint8", a.shape, codes), zeroPoint }, sizes, undefined, store);
      return y;
    },
    sizesOfInputs(0, 1),
    context.plain,
  );
};

/** Rows of A as they are; a bias that is the same for all rows. Others, which no pass of ours makes, run as the operator. */
export const qGemm: PrepareNode = (context) => {
  const { attributes } = context;
  if (numberOf(attributes, "transA") !== 0) return undefined;
  const turned = numberOf(attributes, "transB") !== 0;
  const product = integerProduct(context, { b: 3, points: 5, turned });
  const sizesOf = (inputs: TensorInputs) => {
    const b = given(inputs, 3, "B").shape;
    return matrixSizes(given(inputs, 0, "A").shape, turned ? [...b].reverse() : b);
  };
  const fast = (inputs: TensorInputs, sizes: MatrixSizes) => {
    const aScale = Math.fround(numberOf(attributes, "alpha") * scaleOf(inputs, 1, "a_scale"));
    const bScales = scalesOf(inputs, 4, "b_scale");
    const yZeroPoint = inputs[8];
    const { y, store } =
      inputs[7] && yZeroPoint
        ? storeCodes(context, sizes, {
            multiplier: bScales.map((scale) => requantizeMultiplier(aScale, scale, scaleOf(inputs, 7, "y_scale"))),
            zeroPoint: yZeroPoint,
          })
        : storeFloats(context, sizes, productScales(aScale, bScales));
    const rows = { codes: given(inputs, 0, "A"), zeroPoint: zeroPointOf(inputs, 2) };
    product(inputs, rows, sizes, rowBias(inputs[6], sizes.columns), store);
    return y;
  };
  const run = unlessEmpty(fast, sizesOf, context.plain);
  return (inputs) => (isRowBias(inputs[6]) ? run(inputs) : context.plain(inputs));
};

const isRowBias = (c: Tensor | undefined) => c === undefined || elementCount(c.shape.slice(0, -1)) === 1;

/** The bias of each column; one number is repeated. */
function rowBias(c: Tensor | undefined, columns: number): Int32Array | undefined {
  if (!c) return undefined;
  const data = c.data as Int32Array;
  return data.length === columns ? data : new Int32Array(columns).fill(data[0] as number);
}
