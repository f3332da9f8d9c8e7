import type { Graph, Node } from "../../ir/graph.js";
import { reshaped, transposed } from "../../tensor/layout.js";
import { type Tensor, tensor, zeros } from "../../tensor/tensor.js";
import { type ChannelFormat, checkFinite, quantizeChannels, suffix } from "../weights.js";
import { isFloat } from "./dense.js";
import type { Rewrite } from "./rewrite.js";

/**
 * An LSTM with constant weights as DynamicQuantizeLSTM: int8 W [directions, input, 4 * hidden] and R (transposed against
 * LSTM), a scale for each gate's unit; input and state are quantized at run time. Other inputs stay as they are.
 * @returns undefined when the node is no such LSTM
 */
export function dynamicLstm(node: Node, graph: Graph, format: ChannelFormat, rewrite: Rewrite): Node | undefined {
  if (node.opType !== "LSTM" || node.domain !== "") return undefined;
  const { layout = 0, ...attributes } = node.attributes;
  const [x = "", w = "", r = "", bias = "", lengths = "", h = "", c = "", peepholes = ""] = node.inputs;
  const [inputWeights, stateWeights] = [weightOf(w, graph), weightOf(r, graph)];
  if (layout !== 0 || lengths !== "" || !inputWeights || !stateWeights) return undefined;
  const input = integerWeights(w, inputWeights, node, format, rewrite);
  const state = integerWeights(r, stateWeights, node, format, rewrite);
  const parameters = [input.scale, input.zeroPoint, state.scale, state.zeroPoint];
  return {
    ...node,
    opType: "DynamicQuantizeLSTM",
    domain: "com.microsoft",
    inputs: [x, input.codes, state.codes, bias, "", h, c, peepholes, ...parameters],
    attributes,
  };
}

function weightOf(name: string, graph: Graph): Tensor<"float32"> | undefined {
  const t = graph.initializers.get(name);
  return t && isFloat(t) && t.shape.length === 3 ? t : undefined;
}

function integerWeights(
  name: string,
  weight: Tensor<"float32">,
  node: Node,
  { granularity, limit }: ChannelFormat,
  rewrite: Rewrite,
): { readonly codes: string; readonly scale: string; readonly zeroPoint: string } {
  checkFinite(name, weight, node.layer);
  const [directions = 1, gates = 1, length = 1] = weight.shape;
  const shape = granularity === "per_tensor" ? [directions] : [directions, gates];
  const rows = shape.reduce((product, size) => product * size, 1);
  const matrix = reshaped(weight, [rows, weight.data.length / rows]);
  const { codes, scale } = quantizeChannels(matrix, { granularity: "per_channel", axis: 0, limit });
  const turned = transposed(reshaped(codes, [directions, gates, length]), [0, 2, 1]);
  return {
    codes: rewrite.constant(name + suffix.codes, turned),
    scale: rewrite.constant(name + suffix.scale, tensor("float32", shape, scale)),
    zeroPoint: rewrite.constant(name + suffix.zeroPoint, zeros("int8", shape)),
  };
}
