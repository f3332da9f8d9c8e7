import type { Graph, Node } from "../../ir/graph.js";
import { verify } from "../../ir/verify.js";
import { transposed } from "../../tensor/layout.js";
import type { Tensor } from "../../tensor/tensor.js";
import { denseOf } from "../passes/dense.js";
import { foldConstants } from "../passes/float/fold-constants.js";
import { type Rewrite, startRewrite, usesOf } from "../passes/rewrite.js";
import { decodedWeights, weightPlaces } from "./decoded.js";

/**
 * The float graph with the weights that the codes of the quantized graph stand for: what quantizing the weights alone
 * costs. Biases stay as they are (their int32 codes are exact to half of inputScale * weightScale).
 * @param float     the graph that quantization started from
 * @param quantized what `quantizeGraph` made of it; nodes are matched by their names, which passes keep
 */
export function weightsAlone(float: Graph, quantized: Graph): Graph {
  // Weights that are stored as codes and decoded by plain operators become constants again.
  const folded = foldConstants.run(quantized);
  const counterparts = new Map(folded.nodes.map((node) => [node.name, node]));
  const rewrite = startRewrite(float);
  for (const node of float.nodes) {
    const counterpart = counterparts.get(node.name);
    rewrite.add(counterpart ? withWeightsOf(counterpart, folded, node, float, rewrite) : node);
  }
  return verify(rewrite.finish(), "weights alone");
}

function withWeightsOf(integer: Node, folded: Graph, node: Node, float: Graph, rewrite: Rewrite): Node {
  const decoded = decodedWeights(integer, folded) ?? storedWeights(integer, folded, node, float);
  const inputs = node.inputs.map((name, place) => {
    const weight = decoded.get(place);
    if (!weight) return name;
    const turned = node.opType === "Gemm" && node.attributes.transB === 1 && integer.opType !== node.opType;
    return rewrite.constant(`${name}:decoded`, turned ? transposed(weight, [1, 0]) : weight);
  });
  return { ...node, inputs };
}

/** Of a node that stayed in float, the constants that it has now in place of its own. */
function storedWeights(now: Node, folded: Graph, node: Node, float: Graph): ReadonlyMap<number, Tensor<"float32">> {
  const changed = new Map<number, Tensor<"float32">>();
  if (now.opType !== node.opType || now.domain !== node.domain) return changed;
  node.inputs.forEach((name, place) => {
    const [before, after] = [float.initializers.get(name), folded.initializers.get(now.inputs[place] ?? "")];
    if (before?.dtype !== "float32" || after?.dtype !== "float32" || before === after) return;
    changed.set(place, after as Tensor<"float32">);
  });
  return changed;
}

/**
 * The quantized graph with its products computing from the float weights: their inputs and outputs are codes as before,
 * so this is what quantizing the activations alone costs. The state of a recurrent layer stays float, as only the
 * integer kernel quantizes it between steps.
 * @returns undefined when the graph quantizes no activations
 */
export function activationsAlone(float: Graph, quantized: Graph): Graph | undefined {
  const originals = new Map(float.nodes.map((node) => [node.name, node]));
  const parts: Parts = { float, uses: usesOf(float), rewrite: startRewrite(quantized) };
  let products = 0;
  for (const node of quantized.nodes) {
    const original = originals.get(node.name);
    const replaced = original !== undefined && replaceProduct(node, original, parts);
    if (replaced) products++;
    else parts.rewrite.add(node);
  }
  return products === 0 ? undefined : verify(parts.rewrite.finish(), "activations alone");
}

interface Parts {
  readonly float: Graph;
  readonly uses: ReturnType<typeof usesOf>;
  readonly rewrite: Rewrite;
}

