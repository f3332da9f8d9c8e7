import type { NodeSpec } from "./model.js";

/**
 * The layer that a node counts as: PyTorch writes "/features/features.0/Conv" and "/attention/MatMul_1", of which the
 * operator at the end and the slash in front are no part of a layer's name; nor is "_quant", which onnxruntime's quantizer adds. Where nothing else is left, the node's name.
 */
export function layerOf({ name, opType }: Pick<NodeSpec, "name" | "opType">): string {
  const parts = name.split("/").filter((part) => part !== "");
  const last = parts.at(-1) ?? "";
  const float = opType.replace(/\W/g, "").replace(/^QLinear|^Q(?=Gemm)|Integer$/g, "");
  if (parts.length > 1 && new RegExp(`^${float}(_\\d+)?(_quant)?$`).test(last)) parts.pop();
  return parts.join("/") || name;
}
