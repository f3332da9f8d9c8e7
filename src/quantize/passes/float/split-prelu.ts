import type { Graph, Node, Pass, ValueType } from "../../../ir/graph.js";
import { inferTypes } from "../../../ir/infer.js";
import { type Tensor, tensor } from "../../../tensor/tensor.js";
import { isFloat } from "../dense.js";
import { freeNames, removeUnread } from "./rewrite.js";

/**
 * PRelu with a slope a channel becomes x + c Relu(b x): b = -|slope - 1| and c = +1 for slopes up to 1, -1 above, both as
 * depthwise 1x1 convolutions, c left out where it is 1 throughout. PRelu itself has no kernel in the engine's blocked layout,
 * none on codes, and a slow one else. What is positive passes as it is; below 0 float32 rounds by a part of x.
 * Measured on a face mesh with 28 of them (onnxruntime 1.30, one thread): fp32 took 6.2 ms with PRelu and 3.0 ms so, static
 * int8 9.9 and 4.5 ms, for 2 to 5 dB less between signal and the noise of quantization (three noise images).
 * One slope for all channels is LeakyRelu, which convolutions take on and codes have a table for.
 */
export const splitPrelu: Pass = {
  name: "split-prelu",
  summary: "parametric ReLU by channels as depthwise convolutions, with one slope as LeakyRelu",
  run(graph) {
    if (!graph.nodes.some(({ opType }) => opType === "PRelu")) return graph;
    const types = inferTypes(graph);
    const free = freeNames(graph);
    const initializers = new Map(graph.initializers);
    const nodes = graph.nodes.flatMap((node) => {
      const slopes = slopesOf(node, graph, types);
      if (!slopes) return [node];
      const [alpha] = slopes;
      const isOne = alpha !== undefined && slopes.every((slope) => slope === alpha);
      return isOne ? [leaky(node, alpha)] : split(node, slopes, free, initializers);
    });
    return nodes.every((node, i) => node === graph.nodes[i]) ? graph : removeUnread({ ...graph, nodes, initializers });
  },
};

/** One slope a channel of images with channels first, [C, 1, 1] or [1, C, 1, 1]; undefined for all else. */
function slopesOf(node: Node, graph: Graph, types: ReadonlyMap<string, ValueType>): Float32Array | undefined {
  const [x = "", slopeName = ""] = node.inputs;
  const slope = graph.initializers.get(slopeName);
  const shape = types.get(x)?.shape ?? [];
  if (node.opType !== "PRelu" || node.domain !== "" || !slope || !isFloat(slope) || shape.length !== 4)
    return undefined;
  if (types.get(x)?.dtype !== "float32" || slope.data.length === 0) return undefined;
  if (slope.data.length === 1 && slope.shape.length <= 4) return slope.data;
  const [batch, channels, ...window] = [...Array<number>(4 - slope.shape.length).fill(1), ...slope.shape];
  return batch === 1 && channels === shape[1] && window.every((size) => size === 1) ? slope.data : undefined;
}

function leaky(node: Node, alpha: number): Node {
  const [x = ""] = node.inputs;
  return { ...node, opType: "LeakyRelu", inputs: [x], attributes: { alpha } };
}

function split(
  node: Node,
  slopes: Float32Array,
  free: (wish: string) => string,
  initializers: Map<string, Tensor>,
): readonly Node[] {
  const [x = "", slopeName = ""] = node.inputs;
  const nodes: Node[] = [];
  const add = (end: string, opType: string, inputs: readonly string[], attributes: Node["attributes"] = {}) => {
    const name = free(`${node.name}/${end}`);
    nodes.push({ ...node, name, opType, inputs, outputs: [name], attributes });
    return name;
  };
  const scaled = (value: string, end: string, factors: Float32Array) => {
    const kernel = free(`${slopeName}/${end}`);
    initializers.set(kernel, tensor("float32", [factors.length, 1, 1, 1], factors));
    return add(end, "Conv", [value, kernel], { group: factors.length, kernel_shape: [1, 1] });
  };
  const bent = add("below", "Relu", [
    scaled(
      x,
      "bend",
      slopes.map((slope) => -Math.abs(slope - 1)),
    ),
  ]);
  const isConvex = slopes.every((slope) => slope <= 1);
  const signed = isConvex
    ? bent
    : scaled(
        bent,
        "sign",
        slopes.map((slope) => (slope <= 1 ? 1 : -1)),
      );
  return [...nodes, { ...node, opType: "Add", inputs: [x, signed], attributes: {} }];
}
