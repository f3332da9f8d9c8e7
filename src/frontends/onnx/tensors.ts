import { fail } from "../../base/diagnostic.js";
import { type TensorMessage, toBigInt, toNumber } from "../../onnx-proto/decoded.js";
import { fromBfloat16, fromFloat16 } from "../../tensor/float16.js";
import { type DType, elementCount, type Tensor, tensor } from "../../tensor/tensor.js";

/** How a stored element type becomes one of the IR's. */
interface StoredType {
  readonly name: string;
  /** Bits of one element in `raw_data`. */
  readonly bits: number;
  /** The dtype that values of this type have in the IR. */
  readonly dtype: DType;
}

/** Element types by their number in onnx.proto (`TensorProto.DataType`). */
const storedTypes: ReadonlyMap<number, StoredType> = new Map([
  [1, { name: "float32", bits: 32, dtype: "float32" }],
  [2, { name: "uint8", bits: 8, dtype: "uint8" }],
  [3, { name: "int8", bits: 8, dtype: "int8" }],
  [4, { name: "uint16", bits: 16, dtype: "uint16" }],
  [5, { name: "int16", bits: 16, dtype: "int16" }],
  [6, { name: "int32", bits: 32, dtype: "int32" }],
  [7, { name: "int64", bits: 64, dtype: "int64" }],
  [9, { name: "bool", bits: 8, dtype: "bool" }],
  [10, { name: "float16", bits: 16, dtype: "float32" }],
  [11, { name: "float64", bits: 64, dtype: "float32" }],
  [12, { name: "uint32", bits: 32, dtype: "uint32" }],
  [16, { name: "bfloat16", bits: 16, dtype: "float32" }],
  [21, { name: "uint4", bits: 4, dtype: "uint8" }],
  [22, { name: "int4", bits: 4, dtype: "int8" }],
]);

const otherNames: ReadonlyMap<number, string> = new Map([
  [0, "undefined"],
  [8, "string"],
  [13, "uint64"],
  [14, "complex64"],
  [15, "complex128"],
  [17, "float8e4m3fn"],
  [18, "float8e4m3fnuz"],
  [19, "float8e5m2"],
  [20, "float8e5m2fnuz"],
  [23, "float4e2m1"],
  [24, "float8e8m0"],
]);

/** The dtype that the IR has for an element type of a file; undefined where it has none. */
export function irType(code: number): DType | undefined {
  return storedTypes.get(code)?.dtype;
}

/** "float16", or "type 99". */
export function nameOfType(code: number): string {
  return storedTypes.get(code)?.name ?? otherNames.get(code) ?? `type ${code}`;
}

/** Whether values of this type are computed in float32 here and in another float type in the file. */
export function isNarrowed(code: number): boolean {
  return [10, 11, 16].includes(code);
}

/** Most elements of one tensor: a typed array holds no more. */
const MAX_ELEMENTS = 2 ** 31 - 1;

/** Shape, and bytes that the data takes in `raw_data` or in a file of its own. */
export interface TensorLayout {
  readonly shape: readonly number[];
  readonly elements: number;
  readonly bytes: number;
}

/**
 * What a tensor claims to be, before any of its data is looked at.
 * @throws {DiagnosticError} `onnx-tensor` for a type without a counterpart, a negative or absurd size
 */
export function layoutOf(message: TensorMessage): TensorLayout {
  const { name, dataType } = message;
  const stored = storedTypes.get(dataType);
  if (!stored) return fail("onnx-tensor", { tensor: name, reason: `its elements are ${nameOfType(dataType)}` });
  const shape = message.dims.map(toNumber);
  const elements = elementCount(shape);
  if (shape.some((size) => size < 0) || !(elements <= MAX_ELEMENTS)) {
    return fail("onnx-tensor", { tensor: name, reason: `its shape is [${shape.join(", ")}]` });
  }
  return { shape, elements, bytes: Math.ceil((elements * stored.bits) / 8) };
}

/**
 * A tensor of the file as one of the IR: 16- and 64-bit floats become float32, 4-bit integers a byte each. The data is
 * copied, so that the file's bytes can be let go.
 * @param external the data where it lies in a file of its own
 * @throws {DiagnosticError} `onnx-tensor` when data and shape do not go together, `model-weight-not-finite` for NaN
 */
export function toTensor(message: TensorMessage, external?: Uint8Array): Tensor {
  const layout = layoutOf(message);
  const raw = external ?? message.rawData;
  const read = raw.length > 0 || layout.elements === 0 ? fromBytes(message, raw, layout) : fromLists(message, layout);
  return withoutNaN(message.name, read);
}

