import type { Attribute, Graph, Node, Pass } from "../../../ir/graph.js";
import { completeAttributes, inferTypes } from "../../../ir/infer.js";
import { operatorOf } from "../../../ir/operators/registry.js";
import { draftOf, integersOf, scalarOf, type Uses, usesOf } from "./rewrite.js";

/**
 * Folds a Pad with zeros along the spatial dimensions into the window of the Conv or pool that reads it.
 * Conv: its own padding is zeros. AveragePool without padding of its own: the new cells are counted, as Pad's were.
 * MaxPool pads with minus infinity, which is the same as zero only where no input is negative and every window holds an input:
 * after Relu, Clip from 0 or Sigmoid, with less padding than the window is wide.
 * Other readers of the Pad keep it.
 */
export const foldPad: Pass = {
  name: "fold-pad",
  summary: "fold zero padding into the convolution or pool after it",
  run(graph) {
    const uses = usesOf(graph);
    const draft = draftOf(graph, uses);
    const ranks = new Map([...inferTypes(graph)].map(([name, { shape }]) => [name, shape.length]));
    for (const node of graph.nodes) {
      const pad = uses.producers.get(node.inputs[0] ?? "");
      const rank = ranks.get(node.inputs[0] ?? "") ?? 0;
      const added = pad?.opType === "Pad" ? zeroPads(pad, graph, rank) : undefined;
      const attributes = pad && added && widened(node, added, () => isNonNegative(pad.inputs[0] ?? "", graph, uses));
      if (!attributes) continue;
      draft.change(node, { inputs: [pad.inputs[0] ?? "", ...node.inputs.slice(1)], attributes });
    }
    return draft.done();
  },
};

/** Spatial padding [begin..., end...] of a Pad of zeros that touches neither batch nor channels and crops nothing. */
function zeroPads(pad: Node, graph: Graph, rank: number): readonly number[] | undefined {
  const [, padsName = "", valueName = "", axesName = ""] = pad.inputs;
  const pads = graph.initializers.get(padsName);
  const mode = pad.attributes.mode ?? "constant";
  const value = valueName === "" ? 0 : scalarOf(graph.initializers.get(valueName));
  if (!pads || mode !== "constant" || value !== 0) return undefined;
  const axes = axesName === "" ? Array.from({ length: rank }, (_, i) => i) : numbers(graph.initializers.get(axesName));
  const sizes = numbers(pads);
  const full = new Array<number>(2 * rank).fill(0);
  for (const [i, axis] of axes.entries()) {
    const normal = axis < 0 ? axis + rank : axis;
    full[normal] = sizes[i] ?? 0;
    full[normal + rank] = sizes[i + axes.length] ?? 0;
  }
  const untouched = [full[0], full[1], full[rank], full[rank + 1]].every((size) => size === 0);
  if (!untouched || full.some((size) => size < 0)) return undefined;
  return [...full.slice(2, rank), ...full.slice(rank + 2)];
}

function numbers(value: { readonly data: ArrayLike<number | bigint> } | undefined): number[] {
  return value ? Array.from(value.data, Number) : [];
}

/** The reader's attributes with the padding added, or undefined where the sum would mean something else. */
function widened(
  node: Node,
  added: readonly number[],
  isNonNegativeInput: () => boolean,
): Readonly<Record<string, Attribute>> | undefined {
  const operator = operatorOf(node.domain, node.opType);
  if (!operator || node.domain !== "" || !["Conv", "AveragePool", "MaxPool"].includes(node.opType)) return undefined;
  const complete = completeAttributes(operator, node);
  if ((complete.auto_pad ?? "NOTSET") !== "NOTSET" || node.outputs.length !== 1) return undefined;
  const own = integersOf(node, "pads") ?? added.map(() => 0);
  const pads = added.map((size, i) => size + (own[i] ?? 0));
  const kernel = integersOf(node, "kernel_shape");
  const dilations = integersOf(node, "dilations");
  const half = added.length / 2;
  const insideWindow = pads.every((size, i) => {
    const width = ((kernel?.[i % half] ?? 1) - 1) * (dilations?.[i % half] ?? 1) + 1;
    return size < width;
  });
  if (!kernel || !insideWindow) return undefined;
  if (node.opType === "Conv") return { ...node.attributes, pads };
  if (complete.ceil_mode === 1) return undefined;
  if (node.opType === "MaxPool") return isNonNegativeInput() ? { ...node.attributes, pads } : undefined;
  return own.every((size) => size === 0) ? { ...node.attributes, pads, count_include_pad: 1 } : undefined;
}

function isNonNegative(value: string, graph: Graph, uses: Uses): boolean {
  const producer = uses.producers.get(value);
  switch (producer?.opType) {
    case "Relu":
    case "Sigmoid":
    case "Softmax":
      return true;
    case "Clip":
      return (scalarOf(graph.initializers.get(producer.inputs[1] ?? "")) ?? Number.NEGATIVE_INFINITY) >= 0;
    default:
      return false;
  }
}
