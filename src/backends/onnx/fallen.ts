import type { Graph, Node } from "../../ir/graph.js";
import { INTEGER_ACCURACY_LEVEL, integerBlocks } from "./kernels.js";
import type { OnnxNode } from "./read.js";

/** A node that was planned as integer and ran as float. */
export interface Fallen {
  readonly node: string;
  /** Layer of the user's model. */
  readonly layer?: string;
  /** What ran instead, and what stands around it. */
  readonly ran: string;
  /** Why, as far as the rules know. */
  readonly reason: string;
  /** Names of the nodes of the engine's own graph that do its work, for their times. */
  readonly kernels: readonly string[];
}

/** Says of a node for which no integer kernel was found what ran in its place and why. */
export function explainFallen(node: Node, planned: Graph, optimized: readonly OnnxNode[]): Fallen {
  const stand = standIn(node, planned, optimized);
  const reason = rules.flatMap((rule) => rule(node, planned) ?? [])[0] ?? "no rule that is known explains it";
  return {
    node: node.name,
    ...(node.layer === undefined ? {} : { layer: node.layer }),
    ran: stand ? described(stand, optimized) : `nothing under its name or with its result: ${node.opType} is gone`,
    reason,
    kernels: stand ? [stand, ...decoders(stand, optimized)].map(({ name }) => name) : [],
  };
}

/** The node that makes what the planned one was to make: of its name (a layout change adds "_token_N"), or of its output. */
function standIn(node: Node, planned: Graph, optimized: readonly OnnxNode[]): OnnxNode | undefined {
  const [output = ""] = node.outputs;
  // A Relu or Clip right after it is fused, and the result then has their name.
  const after = planned.nodes.filter(({ inputs }) => inputs.includes(output)).map(({ outputs }) => outputs[0] ?? "");
  return (
    optimized.find(({ name }) => name.replace(/_token_\d+$/, "") === node.name) ??
    optimized.find(({ outputs }) => outputs.includes(output)) ??
    optimized.find(({ opType, outputs }) => /Conv|MatMul|Gemm/.test(opType) && after.includes(outputs[0] ?? ""))
  );
}

function decoders(node: OnnxNode, optimized: readonly OnnxNode[]): readonly OnnxNode[] {
  return optimized.filter(
    ({ opType, outputs }) => opType === "DequantizeLinear" && outputs.some((output) => node.inputs.includes(output)),
  );
}

function described(node: OnnxNode, optimized: readonly OnnxNode[]): string {
  if (node.opType === "MatMulNBits") {
    const { bits, block_size: block, accuracy_level: level = 0 } = node.attributes;
    return `MatMulNBits of ${bits} bits by ${block} at accuracy level ${level}, which multiplies in float`;
  }
  const before = decoders(node, optimized).length;
  const codes = optimized.some(({ opType, inputs }) => opType === "QuantizeLinear" && inputs[0] === node.outputs[0]);
  const around = [
    ...(before > 0 ? [`after ${before} DequantizeLinear`] : []),
    ...(codes ? ["before a QuantizeLinear"] : []),
  ];
  return `${node.opType} in float${around.length > 0 ? `, ${around.join(" and ")}` : ""}`;
}

/**
 * What is known to keep onnxruntime 1.30 from an integer kernel, the most particular first.
 * @see README.md of this folder for the measurements; qdq_selectors.cc for what the engine fuses
 */
type Rule = (node: Node, graph: Graph) => string | undefined;

const rules: readonly Rule[] = [
  blockLevel,
  blockSize,
  weightAxis,
  weightWidth,
  signedActivations,
  mixedTypes,
  floatReader,
  gemmBeta,
  floatBias,
];

function blockLevel({ opType, attributes: { accuracy_level: level = 0 } }: Node): string | undefined {
  if (opType !== "MatMulNBits" || level === INTEGER_ACCURACY_LEVEL) return undefined;
  return `accuracy_level ${level}: MatMulNBits multiplies as integers at level ${INTEGER_ACCURACY_LEVEL} alone`;
}

function blockSize({ opType, attributes: { bits, block_size: block } }: Node): string | undefined {
  if (opType !== "MatMulNBits" || integerBlocks(Number(bits)).includes(Number(block))) return undefined;
  const blocks = integerBlocks(Number(bits));
  return `weights of ${bits} bits in blocks of ${block} have no integer kernel; blocks of ${blocks.join(", ")} have one`;
}