function refuseLength(message: TensorMessage, { shape }: TensorLayout, found: string): never {
  const wanted = `${nameOfType(message.dataType)} [${shape.join(", ")}]`;
  return fail("onnx-tensor", { tensor: message.name, reason: `it holds ${found}, which is not ${wanted}` });
}

function fromBytes(message: TensorMessage, raw: Uint8Array, layout: TensorLayout): Tensor {
  const { shape, bytes, elements } = layout;
  if (raw.length !== bytes) return refuseLength(message, layout, `${raw.length} bytes`);
  if (message.dataType === 21 || message.dataType === 22) return nibbles(message.dataType, raw, shape, elements);
  // Typed arrays need aligned bytes.
  const buffer = new Uint8Array(raw).buffer;
  switch (message.dataType) {
    case 2:
      return tensor("uint8", shape, new Uint8Array(buffer));
    case 3:
      return tensor("int8", shape, new Int8Array(buffer));
    case 4:
      return tensor("uint16", shape, new Uint16Array(buffer));
    case 5:
      return tensor("int16", shape, new Int16Array(buffer));
    case 6:
      return tensor("int32", shape, new Int32Array(buffer));
    case 7:
      return tensor("int64", shape, new BigInt64Array(buffer));
    case 9:
      return tensor("bool", shape, new Uint8Array(buffer).map(truth));
    case 10:
      return tensor("float32", shape, fromFloat16(new Uint16Array(buffer)));
    case 11:
      return tensor("float32", shape, Float32Array.from(new Float64Array(buffer)));
    case 12:
      return tensor("uint32", shape, new Uint32Array(buffer));
    case 16:
      return tensor("float32", shape, fromBfloat16(new Uint16Array(buffer)));
    default:
      return tensor("float32", shape, new Float32Array(buffer));
  }
}

const truth = (value: number): number => (value === 0 ? 0 : 1);

/** Two elements a byte, the first in the low half. */
function nibbles(type: number, raw: Uint8Array, shape: readonly number[], elements: number): Tensor {
  const code = (i: number) => ((raw[i >> 1] as number) >> (4 * (i % 2))) & 15;
  if (type === 21)
    return tensor(
      "uint8",
      shape,
      Uint8Array.from({ length: elements }, (_, i) => code(i)),
    );
  return tensor(
    "int8",
    shape,
    Int8Array.from({ length: elements }, (_, i) => (code(i) << 28) >> 28),
  );
}

/** The data of a tensor that has it in `float_data`, `int32_data` or the like; which one, its type says. */
function fromLists(message: TensorMessage, layout: TensorLayout): Tensor {
  const { shape, elements } = layout;
  const sized = <T extends { readonly length: number }>(list: T): T => {
    if (list.length !== elements) return refuseLength(message, layout, `${list.length} numbers`);
    return list;
  };
  switch (message.dataType) {
    case 1:
      return tensor("float32", shape, Float32Array.from(sized(message.floatData)));
    case 7:
      return tensor("int64", shape, BigInt64Array.from(sized(message.int64Data), toBigInt));
    case 10:
      return tensor("float32", shape, fromFloat16(Uint16Array.from(sized(message.int32Data))));
    case 11:
      return tensor("float32", shape, Float32Array.from(sized(message.doubleData)));
    case 12:
      return tensor("uint32", shape, Uint32Array.from(sized(message.uint64Data), toNumber));
    case 16:
      return tensor("float32", shape, fromBfloat16(Uint16Array.from(sized(message.int32Data))));
    case 21:
    case 22: {
      const packed = Uint8Array.from(message.int32Data);
      if (packed.length !== layout.bytes) return refuseLength(message, layout, `${packed.length} bytes`);
      return nibbles(message.dataType, packed, shape, elements);
    }
    default:
      return fromSmallIntegers(message.dataType, sized(message.int32Data), shape);
  }
}

function fromSmallIntegers(type: number, values: readonly number[], shape: readonly number[]): Tensor {
  switch (type) {
    case 2:
      return tensor("uint8", shape, Uint8Array.from(values));
    case 3:
      return tensor("int8", shape, Int8Array.from(values));
    case 4:
      return tensor("uint16", shape, Uint16Array.from(values));
    case 5:
      return tensor("int16", shape, Int16Array.from(values));
    case 9:
      return tensor("bool", shape, Uint8Array.from(values, truth));
    default:
      return tensor("int32", shape, Int32Array.from(values));
  }
}

/** Infinities are legal: masks of attention have them. Quantization refuses weights with them by itself. */
function withoutNaN(name: string, read: Tensor): Tensor {
  if (!(read.data instanceof Float32Array)) return read;
  let nan = 0;
  for (const value of read.data) if (Number.isNaN(value)) nan++;
  if (nan > 0) fail("model-weight-not-finite", { weight: name, nan, infinite: 0, of: read.data.length });
  return read;
}
