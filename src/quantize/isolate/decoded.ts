import type { Graph, Node } from "../../ir/graph.js";
import { dequantize } from "../../tensor/affine.js";
import { reshaped, transposed } from "../../tensor/layout.js";
import { type PackedBits, unpackCodes } from "../../tensor/packing.js";
import { type Tensor, tensor } from "../../tensor/tensor.js";
import { columnsAsRows } from "../weights.js";

/** Where integer products have the codes of their weights, the scale and the zero point ("" or absent: 0). */
export const weightPlaces: Readonly<
  Record<string, { readonly codes: number; readonly scale: number; readonly zeroPoint: number; readonly axis: number }>
> = {
  QLinearConv: { codes: 3, scale: 4, zeroPoint: 5, axis: 0 },
  QLinearMatMul: { codes: 3, scale: 4, zeroPoint: 5, axis: 1 },
  QGemm: { codes: 3, scale: 4, zeroPoint: 5, axis: 1 },
  MatMulIntegerToFloat: { codes: 1, scale: 3, zeroPoint: 5, axis: 1 },
  DynamicQuantizeMatMul: { codes: 1, scale: 2, zeroPoint: 3, axis: 1 },
};

/**
 * The float weights that the codes of an integer node stand for, by the input of the float operator that they replace:
 * Conv [O, I / group, k...] and MatMul or Gemm [K, N] at 1, LSTM [directions, 4 * hidden, ...] at 1 and 2.
 * Undefined where the node has no weights as codes.
 */
export function decodedWeights(node: Node, graph: Graph): ReadonlyMap<number, Tensor<"float32">> | undefined {
  if (node.opType === "MatMulNBits") return new Map([[1, blockedWeight(node, graph)]]);
  if (node.opType === "DynamicQuantizeLSTM") {
    return new Map([
      [1, recurrentWeight(node, graph, { codes: 1, scale: 8, zeroPoint: 9 })],
      [2, recurrentWeight(node, graph, { codes: 2, scale: 10, zeroPoint: 11 })],
    ]);
  }
  const places = weightPlaces[node.opType];
  if (!places) return undefined;
  const codes = constant(node, places.codes, graph);
  const scale = constant(node, places.scale, graph).data as Float32Array;
  const axis = scale.length === 1 ? {} : { axis: places.axis };
  return new Map([[1, decode(codes, scale, zeroPointsOf(node, places.zeroPoint, scale.length, graph), axis)]]);
}

function decode(
  codes: Tensor,
  scale: Float32Array,
  zeroPoint: Int32Array,
  axis: { readonly axis?: number },
): Tensor<"float32"> {
  return dequantize(codes, { dtype: codes.dtype === "uint8" ? "uint8" : "int8", scale, zeroPoint, ...axis });
}

function constant(node: Node, place: number, graph: Graph): Tensor {
  const found = graph.initializers.get(node.inputs[place] ?? "");
  if (!found) throw new Error(`isolate: input ${place} of node "${node.name}" is no constant`);
  return found;
}

function zeroPointsOf(node: Node, place: number, count: number, graph: Graph): Int32Array {
  const name = node.inputs[place] ?? "";
  const given = name === "" ? undefined : constant(node, place, graph).data;
  return Int32Array.from({ length: count }, (_, i) => Number(given?.[given.length === 1 ? 0 : i] ?? 0));
}

/** W and R of DynamicQuantizeLSTM [directions, input, 4 * hidden] as LSTM has them: [directions, 4 * hidden, input]. */
function recurrentWeight(
  node: Node,
  graph: Graph,
  places: { readonly codes: number; readonly scale: number; readonly zeroPoint: number },
): Tensor<"float32"> {
  const turned = transposed(constant(node, places.codes, graph), [0, 2, 1]);
  const scale = constant(node, places.scale, graph).data as Float32Array;
  const rows = reshaped(turned, [scale.length, turned.data.length / scale.length]);
  const axis = scale.length === 1 ? {} : { axis: 0 };
  const real = decode(rows, scale, zeroPointsOf(node, places.zeroPoint, scale.length, graph), axis);
  return reshaped(real, turned.shape);
}

/** The matrix [K, N] of MatMulNBits, whose codes are unsigned with 2^(bits - 1) for 0. */
function blockedWeight(node: Node, graph: Graph): Tensor<"float32"> {
  const [k, n] = [Number(node.attributes.K), Number(node.attributes.N)];
  const [bits, size] = [Number(node.attributes.bits) as PackedBits, Number(node.attributes.block_size)];
  const blocks = Math.ceil(k / size);
  const codes = unpackCodes(constant(node, 1, graph).data as Uint8Array, bits, n * blocks * size);
  const scale = constant(node, 2, graph).data as Float32Array;
  const rows = new Float32Array(n * k);
  for (let row = 0; row < n; row++) {
    for (let i = 0; i < k; i++) {
      const code = (codes[row * blocks * size + i] as number) - 2 ** (bits - 1);
      rows[row * k + i] = code * (scale[row * blocks + Math.floor(i / size)] as number);
    }
  }
  return tensor("float32", [k, n], columnsAsRows(tensor("float32", [n, k], rows)));
}
