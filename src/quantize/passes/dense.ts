import type { Graph, Node } from "../../ir/graph.js";
import { transposed } from "../../tensor/layout.js";
import type { Tensor } from "../../tensor/tensor.js";
import { onlyConsumer, type Uses } from "./rewrite.js";

/** A dense layer: `output = input x matrix + bias`, as Gemm, MatMul, or MatMul and the Add of its bias. */
export interface Dense {
  readonly node: Node;
  readonly input: string;
  /** Name of the weight in the float graph. */
  readonly weight: string;
  /** [K, N] */
  readonly matrix: Tensor<"float32">;
  /** [N] */
  readonly bias?: { readonly name: string; readonly tensor: Tensor<"float32"> };
  readonly output: string;
  /** The Add of the bias, which becomes part of the layer. */
  readonly absorbed: readonly Node[];
}

/** The dense layer that starts at `node`; undefined when it is none, or one whose weights are not constant. */
export function denseOf(node: Node, graph: Graph, uses: Uses): Dense | undefined {
  if (node.domain !== "") return undefined;
  if (node.opType === "Gemm") return gemm(node, graph);
  return node.opType === "MatMul" ? matMul(node, graph, uses) : undefined;
}

function gemm(node: Node, graph: Graph): Dense | undefined {
  const { alpha = 1, beta = 1, transA = 0, transB = 0 } = node.attributes;
  const [input = "", weight = "", biasName = ""] = node.inputs;
  const stored = matrixOf(graph, weight);
  if (!stored || alpha !== 1 || beta !== 1 || transA !== 0 || graph.initializers.has(input)) return undefined;
  const matrix = transB === 0 ? stored : transposed(stored, [1, 0]);
  const bias = biasName === "" ? undefined : biasOf(graph, biasName, matrix);
  if (biasName !== "" && !bias) return undefined;
  return { node, input, weight, matrix, ...(bias ? { bias } : {}), output: node.outputs[0] ?? "", absorbed: [] };
}

function matMul(node: Node, graph: Graph, uses: Uses): Dense | undefined {
  const [input = "", weight = ""] = node.inputs;
  const matrix = matrixOf(graph, weight);
  const output = node.outputs[0] ?? "";
  if (!matrix || graph.initializers.has(input)) return undefined;
  const plain: Dense = { node, input, weight, matrix, output, absorbed: [] };
  const add = onlyConsumer(output, uses);
  if (add?.opType !== "Add" || add.layer !== node.layer) return plain;
  const bias = biasOf(graph, add.inputs.find((name) => name !== output) ?? "", matrix);
  return bias ? { ...plain, bias, output: add.outputs[0] ?? "", absorbed: [add] } : plain;
}

function matrixOf(graph: Graph, name: string): Tensor<"float32"> | undefined {
  const t = graph.initializers.get(name);
  return t && isFloat(t) && t.shape.length === 2 && t.data.length > 0 ? t : undefined;
}

/** A constant [N] or [1, ..., N] that every row of the product gets added. */
function biasOf(graph: Graph, name: string, matrix: Tensor): Dense["bias"] {
  const t = graph.initializers.get(name);
  if (!t || !isFloat(t)) return undefined;
  const columns = matrix.shape[1] ?? 0;
  const fits = t.shape.length <= 2 && t.shape.at(-1) === columns && t.data.length === columns;
  return fits ? { name, tensor: { ...t, shape: [columns] } } : undefined;
}

/** Whether a tensor holds float32, which alone is quantized. */
export function isFloat(t: Tensor): t is Tensor<"float32"> {
  return t.dtype === "float32";
}
