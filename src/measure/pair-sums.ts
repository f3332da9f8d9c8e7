import type { Graph, Node } from "../ir/graph.js";
import { completeAttributes } from "../ir/infer.js";
import { operatorOf } from "../ir/operators/registry.js";
import type { Tensor } from "../tensor/tensor.js";

/** How far the products of two neighbouring uint8 x int8 codes of a node can go past int16. */
export interface PairBound {
  readonly node: string;
  readonly layer?: string;
  /** Largest possible magnitude of a sum of two products, over int16's limit: above 1 it can saturate. */
  readonly ratio: number;
}

/** Where operators that multiply uint8 activations with int8 weights hold their weights. */
const weightInput: Readonly<Record<string, number>> = {
  QLinearConv: 3,
  QGemm: 3,
  QLinearMatMul: 3,
  MatMulIntegerToFloat: 1,
  MatMulInteger: 1,
  DynamicQuantizeMatMul: 1,
};

const LARGEST_ACTIVATION = 255;

/**
 * The worst sum of two products of each integer product with int8 weights, for activations of any codes: 255 times the sum of
 * the two largest codes of one sign in an output channel. Kernels pair neighbours in an order of their own, so this is an upper
 * bound for every one of them; VPMADDUBSW saturates such sums to -32768..32767.
 */
export function pairBounds(graph: Graph): readonly PairBound[] {
  return graph.nodes.flatMap((node) => {
    const weights = graph.initializers.get(node.inputs[weightInput[node.opType] ?? -1] ?? "");
    if (weights?.dtype !== "int8") return [];
    const layer = node.layer === undefined ? {} : { layer: node.layer };
    return [{ node: node.name, ...layer, ratio: worstPair(weights, channelAxis(node)) }];
  });
}

function channelAxis(node: Node): number {
  if (node.opType === "QLinearConv") return 0;
  const operator = operatorOf(node.domain, node.opType);
  const attributes = operator ? completeAttributes(operator, node) : node.attributes;
  return attributes.transB === 1 ? 0 : 1;
}

function worstPair({ shape, data }: Tensor, axis: number): number {
  const channels = shape[axis] ?? 1;
  const inner = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  const most = new Float64Array(2 * channels);
  const least = new Float64Array(2 * channels);
  for (const [i, code] of (data as Int8Array).entries()) {
    const at = 2 * (Math.floor(i / inner) % channels);
    if (code > 0) keepTwo(most, at, code);
    else keepTwo(least, at, -code);
  }
  let worst = 0;
  for (let at = 0; at < most.length; at += 2) {
    const [up, down] = [most, least].map((two) => (two[at] as number) + (two[at + 1] as number)) as [number, number];
    worst = Math.max(worst, (up * LARGEST_ACTIVATION) / 32_767, (down * LARGEST_ACTIVATION) / 32_768);
  }
  return worst;
}

/** Keeps the two largest numbers seen at `at` and behind it. */
function keepTwo(two: Float64Array, at: number, value: number): void {
  if (value > (two[at] as number)) {
    two[at + 1] = two[at] as number;
    two[at] = value;
  } else if (value > (two[at + 1] as number)) two[at + 1] = value;
}
