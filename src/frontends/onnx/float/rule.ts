import type { Node } from "../../../ir/graph.js";
import type { FloatContext } from "./context.js";

/** How a quantized node is said in floats. Operands are numbered as ONNX Runtime's ContribOperators.md has them. */
export type FloatRule = (node: Node, context: FloatContext) => void;

export const output = ({ outputs }: Node, index = 0): string => outputs[index] ?? "";
export const input = ({ inputs }: Node, index: number): string => inputs[index] ?? "";

/** A node that is float already. */
export const copied: FloatRule = (node, context) => {
  const outputs = context.emitAll(
    { ...node },
    node.opType,
    node.inputs.map((name) => context.value(name)),
    node.attributes,
  );
  for (const [i, name] of node.outputs.entries()) if (name !== "") context.setValue(name, outputs[i] ?? "");
};
