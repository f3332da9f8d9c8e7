import type { Graph, Node, Pass } from "../../../ir/graph.js";
import { type Tensor, tensor } from "../../../tensor/tensor.js";
import { draftOf, isReadOnce, scalarOf, usesOf } from "./rewrite.js";

const MOST = 3.4028234663852886e38;

/** Limits of an activation that only cuts: Relu is [0, Infinity], Clip is [min, max]. */
interface Limits {
  readonly min: number;
  readonly max: number;
}

/**
 * Writes every cut as Relu or as one Clip, the forms that engines fuse and whose range a uint8 holds for nothing:
 * Clip from 0 without upper limit and Max(x, 0) become Relu; a cut of a cut becomes one Clip of the common range.
 * Wider patterns (x sigmoid(x), erf-Gelu, HardSwish) stay as they are; onnxruntime has its own fusions for them.
 */
export const simplifyClip: Pass = {
  name: "simplify-clip",
  summary: "write activations that only cut as Relu or Clip",
  run(graph) {
    let current = graph;
    for (const { name } of graph.nodes) {
      const node = current.nodes.find((candidate) => candidate.name === name);
      if (node) current = simplified(current, node);
    }
    return current;
  },
};

function simplified(graph: Graph, node: Node): Graph {
  const own = limitsOf(node, graph);
  if (!own) return graph;
  const uses = usesOf(graph);
  const before = isReadOnce(uses, own.input) ? uses.producers.get(own.input) : undefined;
  const earlier = before && limitsOf(before, graph);
  // clip(clip(x, a, b), c, d) = clip(x, max(a, c), min(b, d)) where the ranges overlap.
  const merged = earlier && {
    min: Math.max(own.limits.min, earlier.limits.min),
    max: Math.min(own.limits.max, earlier.limits.max),
  };
  const merges = merged !== undefined && merged.min <= merged.max;
  const limits = merges ? merged : own.limits;
  const input = merges && earlier ? earlier.input : own.input;
  const isRelu = limits.min === 0 && limits.max >= MOST;
  if (!merges && (node.opType === "Relu" || node.opType === "Clip") && (node.opType === "Relu") === isRelu)
    return graph;

  const draft = draftOf(graph, uses);
  if (isRelu) {
    draft.change(node, { opType: "Relu", inputs: [input], attributes: {} });
    return draft.done();
  }
  const limit = (which: "min" | "max") =>
    Math.abs(limits[which]) >= MOST
      ? ""
      : draft.store(`${node.name}/${which}`, tensor("float32", [], Float32Array.of(limits[which])));
  const inputs = [input, limit("min"), limit("max")];
  draft.change(node, { opType: "Clip", inputs: inputs[2] === "" ? inputs.slice(0, 2) : inputs, attributes: {} });
  return draft.done();
}

function limitsOf(node: Node, graph: Graph): { readonly input: string; readonly limits: Limits } | undefined {
  const [input = "", second = "", third = ""] = node.inputs;
  const value = (name: string, absent: number) => (name === "" ? absent : float32Scalar(graph.initializers.get(name)));
  switch (node.opType) {
    case "Relu":
      return { input, limits: { min: 0, max: Number.POSITIVE_INFINITY } };
    case "Clip": {
      const [min, max] = [value(second, Number.NEGATIVE_INFINITY), value(third, Number.POSITIVE_INFINITY)];
      return min === undefined || max === undefined || min > max ? undefined : { input, limits: { min, max } };
    }
    case "Max":
    case "Min": {
      if (node.inputs.length !== 2) return undefined;
      const name = node.inputs.find((operand) => graph.initializers.has(operand)) ?? "";
      const constant = graph.initializers.get(name);
      const bound = constant?.shape.length === 0 ? float32Scalar(constant) : undefined;
      const other = node.inputs.find((operand) => operand !== name);
      if (bound === undefined || other === undefined) return undefined;
      const limits =
        node.opType === "Max"
          ? { min: bound, max: Number.POSITIVE_INFINITY }
          : { min: Number.NEGATIVE_INFINITY, max: bound };
      return { input: other, limits };
    }
    default:
      return undefined;
  }
}

/** Integers are left alone: their limits would have to stay integers. */
function float32Scalar(value: Tensor | undefined): number | undefined {
  return value?.dtype === "float32" ? scalarOf(value) : undefined;
}
