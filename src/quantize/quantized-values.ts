import type { Graph, Node, ValueType } from "../ir/graph.js";
import { inferTypes } from "../ir/infer.js";
import { withOutputs } from "./layers.js";
import { onlyConsumer, type Uses, usesOf } from "./passes/rewrite.js";
import { moves } from "./passes/static/roles.js";

/** A value that integer arithmetic makes: codes (uint8 or int8), or the float32 result of a product of codes. */
export interface QuantizedValue {
  readonly value: string;
  readonly layer: string | undefined;
  readonly kind: "codes" | "float";
}

/**
 * The quantized graph with every value that it quantizes as a further output, to compare one engine with another.
 * Values that are only moved (Transpose, MaxPool ...) or dequantized are those of their source and left out, and so is
 * what follows from weights alone. Where a bias is added to a float result, the sum is taken: engines add it in the product.
 */
export function exposeQuantizedValues(graph: Graph): {
  readonly graph: Graph;
  readonly values: readonly QuantizedValue[];
} {
  const types = inferTypes(graph);
  const uses = usesOf(graph);
  const variable = new Set(graph.inputs.map(({ name }) => name));
  const values: QuantizedValue[] = [];
  for (const node of graph.nodes) {
    if (!node.inputs.some((name) => variable.has(name))) continue;
    const outputs = node.outputs.filter((name) => name !== "");
    for (const output of outputs) variable.add(output);
    const kind = kindOf(node, types);
    if (kind === undefined) continue;
    for (const output of outputs) {
      const value = kind === "float" ? withBias(output, graph, uses) : output;
      if (isOf(kind, types.get(value))) values.push({ value, layer: node.layer, kind });
    }
  }
  const extra = new Map(values.flatMap(({ value }) => [[value, types.get(value) as ValueType] as const]));
  return { graph: withOutputs(graph, extra, []), values };
}

function kindOf(
  { opType, inputs, outputs }: Node,
  types: ReadonlyMap<string, ValueType>,
): QuantizedValue["kind"] | undefined {
  // Codes with equal parameters are joined as they are.
  if (moves.has(opType) || opType === "Concat") return undefined;
  if (isOf("codes", types.get(outputs[0] ?? ""))) return "codes";
  const readsCodes = inputs.some((name) => isOf("codes", types.get(name)));
  return readsCodes && opType !== "DequantizeLinear" && opType !== "Cast" ? "float" : undefined;
}

function isOf(kind: QuantizedValue["kind"], type: ValueType | undefined): boolean {
  const dtype = type?.dtype;
  return kind === "float" ? dtype === "float32" : dtype === "uint8" || dtype === "int8";
}

/** The value, or its sum with a constant when that is all that becomes of it. */
function withBias(value: string, graph: Graph, uses: Uses): string {
  const next = onlyConsumer(value, uses);
  const adds = next?.opType === "Add" && next.inputs.some((name) => graph.initializers.has(name));
  return (adds ? next.outputs[0] : undefined) ?? value;
}
