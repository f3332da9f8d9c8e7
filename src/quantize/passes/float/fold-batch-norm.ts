import type { Graph, Node, Pass, ValueType } from "../../../ir/graph.js";
import { completeAttributes, inferTypes } from "../../../ir/infer.js";
import { operatorOf } from "../../../ir/operators/registry.js";
import { type Tensor, tensor } from "../../../tensor/tensor.js";
import { type Linear, linearBefore, scaleChannels } from "./linear.js";
import { type Draft, draftOf, renamedOutputs, usesOf } from "./rewrite.js";

/**
 * Folds an inference BatchNormalization into the Conv, ConvTranspose, Gemm or MatMul before it:
 *
 *     y = s (W x + b) + t = (s W) x + (s b + t),   s = gamma / sqrt(var + epsilon),   t = beta - mean s
 *
 * for each output channel. Transposes and Adds of constants in between are looked through. Nothing is folded when a value
 * on the way is read elsewhere, since the other reader needs it as it was; shared weights are copied first.
 * Computed in float64, stored as float32.
 * @see Ioffe and Szegedy 2015, section 3.1; Jacob et al. 2018 (arXiv:1712.05877), section 3.2
 */
export const foldBatchNorm: Pass = {
  name: "fold-batch-norm",
  summary: "fold batch normalization into the layer before it",
  run(graph) {
    const norms = graph.nodes.filter(({ opType }) => opType === "BatchNormalization");
    if (norms.length === 0) return graph;
    // Folding gives no value another type, so one inference serves all.
    const types = inferTypes(graph);
    let current = graph;
    for (const { name } of norms) {
      const norm = current.nodes.find((node) => node.name === name);
      if (norm) current = folded(current, norm, types);
    }
    return current;
  },
};

/** Per channel: y = scale x + shift, in float64. */
interface Affine {
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

/** The graph without this BatchNormalization, or the same graph when it cannot be folded. */
function folded(graph: Graph, norm: Node, types: ReadonlyMap<string, ValueType>): Graph {
  const uses = usesOf(graph);
  const affine = affineOf(norm, graph);
  const [input = "", output = ""] = [norm.inputs[0], norm.outputs[0]];
  const rank = types.get(input)?.shape.length ?? 0;
  const linear = linearBefore(graph, uses, input, 1, rank);
  const weight = affine && linear && scaleChannels(linear.node, linear.weight, affine.scale);
  if (!affine || !linear || !weight || !hasPlainBias(linear.node, graph)) return graph;

  const draft = draftOf(graph, uses);
  scaleLinear(draft, graph, linear, weight, affine);
  const takesShift = linear.adds.length > 0 || linear.node.opType !== "MatMul";
  const before = uses.producers.get(input);
  if (takesShift && before) {
    draft.change(before, { outputs: renamedOutputs(before, output) });
    draft.drop(norm);
  } else {
    const shape = Array.from({ length: rank - 1 }, (_, i) => (i === 0 ? affine.shift.length : 1));
    const shift = draft.store(`${norm.name}/shift`, tensor("float32", shape, Float32Array.from(affine.shift)));
    draft.change(norm, { opType: "Add", inputs: [input, shift], outputs: [output], attributes: {} });
  }
  return draft.done();
}

/** Scales weights, bias and the Adds on the way; the shift goes into the Add nearest to the norm, else into the bias. */
function scaleLinear(draft: Draft, graph: Graph, linear: Linear, weight: Tensor, { scale, shift }: Affine): void {
  const none = new Float64Array(shift.length);
  for (const [i, add] of linear.adds.entries()) {
    const constant = affineConstant(add.constant, scale, i === 0 ? shift : none, add.trailing);
    const name = draft.store(add.name, constant);
    draft.change(add.node, { inputs: add.node.inputs.map((input) => (input === add.name ? name : input)) });
  }
  const { node } = linear;
  const inputs = [...node.inputs];
  inputs[1] = draft.store(node.inputs[1] ?? "", weight);
  const bias = graph.initializers.get(node.inputs[2] ?? "");
  if (node.opType !== "MatMul" && (bias || linear.adds.length === 0)) {
    const old = bias ?? tensor("float32", [scale.length], new Float32Array(scale.length));
    const added = linear.adds.length === 0 ? shift : none;
    inputs[2] = draft.store(node.inputs[2] || `${node.name}/bias`, affineConstant(old, scale, added, 0));
  }
  draft.change(node, { inputs });
}

/** scale c + shift, for a constant of one element a channel, or of one element, which then becomes one a channel. */
function affineConstant(constant: Tensor, scale: Float64Array, shift: Float64Array, trailing: number): Tensor {
  const single = constant.data.length === 1;
  const data = Float32Array.from(scale, (s, i) => Number(constant.data[single ? 0 : i]) * s + (shift[i] ?? 0));
  const grows = single && scale.length !== 1;
  return tensor("float32", grows ? [scale.length, ...new Array<number>(trailing).fill(1)] : constant.shape, data);
}

/** Scale and shift of a BatchNormalization whose statistics are all initializers. */
function affineOf(norm: Node, graph: Graph): Affine | undefined {
  const operator = operatorOf(norm.domain, norm.opType);
  const [gamma, beta, mean, variance] = norm.inputs.slice(1).map((name) => graph.initializers.get(name)?.data);
  if (!operator || !gamma || !beta || !mean || !variance || norm.outputs.length !== 1) return undefined;
  const attributes = completeAttributes(operator, norm);
  if (attributes.training_mode === 1) return undefined;
  const epsilon = Number(attributes.epsilon);
  const scale = Float64Array.from(gamma as Float32Array, (g, i) => g / Math.sqrt(Number(variance[i]) + epsilon));
  const shift = scale.map((s, i) => Number(beta[i]) - Number(mean[i]) * s);
  return { scale, shift };
}

/** Whether the bias of a linear operator is absent or a constant of one element a channel (or one in all) with factor 1. */
function hasPlainBias(node: Node, graph: Graph): boolean {
  if (node.opType === "MatMul" || (node.inputs[2] ?? "") === "") return (node.attributes.beta ?? 1) === 1;
  const bias = graph.initializers.get(node.inputs[2] ?? "");
  const rows = bias?.shape.slice(0, -1) ?? [];
  return bias !== undefined && rows.every((size) => size === 1) && (node.attributes.beta ?? 1) === 1;
}
