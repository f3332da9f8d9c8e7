import { evaluateDim } from "../ir/dim.js";
import { BATCH, type Graph, type Node, type ValueType } from "../ir/graph.js";
import { inferTypes } from "../ir/infer.js";
import { bytesOf, bytesPerElement } from "../tensor/tensor.js";
import { isIntegerProduct } from "./operator-kinds.js";

/** Arithmetic of one run of a graph on one sample. */
export interface Work {
  /** Multiplications with an addition, of convolutions, matrix products and recurrences. */
  readonly multiplyAdds: number;
  /** Elements that all nodes together store. */
  readonly elements: number;
}

/** What one node of a graph computes and moves in one run. */
export interface NodeWork {
  readonly node: string;
  readonly operator: string;
  readonly layer?: string;
  /** Multiplications with an addition. */
  readonly macs: number;
  /** Whether they are of integer codes. */
  readonly integer: boolean;
  /** Bytes of constants that a product reads, as they are stored; 0 for nodes that multiply nothing. */
  readonly weightBytes: number;
  /** Bytes of the values that a product reads and writes, at their dtypes; 0 for nodes that multiply nothing. */
  readonly activationBytes: number;
  /** Of a node that multiplies nothing: the layer of the product whose result it takes on, into which an engine may fuse it. */
  readonly follows?: string;
}

/**
 * The work of each node in one run of `batch` samples; another open size is what `open` says, or 1. What multiplies nothing (activations,
 * pooling, quantizing) counts neither work nor bytes, for an engine may do it inside the product before or after it.
 */
export function nodeWork(
  graph: Graph,
  batch: number,
  open: ReadonlyMap<string, number> = new Map(),
): readonly NodeWork[] {
  const types = inferTypes(graph);
  const sizes = new Map([...open, [BATCH, batch]]);
  const shapeOf = (value: string) => shape(types.get(value), sizes);
  const producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  const elements = (value: string) =>
    types.has(value) && constantBytes(value, graph, producers) === undefined ? count(shapeOf(value)) : 0;
  const layerOf = new Map<string, string>();
  return graph.nodes.map((node): NodeWork => {
    const { name, opType: operator, inputs, outputs, layer } = node;
    const macs = productsOf(node, shapeOf);
    const [from = ""] = inputs;
    const follows = macs > 0 ? layer : layerOf.get(from);
    for (const output of outputs) if (follows !== undefined) layerOf.set(output, follows);
    const named = { node: name, operator, ...(layer === undefined ? {} : { layer }) };
    if (macs === 0) {
      const taken = follows === undefined ? {} : { follows };
      return { ...named, macs, integer: false, weightBytes: 0, activationBytes: 0, ...taken };
    }
    const pair = isQuantizedPair(node, producers);
    // The engine turns a pair into one integer kernel, which reads and writes codes of one byte.
    const bytes = (value: string) =>
      elements(value) * (pair ? 1 : bytesPerElement(types.get(value)?.dtype ?? "float32"));
    return {
      ...named,
      macs,
      integer: pair || isIntegerProduct(node),
      weightBytes: sum(inputs.map((input) => constantBytes(input, graph, producers) ?? 0)),
      activationBytes: sum([...inputs, ...outputs].map(bytes)),
    };
  });
}

type Producers = ReadonlyMap<string, Node>;

/** Stored bytes of a constant, or of what an engine makes of constants alone (dequantized or widened weights). */
function constantBytes(value: string, { initializers }: Graph, producers: Producers): number | undefined {
  const constant = initializers.get(value);
  if (constant) return bytesOf(constant).length;
  const inputs = producers.get(value)?.inputs.filter((input) => input !== "") ?? [];
  const parts = inputs.flatMap((input) => initializers.get(input) ?? []);
  if (inputs.length === 0 || parts.length < inputs.length) return undefined;
  return sum(parts.map((part) => bytesOf(part).length));
}

/** A float product of two dequantized values (QDQ form), which the engine turns into an integer one. */
function isQuantizedPair({ inputs }: Node, producers: Producers): boolean {
  return inputs.slice(0, 2).every((input) => producers.get(input)?.opType === "DequantizeLinear");
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Counts the work of a graph with a batch of 1; another open size counts as 1. */
export function graphWork(graph: Graph): Work {
  const types = inferTypes(graph);
  const sizes = new Map([[BATCH, 1]]);
  const shapeOf = (value: string) => shape(types.get(value), sizes);
  let multiplyAdds = 0;
  let elements = 0;
  for (const node of graph.nodes) {
    multiplyAdds += productsOf(node, shapeOf);
    for (const output of node.outputs) if (output !== "") elements += count(shapeOf(output));
  }
  return { multiplyAdds, elements };
}

function shape(type: ValueType | undefined, sizes: ReadonlyMap<string, number>): readonly number[] {
  return (type?.shape ?? []).map((dim) => evaluateDim(dim, sizes) ?? 1);
}

function count(sizes: readonly number[]): number {
  return sizes.reduce((product, size) => product * size, 1);
}

/** Where convolutions have their weights [outChannels, inChannels / group, ...kernel]. */
const filterInput: Readonly<Record<string, number>> = { Conv: 1, ConvInteger: 1, QLinearConv: 3 };

const products = new Set([
  "MatMul",
  "MatMulInteger",
  "QLinearMatMul",
  "DynamicQuantizeMatMul",
  "MatMulIntegerToFloat",
  "MatMulNBits",
]);

/** Recurrences have x [steps, batch, input], W and R at 0, 1 and 2. */
const recurrences = new Set(["LSTM", "GRU", "RNN", "DynamicQuantizeLSTM"]);

function productsOf(
  { opType, inputs, outputs, attributes }: Node,
  shapeOf: (value: string) => readonly number[],
): number {
  const input = (index: number) => shapeOf(inputs[index] ?? "");
  const filters = filterInput[opType];
  const outputElements = count(shapeOf(outputs[0] ?? ""));
  if (filters !== undefined) return outputElements * count(input(filters).slice(1));
  if (opType === "ConvTranspose") return count(input(0)) * count(input(1).slice(1));
  if (opType === "Gemm" || opType === "QGemm") {
    return outputElements * (input(0)[attributes.transA === 1 ? 0 : 1] ?? 1);
  }
  if (products.has(opType)) return outputElements * (input(0).at(-1) ?? 1);
  if (attentions.has(opType)) return attentionProducts(opType, attributes, input);
  if (recurrences.has(opType)) return count(input(0).slice(0, 2)) * (count(input(1)) + count(input(2)));
  return 0;
}

/** Attention has query, key and value [batch, steps, heads * size] at 0, 1 and 2, and a past of keys behind them. */
const attentions = new Set(["GroupQueryAttention", "MultiHeadAttention"]);

/** Each query with each key that it sees, and as many for the values; where later steps are hidden, half of the new ones. */
function attentionProducts(
  opType: string,
  { unidirectional }: Node["attributes"],
  input: (index: number) => readonly number[],
): number {
  const grouped = opType === "GroupQueryAttention";
  const [, queries = 1] = input(0);
  const [, fresh = 1] = input(1);
  const earlier = input(grouped ? 3 : 6)[2] ?? 0;
  const causal = grouped || unidirectional === 1;
  const seen = causal ? earlier + fresh - (queries - 1) / 2 : earlier + fresh;
  return 2 * count(input(0)) * seen;
}
