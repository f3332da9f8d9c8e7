import type { Graph, Node, ValueType } from "../../../ir/graph.js";
import type { Tensor } from "../../../tensor/tensor.js";
import { type Dense, denseOf, isFloat } from "../dense.js";
import { onlyConsumer, type Uses } from "../rewrite.js";

/** A convolution with constant weights [O, I / group, k...] and bias [O]. */
export interface Convolution {
  readonly node: Node;
  readonly input: string;
  readonly weight: string;
  readonly kernel: Tensor<"float32">;
  readonly bias?: { readonly name: string; readonly tensor: Tensor<"float32"> };
}

interface Placed {
  readonly node: Node;
  /** Activations that it reads; constants are not among them. */
  readonly inputs: readonly string[];
  /** What it makes once `absorbed` are part of it. */
  readonly output: string;
  /** Nodes that become part of it: the Add of a bias, a Relu or Clip that the output's range does. */
  readonly absorbed: readonly Node[];
}

/**
 * What a node of the float graph can become on codes.
 * conv and dense: products with int8 weights, they start quantized regions.
 * pointwise: an operator with a kernel that takes codes and requantizes, worth it when its inputs are codes already.
 * move: it only moves, repeats or selects values, so it gives codes back with the parameters of its input.
 */
export type Role =
  | (Placed & { readonly kind: "conv"; readonly convolution: Convolution })
  | (Placed & { readonly kind: "dense"; readonly dense: Dense })
  | (Placed & { readonly kind: "pointwise"; readonly opType: string })
  | (Placed & { readonly kind: "move"; readonly outputs: readonly string[] });

/** What role lookup needs to know of a graph. */
export interface Context {
  readonly graph: Graph;
  readonly uses: Uses;
  readonly types: ReadonlyMap<string, ValueType>;
  /** Nodes that stay in float whatever they could be (`keep` rules). */
  readonly staysFloat: (node: Node) => boolean;
}

/** The role of a node; undefined when it has none and stays in float. */
export function roleOf(node: Node, context: Context): Role | undefined {
  if (node.domain !== "" || context.staysFloat(node)) return undefined;
  return product(node, context) ?? pointwise(node, context) ?? move(node, context);
}

function product(node: Node, context: Context): Role | undefined {
  const convolution = convolutionOf(node, context);
  if (convolution) {
    const inputs = [convolution.input];
    return { kind: "conv", convolution, node, inputs, ...absorb(node.outputs[0] ?? "", [], context) };
  }
  const dense = denseOf(node, context.graph, context.uses);
  if (!dense || (context.types.get(dense.input)?.shape.length ?? 0) < 2) return undefined;
  return { kind: "dense", dense, node, inputs: [dense.input], ...absorb(dense.output, dense.absorbed, context) };
}

function convolutionOf(node: Node, { graph, types }: Context): Convolution | undefined {
  if (node.opType !== "Conv") return undefined;
  const [input = "", weight = "", biasName = ""] = node.inputs;
  const kernel = graph.initializers.get(weight);
  if (!kernel || !isFloat(kernel) || graph.initializers.has(input) || types.get(input)?.dtype !== "float32") return;
  if (biasName === "") return { node, input, weight, kernel };
  const bias = graph.initializers.get(biasName);
  return bias && isFloat(bias) ? { node, input, weight, kernel, bias: { name: biasName, tensor: bias } } : undefined;
}

/** Operators whose com.microsoft kernel reads and writes codes, and how many activations they read. */
export const pointwiseOperators: Readonly<Record<string, string>> = {
  Add: "QLinearAdd",
  Mul: "QLinearMul",
  Concat: "QLinearConcat",
  AveragePool: "QLinearAveragePool",
  GlobalAveragePool: "QLinearGlobalAveragePool",
  LeakyRelu: "QLinearLeakyRelu",
  Sigmoid: "QLinearSigmoid",
};

