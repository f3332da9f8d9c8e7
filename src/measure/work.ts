import { evaluateDim } from "../ir/dim.js";
import { BATCH, type Graph, type Node, type ValueType } from "../ir/graph.js";
import { inferTypes } from "../ir/infer.js";

/** Arithmetic of one run of a graph on one sample. */
export interface Work {
  /** Multiplications with an addition, of convolutions, matrix products and recurrences. */
  readonly multiplyAdds: number;
  /** Elements that all nodes together store. */
  readonly elements: number;
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
  if (recurrences.has(opType)) return count(input(0).slice(0, 2)) * (count(input(1)) + count(input(2)));
  return 0;
}
