import type { Graph, Node } from "../../ir/graph.js";
import { explainFallen, type Fallen } from "./fallen.js";
import { floatOperators, INTEGER_ACCURACY_LEVEL, integerBlocks, integerOperators } from "./kernels.js";
import { type OnnxNode, readOnnxNodes } from "./read.js";

/** What the engine's own optimized graph says about how a quantized graph ran. */
export interface AttestationFacts {
  /** Nodes that compute on integers. */
  readonly integerNodes: number;
  /** Convolutions, matrix products and recurrences that compute in float. */
  readonly floatNodes: number;
  /** Whether every node that was planned as integer runs as integer. */
  readonly attested: boolean;
  /** One sentence: what ran, or which layers fell back. */
  readonly reason: string;
  /** The planned integer nodes that ran as float; absent when there are none. */
  readonly fallen?: readonly Fallen[];
}

/**
 * Compares the graph that was planned with the graph that the engine wrote after its own optimizations. A node counts as
 * planned integer when it is an integer operator, or a product of which both factors come out of a DequantizeLinear (QDQ form).
 * Weights that are merely stored as integers, for size, plan nothing. It is
 * found when an integer kernel has its name (the engine adds "_token_N" when it changes the layout), its output or its weights.
 * @param planned   the quantized graph that was lowered
 * @param optimized the ONNX file that the engine wrote of it
 */
export function attest(planned: Graph, optimized: Uint8Array): AttestationFacts {
  const nodes = readOnnxNodes(optimized);
  const integer = nodes.filter(runsOnIntegers);
  const float = nodes.filter((node) => isFloatProduct(node));
  const found = evidenceOf(integer);
  const wanted = plannedIntegers(planned);
  const fallen = wanted.filter((node) => !found(node));
  const counts = { integerNodes: integer.length, floatNodes: float.length };
  if (fallen.length > 0) {
    const explained = fallen.map((node) => explainFallen(node, planned, nodes));
    return {
      ...counts,
      attested: false,
      reason: `${fallen.length} of ${wanted.length} planned integer nodes did not run as integer: ${byReason(explained)}`,
      fallen: explained,
    };
  }
  const inFloat = `${float.length} ${float.length === 1 ? "product" : "products"} in float`;
  const reason =
    wanted.length === 0
      ? `no integer nodes were planned${whyNone(float)}; ${inFloat}`
      : `every planned integer node (${wanted.length}) ran as integer; ${inFloat}`;
  return { ...counts, attested: true, reason };
}

/** Convolutions have integer kernels for activations with calibrated ranges alone. */
function whyNone(float: readonly OnnxNode[]): string {
  const convolutions = float.length > 0 && float.every(({ opType }) => /Conv/.test(opType));
  return convolutions ? ", as convolutions run on integers with static alone" : "";
}

/** Layers of the user's model (a node of no layer by its own name) by what ran in place of theirs and why. */
function byReason(fallen: readonly Fallen[]): string {
  const groups = new Map<string, Set<string>>();
  for (const { node, layer, ran, reason } of fallen) {
    const why = `${ran}; ${reason}`;
    groups.set(why, (groups.get(why) ?? new Set()).add(layer ?? node));
  }
  return [...groups].map(([why, names]) => `${shownNames([...names])} (${why})`).join(", ");
}

function shownNames(names: readonly string[]): string {
  return names.length > 6 ? `${names.slice(0, 6).join(", ")} and ${names.length - 6} more` : names.join(", ");
}

function runsOnIntegers({ opType, attributes }: OnnxNode): boolean {
  if (opType !== "MatMulNBits") return integerOperators.has(opType);
  const hasKernel = integerBlocks(Number(attributes.bits)).includes(Number(attributes.block_size));
  return attributes.accuracy_level === INTEGER_ACCURACY_LEVEL && hasKernel;
}

function isFloatProduct(node: OnnxNode): boolean {
  return node.opType === "MatMulNBits" ? !runsOnIntegers(node) : floatOperators.has(node.opType);
}

function plannedIntegers(graph: Graph): readonly Node[] {
  const dequantized = new Set(
    graph.nodes.filter(({ opType }) => opType === "DequantizeLinear").flatMap(({ outputs }) => outputs),
  );
  return graph.nodes.filter(
    ({ opType, inputs }) =>
      integerOperators.has(opType) ||
      opType === "MatMulNBits" ||
      (floatOperators.has(opType) && inputs.slice(0, 2).every((name) => dequantized.has(name))),
  );
}

/** Whether some integer kernel is this node: by name, by the value that it makes, or by its weights (a fused MatMulInteger). */
function evidenceOf(kernels: readonly OnnxNode[]): (node: Node) => boolean {
  const names = new Set(kernels.map(({ name }) => name.replace(/_token_\d+$/, "")));
  const outputs = new Set(kernels.flatMap((kernel) => kernel.outputs));
  const inputs = new Set(kernels.flatMap((kernel) => kernel.inputs));
  return (node) =>
    names.has(node.name) ||
    outputs.has(node.outputs[0] ?? "") ||
    (node.opType === "MatMulInteger" && inputs.has(node.inputs[1] ?? ""));
}