/** The axes along which a product's weights may have a scale each: output channels. */
function weightAxis(node: Node, graph: Graph): string | undefined {
  const weights = decoderOf(node.inputs[1], graph);
  const scale = graph.initializers.get(weights?.inputs[1] ?? "");
  if (!weights || !scale || scale.data.length < 2) return undefined;
  const rank = graph.initializers.get(weights.inputs[0] ?? "")?.shape.length ?? 0;
  const given = Number(weights.attributes.axis ?? 1);
  const axis = given < 0 ? given + rank : given;
  const wanted = node.opType === "Conv" || (node.opType === "Gemm" && node.attributes.transB === 1) ? 0 : 1;
  if (axis === wanted) return undefined;
  return `the weights' scales lie along axis ${axis}; ${node.opType} is fused with scales along axis ${wanted}`;
}

function weightWidth(node: Node, graph: Graph): string | undefined {
  const dtype = graph.initializers.get(decoderOf(node.inputs[1], graph)?.inputs[0] ?? "")?.dtype;
  if (dtype === undefined || dtype === "int8" || dtype === "uint8") return undefined;
  return `${dtype} weights: only 8-bit weights are fused into ${node.opType} on the CPU`;
}

function signedActivations(node: Node, graph: Graph): string | undefined {
  const codes = decoderOf(node.inputs[0], graph)?.inputs[0];
  const made = graph.nodes.find(({ outputs }) => codes !== undefined && outputs.includes(codes));
  const zeroPoint = graph.initializers.get(made?.inputs[2] ?? "");
  if (made?.opType !== "QuantizeLinear" || zeroPoint?.dtype !== "int8") return undefined;
  const readers = graph.nodes.filter(({ inputs }) => inputs.includes(codes ?? "")).length;
  const fanOut = readers > 1 ? `, and ${readers} nodes read them, so that the engine does not make them uint8` : "";
  return `int8 activations with int8 weights (S8S8) have no fast kernel on x64${fanOut}; uint8 activations have`;
}

function mixedTypes(node: Node, graph: Graph): string | undefined {
  const input = graph.initializers.get(decoderOf(node.inputs[0], graph)?.inputs[2] ?? "")?.dtype;
  const next = graph.nodes.find(({ inputs }) => inputs[0] === node.outputs[0]);
  const output = next?.opType === "QuantizeLinear" ? graph.initializers.get(next.inputs[2] ?? "")?.dtype : undefined;
  if (input === undefined || output === undefined || input === output) return undefined;
  return `${input} codes in and ${output} codes out: a fused ${node.opType} has one type for both`;
}

/** A convolution is fused only when all that reads its result makes codes of it. */
function floatReader(node: Node, graph: Graph): string | undefined {
  if (node.opType !== "Conv" || !decoderOf(node.inputs[0], graph)) return undefined;
  const [output = ""] = node.outputs;
  if (graph.outputs.some(({ name }) => name === output)) {
    return "its result leaves the model in float; a convolution is fused only when a QuantizeLinear reads it";
  }
  const reader = graph.nodes.find(
    ({ opType, inputs }) => inputs.includes(output) && !["QuantizeLinear", "Relu", "Clip"].includes(opType),
  );
  if (!reader) return undefined;
  return `its result is read in float by ${reader.name}; a convolution is fused only when a QuantizeLinear alone reads it`;
}

function gemmBeta({ opType, attributes: { beta = 1 } }: Node): string | undefined {
  return opType === "Gemm" && beta !== 1 ? `beta ${beta}: Gemm is fused with beta 1 alone` : undefined;
}

function floatBias(node: Node, graph: Graph): string | undefined {
  const bias = node.inputs[2];
  if (node.opType !== "Gemm" || bias === undefined || bias === "") return undefined;
  const dtype = graph.initializers.get(decoderOf(bias, graph)?.inputs[0] ?? "")?.dtype;
  return dtype === "int32"
    ? undefined
    : "its bias is not int32 codes behind a DequantizeLinear, as a fused Gemm has it";
}

/** The DequantizeLinear that makes a value. */
function decoderOf(value: string | undefined, graph: Graph): Node | undefined {
  return graph.nodes.find(
    ({ opType, outputs }) => opType === "DequantizeLinear" && value !== undefined && outputs.includes(value),
  );
}