/** Pointwise operators that may take a range [0, max] on, and so a Relu or Clip that follows. */
const absorbing = new Set(["Add", "Mul", "Concat", "AveragePool", "GlobalAveragePool"]);

function pointwise(node: Node, context: Context): Role | undefined {
  const opType = pointwiseOperators[node.opType];
  const { graph, types } = context;
  if (!opType) return undefined;
  const inputs = node.inputs.filter((name) => !graph.initializers.has(name));
  const legal =
    inputs.length > 0 &&
    node.inputs.every(
      (name) => types.get(name)?.dtype === "float32" && (graph.initializers.get(name)?.data.length ?? 1) > 0,
    );
  if (!legal || !legalPool(node)) return undefined;
  const output = node.outputs[0] ?? "";
  const placed = absorbing.has(node.opType) ? absorb(output, [], context) : { output, absorbed: [] };
  return { kind: "pointwise", opType, node, inputs, ...placed };
}

/** QLinearAveragePool has no dilations. */
function legalPool({ opType, attributes: { dilations } }: Node): boolean {
  return opType !== "AveragePool" || !Array.isArray(dilations) || dilations.every((step) => step === 1);
}

/** Operators that run on uint8 codes as they are; the input at place 0 is the data. */
export const moves: ReadonlySet<string> = new Set([
  "Reshape",
  "Transpose",
  "Flatten",
  "Squeeze",
  "Unsqueeze",
  "Identity",
  "MaxPool",
  "Slice",
  "Split",
  "Gather",
  "Expand",
  "Tile",
  "Pad",
  "Resize",
]);

function move(node: Node, { graph, types, uses }: Context): Role | undefined {
  const [input = ""] = node.inputs;
  if (!moves.has(node.opType) || graph.initializers.has(input) || types.get(input)?.dtype !== "float32")
    return undefined;
  if (node.opType === "Pad" && !padsWithZero(node, graph)) return undefined;
  if (node.opType === "Resize" && node.attributes.mode !== undefined && node.attributes.mode !== "nearest")
    return undefined;
  const outputs = node.outputs.filter((name) => name !== "");
  // MaxPool's second output is indices, which are no codes.
  if (node.opType === "MaxPool" && outputs.slice(1).some((name) => uses.consumers.has(name) || uses.isOutput(name))) {
    return undefined;
  }
  return { kind: "move", node, inputs: [input], output: outputs[0] ?? "", outputs, absorbed: [] };
}

function padsWithZero({ attributes, inputs }: Node, graph: Graph): boolean {
  if (attributes.mode !== undefined && attributes.mode !== "constant") return true;
  const value = inputs[2] ?? "";
  return value === "" || Number(graph.initializers.get(value)?.data[0] ?? Number.NaN) === 0;
}

/**
 * Follows a chain of Relu and Clip that the codes' range can do: codes saturate at the ends of the range, and 0 is one
 * of them after Relu (zero point 0). That is exact, so a `keep` rule for the layer of the Relu alone changes nothing.
 */
function absorb(first: string, before: readonly Node[], context: Context): Pick<Placed, "output" | "absorbed"> {
  const absorbed = [...before];
  let output = first;
  for (;;) {
    const next = onlyConsumer(output, context.uses);
    if (!next || !isSaturation(next, context.graph) || next.inputs[0] !== output) break;
    absorbed.push(next);
    output = next.outputs[0] ?? "";
  }
  return { output, absorbed };
}

/** Whether a node is Relu, or Clip to constant limits with 0 between them. */
export function isSaturation({ opType, domain, inputs }: Node, graph: Graph): boolean {
  if (domain !== "" || (opType !== "Relu" && opType !== "Clip")) return false;
  if (opType === "Relu") return true;
  const limit = (index: number, absent: number) => {
    const name = inputs[index] ?? "";
    return name === "" ? absent : Number(graph.initializers.get(name)?.data[0] ?? Number.NaN);
  };
  return limit(1, Number.NEGATIVE_INFINITY) <= 0 && limit(2, Number.POSITIVE_INFINITY) >= 0;
}
