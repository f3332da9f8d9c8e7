import { Float16Array, f16round } from "@petamoriken/float16";
import type { Attribute, Graph, Node } from "../../ir/graph.js";
import { elementCount, type Tensor, tensor, tensorFrom } from "../../tensor/tensor.js";
import { checkFinite, type GroupedRows, groupFor, packRows, quantizeRows, suffix } from "../weights.js";
import { isFloat } from "./dense.js";
import type { Rewrite } from "./rewrite.js";

/** Inputs that hold weights, by operator; the last `rowAxes`.. dimensions of a weight make up one row of groups. */
const weightInputs: Readonly<Record<string, { readonly inputs: readonly number[]; readonly rowAxes: number }>> = {
  Conv: { inputs: [1], rowAxes: 1 },
  ConvTranspose: { inputs: [1], rowAxes: 1 },
  Gather: { inputs: [0], rowAxes: 1 },
  LSTM: { inputs: [1, 2], rowAxes: 2 },
  GRU: { inputs: [1, 2], rowAxes: 2 },
  RNN: { inputs: [1, 2], rowAxes: 2 },
};

/** Below this many elements the nodes that decode a weight cost more bytes than its codes save. */
const SMALLEST_WEIGHT = 1024;

/** ONNX's TensorProto.FLOAT. */
const FLOAT = 1;

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
 * Scales are float16 where that holds them.
 */
export function storeWeights(node: Node, storage: Storage): Node {
  const found = node.domain === "" ? weightInputs[node.opType] : undefined;
  if (!found) return node;
  const inputs = node.inputs.map((name, index) => {
    const weight = storage.graph.initializers.get(name);
    if (!found.inputs.includes(index) || !weight || !isFloat(weight) || weight.data.length < SMALLEST_WEIGHT)
      return name;
    if (weight.shape.length <= found.rowAxes) return name;
    checkFinite(name, weight, node.layer);
    const rows = elementCount(weight.shape.slice(0, found.rowAxes));
    const key = `${name}:${storage.bits}:${storage.group}`;
    const decoded = storage.stored.get(key) ?? decode(name, weight, rows, node, storage);
    storage.stored.set(key, decoded);
    return decoded;
  });
  return { ...node, inputs };
}

function decode(name: string, weight: Tensor<"float32">, rowCount: number, reader: Node, storage: Storage): string {
  const { bits, group, rewrite } = storage;
  const length = weight.data.length / rowCount;
  const size = groupFor(length, group);
  const half = quantizeRows(weight.data as Float32Array, rowCount, { bits, size, roundScale: f16round });
  const fits = half.scale.every((scale) => scale >= 2 ** -14 && Number.isFinite(scale));
  const rows = fits ? half : quantizeRows(weight.data as Float32Array, rowCount, { bits, size });

  const step = (opType: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}) => {
    const output = rewrite.freeName(`${name}:${opType.toLowerCase()}`);
    const layer = reader.layer === undefined ? {} : { layer: reader.layer };
    rewrite.add({ name: output, opType, domain: "", inputs, outputs: [output], attributes, ...layer });
    return output;
  };
  const number = (value: number) => rewrite.constant(`decode:${value}`, tensorFrom("float32", [], [value]));
  const shape = (sizes: readonly number[]) =>
    rewrite.constant(`decode:[${sizes.join(",")}]`, tensorFrom("int64", [sizes.length], sizes));

  const signed = bits === 8 ? step("Cast", [codesOf(name, rows, rewrite)], { to: FLOAT }) : unpack();
  const scale = scaleValue(scalesOf());
  const real = step("Mul", [signed, scale]);
  const padded = rows.groups * size;
  if (padded === length) return step("Reshape", [real, shape(weight.shape)]);
  const flat = step("Reshape", [real, shape([rowCount, padded])]);
  const sliced = step("Slice", [flat, shape([0]), shape([length]), shape([1])]);
  return step("Reshape", [sliced, shape(weight.shape)]);

  /** [rows, groups, size] of signed codes, from bytes of 8 / bits codes, the first in the lowest bits. */
  function unpack(): string {
    const codesPerByte = 8 / bits;
    let rest = step("Cast", [codesOf(name, rows, rewrite)], { to: FLOAT });
    const digits: string[] = [];
    for (let i = 1; i < codesPerByte; i++) {
      const quotient = step("Floor", [step("Mul", [rest, number(2 ** -bits)])]);
      digits.push(step("Sub", [rest, step("Mul", [quotient, number(2 ** bits)])]));
      rest = quotient;
    }
    const together = step("Concat", [...digits, rest], { axis: 3 });
    const unsigned = step("Reshape", [together, shape([rowCount, rows.groups, size])]);
    return step("Sub", [unsigned, number(2 ** (bits - 1))]);
  }

  function scalesOf(): Tensor {
    const dims = [rowCount, rows.groups, 1];
    if (!fits) return tensor("float32", dims, rows.scale);
    return tensor("float16", dims, new Uint16Array(new Float16Array(rows.scale).buffer));
  }

  function scaleValue(scales: Tensor): string {
    const stored = rewrite.constant(name + suffix.scale, scales);
    return scales.dtype === "float16" ? step("Cast", [stored], { to: FLOAT }) : stored;
  }
}

/** int8 codes [rows, groups, size] as they are; narrower ones packed, [rows, groups, bytes, 1]. */
function codesOf(name: string, rows: GroupedRows, rewrite: Rewrite): string {
  if (rows.bits === 8) {
    return rewrite.constant(name + suffix.codes, tensor("int8", [rows.rows, rows.groups, rows.size], rows.codes));
  }
  const packed = packRows(rows);
  return rewrite.constant(name + suffix.codes, { ...packed, shape: [...packed.shape, 1] });
}
