import { Float16Array } from "@petamoriken/float16";
import type { Attribute, Graph, Node } from "../../ir/graph.js";
import { isNormalHalf } from "../../tensor/float16.js";
import { elementCount, type Tensor, tensor, tensorFrom } from "../../tensor/tensor.js";
import { checkFinite, type GroupedRows, packRows, quantizeRows, suffix } from "../weights.js";
import { isFloat } from "./dense.js";
import type { Rewrite } from "./rewrite.js";

/**
 * Inputs that hold weights, by operator, and how many leading dimensions of a weight count its rows; dense layers, whose
 * rows are columns, apart.
 */
export const weightInputs: Readonly<Record<string, { readonly inputs: readonly number[]; readonly rowAxes: number }>> =
  {
    Conv: { inputs: [1], rowAxes: 1 },
    ConvTranspose: { inputs: [1], rowAxes: 1 },
    Gather: { inputs: [0], rowAxes: 1 },
    LSTM: { inputs: [1, 2], rowAxes: 2 },
    GRU: { inputs: [1, 2], rowAxes: 2 },
    RNN: { inputs: [1, 2], rowAxes: 2 },
  };

/** Below this many elements the nodes that decode a weight cost more bytes than its codes save. */
export const SMALLEST_WEIGHT = 1024;

/** ONNX's TensorProto.FLOAT. */
export const FLOAT = 1;

export interface Storage {
  readonly graph: Graph;
  readonly bits: 2 | 4 | 8;
  readonly group: number;
  readonly rewrite: Rewrite;
  /** Weights already stored, and the values that hold them decoded; the caller keeps it for the whole graph. */
  readonly stored: Map<string, string>;
}

/**
 * The node with its weights stored as codes by groups and decoded by plain operators, which onnxruntime folds into
 * float constants once, while it loads. So the file is small and the float kernel as fast as before;
 * DequantizeLinear is not folded by onnxruntime and takes its fast convolution layout away (1.4 times slower).
 */
export function storeWeights(node: Node, storage: Storage): Node {
  const found = node.domain === "" ? weightInputs[node.opType] : undefined;
  if (!found) return node;
  const inputs = node.inputs.map((name, index) => {
    const weight = found.inputs.includes(index) ? storage.graph.initializers.get(name) : undefined;
    if (!weight || !isFloat(weight) || weight.data.length < SMALLEST_WEIGHT) return name;
    if (weight.shape.length <= found.rowAxes) return name;
    const key = `${name}:${storage.bits}`;
    const decoded = storage.stored.get(key) ?? decode(name, weight, found.rowAxes, node, storage);
    storage.stored.set(key, decoded);
    return decoded;
  });
  return { ...node, inputs };
}

/** A float32 constant stored as float16 where that is exact for every scale; the name of the float32 value. */
export function storeScales(
  name: string,
  shape: readonly number[],
  scale: Float32Array,
  reader: Node,
  rewrite: Rewrite,
): string {
  if (!scale.every(isNormalHalf)) return rewrite.constant(name, tensor("float32", shape, scale));
  const half = tensor("float16", shape, new Uint16Array(new Float16Array(scale).buffer));
  return stepsFor(name, reader, rewrite)("Cast", [rewrite.constant(name, half)], { to: FLOAT });
}

export type Step = (
  opType: string,
  inputs: readonly string[],
  attributes?: Readonly<Record<string, Attribute>>,
) => string;

/** Adds nodes of one output each, named after the weight, with the layer of the node that reads it. */
export function stepsFor(weight: string, reader: Node, rewrite: Rewrite): Step {
  const layer = reader.layer === undefined ? {} : { layer: reader.layer };
  return (opType, inputs, attributes = {}) => {
    const output = rewrite.freeName(`${weight}:${opType.toLowerCase()}`);
    rewrite.add({ name: output, opType, domain: "", inputs, outputs: [output], attributes, ...layer });
    return output;
  };
}

/** Rows are cut into equal groups of at most `group`, so that next to nothing is filled up. */
export function evenGroup(length: number, group: number, codesPerByte: number): number {
  const size = Math.ceil(length / Math.ceil(length / group));
  return Math.ceil(size / codesPerByte) * codesPerByte;
}

function decode(name: string, weight: Tensor<"float32">, rowAxes: number, reader: Node, storage: Storage): string {
  const { bits, group, rewrite } = storage;
  checkFinite(name, weight, reader.layer);
  const rowCount = elementCount(weight.shape.slice(0, rowAxes));
  const length = weight.data.length / rowCount;
  const size = evenGroup(length, group, 8 / bits);
  const rows = quantizeRows(weight.data as Float32Array, rowCount, { bits, size });
  const step = stepsFor(name, reader, rewrite);
  const codes = bits === 8 ? signedCodes(name, rows, step, rewrite) : unpackedCodes(name, rows, step, rewrite);
  const scale = storeScales(name + suffix.scale, [rowCount, rows.groups, 1], rows.scale, reader, rewrite);
  const real = step("Mul", [codes, scale]);
  const padded = rows.groups * size;
  if (padded === length) return step("Reshape", [real, shapeOf(weight.shape, rewrite)]);
  const flat = step("Reshape", [real, shapeOf([rowCount, padded], rewrite)]);
  const cut = step("Slice", [flat, shapeOf([0], rewrite), shapeOf([length], rewrite), shapeOf([1], rewrite)]);
  return step("Reshape", [cut, shapeOf(weight.shape, rewrite)]);
}

/** float32 [rows, groups, size] from int8 codes. */
function signedCodes(name: string, { rows, groups, size, codes }: GroupedRows, step: Step, rewrite: Rewrite): string {
  const stored = rewrite.constant(name + suffix.codes, tensor("int8", [rows, groups, size], codes));
  return step("Cast", [stored], { to: FLOAT });
}

/** float32 [rows, groups, size] from bytes of 8 / bits codes, the first in the lowest bits: digits of base 2^bits. */
function unpackedCodes(name: string, rows: GroupedRows, step: Step, rewrite: Rewrite): string {
  const { bits } = rows;
  const number = (value: number) => rewrite.constant(`decode:${value}`, tensorFrom("float32", [], [value]));
  const packed = packRows(rows);
  const stored = rewrite.constant(name + suffix.codes, { ...packed, shape: [...packed.shape, 1] });
  let rest = step("Cast", [stored], { to: FLOAT });
  const digits: string[] = [];
  for (let i = 1; i < 8 / bits; i++) {
    const quotient = step("Floor", [step("Mul", [rest, number(2 ** -bits)])]);
    digits.push(step("Sub", [rest, step("Mul", [quotient, number(2 ** bits)])]));
    rest = quotient;
  }
  const together = step("Concat", [...digits, rest], { axis: 3 });
  const unsigned = step("Reshape", [together, shapeOf([rows.rows, rows.groups, rows.size], rewrite)]);
  return step("Sub", [unsigned, number(2 ** (bits - 1))]);
}

function shapeOf(sizes: readonly number[], rewrite: Rewrite): string {
  return rewrite.constant(`shape:[${sizes.join(",")}]`, tensorFrom("int64", [sizes.length], sizes));
}
