import type { Graph, Node } from "../../../ir/graph.js";
import type { Tensor } from "../../../tensor/tensor.js";
import { integersOf, isReadOnce, type Uses } from "./rewrite.js";

/** A linear operator with constant weights, found by walking back from a value, and what lies between. */
export interface Linear {
  readonly node: Node;
  readonly weight: Tensor;
  /** Adds of per-channel constants on the way, nearest to the starting value first. */
  readonly adds: readonly ChannelAdd[];
}

/** An Add of a constant with one element for each channel, or one element in all. */
export interface ChannelAdd {
  readonly node: Node;
  /** Name and value of the constant operand. */
  readonly name: string;
  readonly constant: Tensor;
  /** Number of dimensions after the channels. */
  readonly trailing: number;
}

/** Dimension of an operator's output that holds its output channels; -1 is the last. */
const channelAxes: Readonly<Record<string, number>> = { Conv: 1, ConvTranspose: 1, Gemm: 1, MatMul: -1 };

/**
 * The linear operator whose output channels are dimension `axis` of `value`, behind any Transposes and per-channel Adds.
 * Undefined when there is none, when its weights are computed, or when a value on the way has another reader.
 * @param rank rank of `value`
 */
export function linearBefore(graph: Graph, uses: Uses, value: string, axis: number, rank: number): Linear | undefined {
  const adds: ChannelAdd[] = [];
  let [name, dimension] = [value, axis];
  for (;;) {
    const node = isReadOnce(uses, name) ? uses.producers.get(name) : undefined;
    if (!node) return undefined;
    if (node.opType === "Transpose") {
      dimension = integersOf(node, "perm")?.[dimension] ?? rank - 1 - dimension;
      name = node.inputs[0] ?? "";
      continue;
    }
    const add = channelAdd(node, graph, dimension, rank);
    if (add) {
      adds.push(add);
      name = node.inputs.find((input) => input !== add.name) ?? "";
      continue;
    }
    const channels = channelAxes[node.opType];
    const weight = graph.initializers.get(node.inputs[1] ?? "");
    if (channels === undefined || !weight || (channels + rank) % rank !== dimension) return undefined;
    return { node, weight, adds };
  }
}

function channelAdd(node: Node, graph: Graph, dimension: number, rank: number): ChannelAdd | undefined {
  if (node.opType !== "Add") return undefined;
  for (const name of node.inputs) {
    const constant = graph.initializers.get(name);
    if (constant && isPerChannel(constant.shape, dimension, rank))
      return { node, name, constant, trailing: rank - 1 - dimension };
  }
  return undefined;
}

/** Whether a constant of `shape`, broadcast to `rank`, varies along `dimension` only. */
export function isPerChannel(shape: readonly number[], dimension: number, rank: number): boolean {
  const lead = rank - shape.length;
  return lead >= 0 && shape.every((size, i) => size === 1 || i + lead === dimension);
}

/**
 * The weights with output channel c multiplied by `scale[c]`, computed in float64 and stored as float32.
 * Conv [O, I/group, k...]; ConvTranspose [I, O/group, k...]; Gemm [K, M], or [M, K] with transB; MatMul [K, M].
 * Undefined where the sizes do not fit (weights of a batched MatMul).
 */
export function scaleChannels(node: Node, weight: Tensor, scale: Float64Array): Tensor<"float32"> | undefined {
  if (!(weight.data instanceof Float32Array)) return undefined;
  const channelOf = channelOfElement(node, weight.shape);
  if (!channelOf) return undefined;
  const data = weight.data.map((w, i) => w * (scale[channelOf(i)] ?? Number.NaN));
  return { dtype: "float32", shape: weight.shape, data };
}

/** Which output channel each element of a weight belongs to, by its position in row-major order. */
function channelOfElement(node: Node, shape: readonly number[]): ((index: number) => number) | undefined {
  const [first = 1, second = 1] = shape;
  const rest = shape.slice(2).reduce((product, size) => product * size, 1);
  switch (node.opType) {
    case "Conv":
      return (i) => Math.floor(i / (second * rest));
    case "ConvTranspose": {
      const group = Number(node.attributes.group ?? 1);
      const inputsPerGroup = first / group;
      return (i) => {
        const input = Math.floor(i / (second * rest));
        return Math.floor(input / inputsPerGroup) * second + (Math.floor(i / rest) % second);
      };
    }
    case "Gemm":
      return node.attributes.transB === 1 ? (i) => Math.floor(i / second) : (i) => i % second;
    case "MatMul":
      return shape.length === 2 ? (i) => i % second : undefined;
    default:
      return undefined;
  }
}
