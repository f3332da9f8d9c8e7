import type { Graph, Node } from "../../ir/graph.js";
import { toFloat16 } from "../../tensor/float16.js";
import { type Tensor, tensor } from "../../tensor/tensor.js";
import { checkFinite } from "../weights.js";
import { isFloat } from "./dense.js";
import type { Rewrite } from "./rewrite.js";
import { FLOAT, stepsFor, weightInputs } from "./stored-weights.js";

/** Below this many elements the Cast that decodes a weight costs more bytes than half of it. */
const SMALLEST_WEIGHT = 64;

/** Largest finite fp16 value; a weight that has a larger one stays float32. */
const LARGEST_HALF = 65_504;

interface HalfStorage {
  readonly graph: Graph;
  readonly rewrite: Rewrite;
  /** Weights already stored, and the values that hold them as float32; the caller keeps it for the whole graph. */
  readonly stored: Map<string, string>;
}

/**
 * The node with its weights stored as fp16 and read through a Cast, which onnxruntime folds into float constants once,
 * while it loads: half the bytes on disk, float kernels as before. Each weight is rounded to nearest, ties to even.
 */
export function storeHalfWeights(node: Node, { graph, rewrite, stored }: HalfStorage): Node {
  const places = weightPlaces(node);
  if (places.length === 0) return node;
  const inputs = node.inputs.map((name, index) => {
    const weight = places.includes(index) ? graph.initializers.get(name) : undefined;
    if (!weight || !isFloat(weight) || weight.data.length < SMALLEST_WEIGHT) return name;
    checkFinite(name, weight, node.layer);
    if (!fits(weight)) return name;
    const key = `${name}:fp16`;
    const known = stored.get(key);
    if (known !== undefined) return known;
    const half = tensor("float16", weight.shape, toFloat16(weight.data as Float32Array));
    const read = stepsFor(name, node, rewrite)("Cast", [rewrite.constant(`${name}:codes`, half)], { to: FLOAT });
    stored.set(key, read);
    return read;
  });
  return { ...node, inputs };
}

function weightPlaces({ domain, opType }: Node): readonly number[] {
  if (domain !== "") return [];
  return opType === "Gemm" || opType === "MatMul" ? [0, 1] : (weightInputs[opType]?.inputs ?? []);
}

function fits({ data }: Tensor<"float32">): boolean {
  return (data as Float32Array).every((value) => Math.abs(value) <= LARGEST_HALF);
}