/** Puts the float product between decoding its input and coding its output; false when the node is no integer product. */
function replaceProduct(node: Node, original: Node, parts: Parts): boolean {
  const { rewrite } = parts;
  const { opType, inputs, outputs } = node;
  const dynamic = opType === "DynamicQuantizeMatMul" || opType === "DynamicQuantizeLSTM";
  if (!dynamic && weightPlaces[opType] === undefined) return false;
  const x = dynamic ? quantizedAtRunTime(node, parts) : decodedInput(node, parts);
  // QLinearConv, QLinearMatMul: y's scale and zero point at 6 and 7. QGemm: behind the bias, absent with a float result.
  const [scale = "", zeroPoint = ""] = opType === "QGemm" ? inputs.slice(7) : codesMade(opType) ? inputs.slice(6) : [];
  const [output = ""] = outputs;
  const result = scale === "" ? output : rewrite.freeName(`${output}:float`);
  if (opType === "DynamicQuantizeLSTM") {
    rewrite.add({
      ...original,
      inputs: [x, ...original.inputs.slice(1).map((name) => floatValue(name, parts))],
      outputs,
    });
  } else if (original.opType === "Conv") {
    const weights = original.inputs.slice(1).map((name) => floatValue(name, parts));
    rewrite.add({ ...original, inputs: [x, ...weights], outputs: [result] });
  } else addDense(node, original, x, result, parts);
  if (scale === "") return true;
  rewrite.add(plainNode(`${node.name}/QuantizeLinear`, "QuantizeLinear", [result, scale, zeroPoint], [output], node));
  return true;
}

const codesMade = (opType: string) => opType === "QLinearConv" || opType === "QLinearMatMul";

/** `x * matrix + bias` in float: a Gemm at rank 2, which QGemm's input has, else MatMul and Add. */
function addDense(node: Node, original: Node, x: string, result: string, { float, uses, rewrite }: Parts): void {
  const dense = denseOf(original, float, uses);
  if (!dense) throw new Error(`isolate: "${original.name}" is no dense layer in float`);
  const matrix = rewrite.constant(`${dense.weight}:float`, dense.matrix);
  const bias = dense.bias && rewrite.constant(`${dense.bias.name}:float`, dense.bias.tensor);
  if (bias === undefined) {
    rewrite.add(plainNode(node.name, "MatMul", [x, matrix], [result], node));
    return;
  }
  const product = rewrite.freeName(`${result}:product`);
  rewrite.add(plainNode(node.name, "MatMul", [x, matrix], [product], node));
  rewrite.add(plainNode(`${node.name}/Add`, "Add", [product, bias], [result], node));
}

/** A constant of the float graph, or a value that both graphs have. */
function floatValue(name: string, { float, rewrite }: Parts): string {
  const constant = float.initializers.get(name);
  return constant ? rewrite.constant(`${name}:float`, constant) : name;
}

/** The float value of the codes that a static product reads. */
function decodedInput(node: Node, { rewrite }: Parts): string {
  const [codes = "", second = "", third = "", , fifth = ""] = node.inputs;
  // MatMulIntegerToFloat has both operands before their scales: a, b, a_scale, b_scale, a_zero_point.
  const [scale, zeroPoint] = node.opType === "MatMulIntegerToFloat" ? [third, fifth] : [second, third];
  const value = rewrite.freeName(`${codes}:decoded`);
  rewrite.add(plainNode(`${node.name}/input`, "DequantizeLinear", [codes, scale, zeroPoint], [value], node));
  return value;
}

/** The float value of the codes that a dynamic product makes of its input. */
function quantizedAtRunTime(node: Node, { rewrite }: Parts): string {
  const [input = ""] = node.inputs;
  const names = ["codes", "scale", "zero_point", "decoded"].map((part) => rewrite.freeName(`${node.name}:${part}`));
  const [codes = "", scale = "", zeroPoint = "", value = ""] = names;
  rewrite.add(plainNode(`${node.name}/codes`, "DynamicQuantizeLinear", [input], [codes, scale, zeroPoint], node));
  rewrite.add(plainNode(`${node.name}/input`, "DequantizeLinear", [codes, scale, zeroPoint], [value], node));
  return value;
}

function plainNode(
  name: string,
  opType: string,
  inputs: readonly string[],
  outputs: readonly string[],
  { layer }: Node,
): Node {
  return { name, opType, domain: "", inputs, outputs, attributes: {}, ...(layer === undefined ? {} : { layer }) };
}
