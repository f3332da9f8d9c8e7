import type { Node } from "../../ir/graph.js";
import type { Scheme } from "../scheme.js";
import { layerFormat } from "../weight-format.js";

/** How the weights of a layer that executes are held; "fp32" leaves all its nodes in float. */
export type LayerPrecision = "fp32" | "fp16" | 2 | 4 | 8;

/** What a scheme says about the layer of a node: its `keep` rule, else the scheme's weights. */
export function precisionOf(node: Node, scheme: Scheme): LayerPrecision {
  const dtype = layerFormat(scheme, node.layer)?.dtype ?? "fp32";
  switch (dtype) {
    case "fp32":
    case "fp16":
      return dtype;
    case "int8":
      return 8;
    case "int4":
      return 4;
    case "int2":
      return 2;
    default:
      throw new Error(`quantize: ${dtype} weights do not execute; the planner simulates them`);
  }
}
