import type { Node } from "../../ir/graph.js";
import type { Precision, Scheme } from "../scheme.js";

/** Width of the weights that a layer gets; "fp32" leaves all its nodes in float. */
export type LayerPrecision = "fp32" | 2 | 4 | 8;

/** What a scheme says about the layer of a node: its `keep` rule, else the scheme's weights. */
export function precisionOf(node: Node, scheme: Scheme): LayerPrecision {
  const kept: Precision | undefined =
    node.layer !== undefined && Object.hasOwn(scheme.keep, node.layer) ? scheme.keep[node.layer] : undefined;
  const dtype = kept ?? scheme.weights?.dtype ?? "fp32";
  switch (dtype) {
    case "fp32":
      return "fp32";
    case "int8":
      return 8;
    case "int4":
      return 4;
    case "int2":
      return 2;
    default:
      throw new Error(`quantize: ${dtype} weights do not execute; the planner refuses them`);
  }
}
