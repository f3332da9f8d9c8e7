/** Element types, in ONNX's words. `bool` is one byte of 0 or 1; `float16` and `bfloat16` are raw 16-bit codes. */
export type DType =
  | "float32"
  | "float64"
  | "float16"
  | "bfloat16"
  | "int8"
  | "uint8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "bool";

interface ArrayOf {
  float32: Float32Array;
  float64: Float64Array;
  float16: Uint16Array;
  bfloat16: Uint16Array;
  int8: Int8Array;
  uint8: Uint8Array;
  int16: Int16Array;
  uint16: Uint16Array;
  int32: Int32Array;
  uint32: Uint32Array;
  int64: BigInt64Array;
  bool: Uint8Array;
}

export type TensorData<D extends DType = DType> = ArrayOf[D];

/** A dense row-major tensor: `data.length` is the product of `shape`; a scalar has shape []. Treated as immutable. */
export interface Tensor<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: TensorData<D>;
}

const constructors = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
} as const;

/** Number of elements of a shape; 1 for []. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Bytes of one element. */
export function bytesPerElement(dtype: DType): number {
  return constructors[dtype].BYTES_PER_ELEMENT;
}

/**
 * A tensor over `data`, which is not copied.
 * @throws {RangeError} when `data.length` is not the product of `shape`: a fault of ours, never of the user.
 */
export function tensor<D extends DType>(dtype: D, shape: readonly number[], data: TensorData<D>): Tensor<D> {
  if (data.length !== elementCount(shape)) {
    throw new RangeError(`${data.length} elements do not fill shape [${shape.join(", ")}]`);
  }
  return { dtype, shape, data };
}

/** A tensor of `dtype` from numbers, each converted as the typed array converts (float32 rounds, integers wrap). */
export function tensorFrom<D extends DType>(dtype: D, shape: readonly number[], values: Iterable<number>): Tensor<D> {
  const data =
    dtype === "int64"
      ? BigInt64Array.from(values, (value) => BigInt(Math.trunc(value)))
      : (constructors[dtype] as Float32ArrayConstructor).from(values);
  return tensor(dtype, shape, data as TensorData<D>);
}

/** A tensor of zeros. */
export function zeros<D extends DType>(dtype: D, shape: readonly number[]): Tensor<D> {
  return tensor(dtype, shape, new constructors[dtype](elementCount(shape)) as TensorData<D>);
}

/** The bytes of a tensor, little-endian, without a copy. */
export function bytesOf(t: Tensor): Uint8Array {
  return new Uint8Array(t.data.buffer, t.data.byteOffset, t.data.byteLength);
}
